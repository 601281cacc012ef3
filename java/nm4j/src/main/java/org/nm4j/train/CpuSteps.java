/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
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
  public void requireMaskable(int n, int m) {
    // Every mask that there is.
  }

  @Override
  public void requireFinite(String what, DenseMatrix matrix, Execution execution) {
    long address = Matrices.get().anyAddress(matrix);
    long cols = matrix.cols();
    try {
      Matrices.get()
          .readRows(
              matrix.rows(),
              cols,
              execution,
              (row, count) ->
                  Bindings.nm_check_finite_f32(
                      address + row * cols * Float.BYTES, count, cols, cols));
    } catch (Nm4jException e) {
      String named = p.name() + ": " + what + ":";
      throw new Nm4jException(
          e.code(), e.getMessage().replaceFirst("^x:", Matcher.quoteReplacement(named)));
    } finally {
      Reference.reachabilityFence(matrix);
    }
  }

  @Override
  public long update(Step step, Execution execution) {
    AtomicLong changed = new AtomicLong();
    long[] integers = step.integers(p);
    double[] numbers = step.numbers();
    long[] addresses = step.addresses(p, Matrices.get()::anyAddress);
    try {
      Matrices.get()
          .changeRows(
              p.rows(),
              p.cols(),
              step.makesMask() ? p.maskKind().height(step.m()) : 1,
              execution,
              (row, count) -> {
                long[] flips = new long[1];
                int status =
                    Bindings.nm4j_update_rows(
                        integers, numbers, addresses, row, row + count, flips);
                changed.addAndGet(flips[0]);
                return status;
              });
    } finally {
      Reference.reachabilityFence(step);
      Reference.reachabilityFence(p);
    }
    return changed.get();
  }

  @Override
  public void addTerm(DenseMatrix grad, float lambda, Execution execution) {
    Matrices matrices = Matrices.get();
    try {
      matrices.changeRows(
          p.rows(),
          p.cols(),
          1,
          execution,
          (row, count) ->
              Bindings.nm_srste_gradient_rows_f32(
                  matrices.anyAddress(p.weights()),
                  matrices.anyAddress(p.mask),
                  p.rows(),
                  p.cols(),
                  lambda,
                  matrices.anyAddress(grad),
                  row,
                  row + count));
    } finally {
      Reference.reachabilityFence(grad);
      Reference.reachabilityFence(p);
    }
  }

  @Override
  public void applyMask(DenseMatrix matrix, long first, DenseMatrix out, Execution execution) {
    Matrices matrices = Matrices.get();
    long cols = p.cols();
    DenseMatrix bits = p.mask.rows(first, out.rows());
    long from = matrices.address(matrix.rows(first, out.rows()));
    try {
      matrices.changeRows(
          out.rows(),
          cols,
          1,
          execution,
          (row, count) ->
              Bindings.nm_mask_apply_f32(
                  from + row * cols * Float.BYTES,
                  count,
                  cols,
                  cols,
                  matrices.address(bits) + row * bits.cols(),
                  matrices.address(out) + row * cols * Float.BYTES,
                  cols));
    } finally {
      Reference.reachabilityFence(matrix);
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(p);
    }
  }

  @Override
  public boolean obeys(Pattern pattern, long first, long count) {
    return Mask.of(p.mask.rows(first, count).int8Buffer(), count, p.cols()).check(pattern).ok();
  }
}
