/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicLong;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.Status;

/** Steps on the CPU, divided by blocks of rows. */
final class CpuSteps implements Steps {
  private final MaskedParameter p;

  CpuSteps(MaskedParameter p) {
    this.p = p;
  }

  @Override
  public void initialMask() {
    Loader.load();
    try {
      Status.check(
          Bindings.nm_mask_magnitude_strided_f32(
              Matrices.get().anyAddress(p.weights()),
              p.rows(),
              p.cols(),
              p.n,
              p.m,
              p.stride(),
              0,
              Matrices.get().anyAddress(p.mask)));
    } finally {
      Reference.reachabilityFence(p);
    }
  }

  @Override
  public DenseMatrix zeros(Execution execution) {
    return DenseMatrix.allocate(p.rows(), p.cols());
  }

  @Override
  public void requireFinite(DenseMatrix grad, Execution execution) {
    long address = Matrices.get().anyAddress(grad);
    try {
      Matrices.get()
          .readRows(
              p.rows(),
              p.cols(),
              execution,
              (row, count) ->
                  Bindings.nm_check_finite_f32(
                      address + row * p.cols() * Float.BYTES, count, p.cols(), p.cols()));
    } catch (Nm4jException e) {
      throw new Nm4jException(
          e.code(), e.getMessage().replaceFirst("^x:", p.name() + ": gradient:"));
    } finally {
      Reference.reachabilityFence(grad);
    }
  }

  @Override
  public long update(Step step, Execution execution) {
    AtomicLong changed = new AtomicLong();
    try {
      Matrices.get()
          .changeRows(
              p.rows(),
              p.cols(),
              execution,
              (row, count) -> {
                long[] flips = new long[1];
                int status = run(step, row, row + count, flips);
                changed.addAndGet(flips[0]);
                return status;
              });
    } finally {
      Reference.reachabilityFence(step);
      Reference.reachabilityFence(p);
    }
    return changed.get();
  }

  private int run(Step step, long from, long to, long[] flips) {
    Optimizer optimizer = step.optimizer();
    return Bindings.nm4j_update_rows(
        p.rows(),
        p.cols(),
        step.n(),
        step.m(),
        p.stride(),
        optimizer.kind().ordinal(),
        step.rule().placement().ordinal(),
        step.flags(),
        step.number(),
        optimizer.lr(),
        optimizer.weightDecay(),
        optimizer.momentum(),
        optimizer.dampening(),
        optimizer.beta1(),
        optimizer.beta2(),
        optimizer.eps(),
        step.rule().lambda(),
        step.prunedFactor(),
        Matrices.get().anyAddress(p.weights()),
        Matrices.get().anyAddress(step.grad()),
        Matrices.get().anyAddress(p.first),
        Matrices.get().anyAddress(p.second),
        Matrices.get().anyAddress(p.mask),
        Matrices.get().anyAddress(p.masked()),
        Matrices.get().anyAddress(p.maskedBf16()),
        from,
        to,
        flips);
  }
}
