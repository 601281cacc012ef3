/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Pattern;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.Matrices;

/** Steps on a GPU. Each waits for its own work: it looks at the gradient and counts flips. */
final class GpuSteps implements Steps {
  private final MaskedParameter p;

  /** Makes masks after a step; null where they are by magnitude, which the step itself makes. */
  private final GpuMaskMaker masks;

  GpuSteps(MaskedParameter p) {
    this.p = p;
    this.masks = p.maskKind().equals(MaskKind.MAGNITUDE) ? null : new GpuMaskMaker(p);
  }

  @Override
  public void initialMask() {
    boolean dense = p.n == p.m; // whatever the weights are
    try (CudaQueue queue = new CudaQueue(Execution.caller(), p.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_mask_magnitude(
              queue.stream(),
              Bindings.NM_F32,
              queue.use("w", p.weights()),
              p.rows(),
              p.cols(),
              p.cols(),
              p.n,
              p.m,
              p.stride(),
              queue.use("mask", p.mask),
              dense ? 0 : queue.findings()));
      if (!dense) {
        queue.requireNone("w", "NaN", p.cols());
      }
      queue.finish();
    }
  }

  @Override
  public DenseMatrix zeros(Execution execution) {
    DenseMatrix zeros = DenseMatrix.allocate(p.device(), DType.F32, p.rows(), p.cols());
    try (CudaQueue queue = new CudaQueue(execution, p.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_fill(
              queue.stream(), queue.use("zeros", zeros), 0, p.rows() * p.cols() * Float.BYTES));
      queue.finish();
    }
    return zeros;
  }

  @Override
  public void requireMaskable(int n, int m) {
    if (p.maskKind().equals(MaskKind.TRANSPOSABLE) && !(n == 2 && m == 4)) {
      throw new IllegalArgumentException(
          "transposable masks on a GPU must be 2:4, got " + n + ":" + m);
    }
  }

  @Override
  public void requireFinite(String what, DenseMatrix matrix, Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, p.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_check_finite(
              queue.stream(),
              Bindings.NM_F32,
              queue.use(what, matrix),
              matrix.rows(),
              matrix.cols(),
              matrix.cols(),
              queue.findings()));
      queue.requireNone(p.name() + ": " + what, "not finite", matrix.cols());
    }
  }

  @Override
  public long update(Step step, Execution execution) {
    if (masks == null || !step.makesMask()) {
      return run(step, execution);
    }
    run(step.with(Bindings.NM_KEEP_MASK), execution);
    long changed = masks.make(step, execution);
    run(step.with(Bindings.NM_KEEP_MASK | Bindings.NM_NO_STEP), execution); // the masked copies
    return changed;
  }

  private long run(Step step, Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, p.device())) {
      CudaStatus.check(
          CudaBindings.nm4j_cuda_update(
              queue.stream(),
              step.integers(p),
              step.numbers(),
              step.addresses(p, matrix -> queue.use("operand", matrix)),
              queue.findings()));
      return queue.found().count();
    }
  }

  @Override
  public void addTerm(DenseMatrix grad, float lambda, Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, p.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_srste_gradient(
              queue.stream(),
              queue.use("w", p.weights()),
              queue.use("mask", p.mask),
              p.rows(),
              p.cols(),
              lambda,
              queue.use("grad", grad)));
      queue.finish();
    }
  }

  @Override
  public void applyMask(DenseMatrix matrix, long first, DenseMatrix out, Execution execution) {
    DenseMatrix bits = p.mask.rows(first, out.rows());
    Matrices.get().cast(matrix.rows(first, out.rows()), bits, out, execution);
  }

  @Override
  public boolean obeys(Pattern pattern, long first, long count) {
    try (CudaQueue queue = new CudaQueue(Execution.caller(), p.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_check_mask(
              queue.stream(),
              queue.use("mask", p.mask.rows(first, count)),
              count,
              p.cols(),
              pattern.n(),
              pattern.m(),
              queue.findings()));
      return queue.found().count() == 0;
    }
  }
}
