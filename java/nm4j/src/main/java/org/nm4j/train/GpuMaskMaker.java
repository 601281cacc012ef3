/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.Matrices;

/**
 * Masks on a GPU of the kinds that its step does not make in the same pass: of weights after the
 * step, beside the mask that was.
 */
final class GpuMaskMaker {
  private final MaskedParameter p;
  private final DenseMatrix next;

  GpuMaskMaker(MaskedParameter p) {
    if (p.stride() != 1) {
      throw new IllegalArgumentException(
          "masks on a GPU with a stride of "
              + p.stride()
              + " are made by magnitude, got "
              + p.maskKind());
    }
    this.p = p;
    this.next = DenseMatrix.allocate(p.device(), DType.U8, p.mask.rows(), p.mask.cols());
  }

  /** Makes the next mask in place of the one before; returns how many bits changed. */
  long make(Step step, Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, p.device())) {
      CudaStatus.check(queue(step, queue, queue.use("next", next)));
      CudaStatus.check(
          CudaBindings.nm4j_cuda_mask_distance(
              queue.stream(),
              queue.use("mask", p.mask),
              queue.use("next", next),
              p.rows(),
              p.cols(),
              queue.findings()));
      long changed = queue.found().count();
      Matrices.get().copy(next, p.mask);
      return changed;
    }
  }

  /** Weights and scores are finite: nothing is looked for. */
  private int queue(Step step, CudaQueue queue, long mask) {
    long stream = queue.stream();
    long w = queue.use("w", p.weights());
    long rows = p.rows();
    long cols = p.cols();
    int f32 = Bindings.NM_F32;
    int n = step.n();
    int m = step.m();
    return switch (p.maskKind().type()) {
      case MAGNITUDE -> magnitude(queue, w, n, m, mask);
      case TRANSPOSABLE ->
          CudaBindings.nm_cuda_mask_transposable(stream, f32, w, rows, cols, cols, mask, 0);
      case VNM -> {
        int v = p.maskKind().v();
        yield CudaBindings.nm_cuda_mask_vnm(stream, f32, w, rows, cols, cols, v, n, m, mask, 0);
      }
      case RANDOM ->
          CudaBindings.nm_cuda_mask_random(stream, rows, cols, n, m, step.seed(), 0, mask);
      case SCORES -> {
        long scores = queue.use("scores", p.scores());
        yield CudaBindings.nm_cuda_mask_scores(
            stream, f32, scores, rows, cols, cols, n, m, mask, 0);
      }
      case WANDA -> {
        long scores = queue.use("scores", p.scores());
        long scaled = queue.use("scaled", queue.scratch(DType.F32, rows, cols));
        CudaStatus.check(
            CudaBindings.nm_cuda_scale_columns(stream, w, rows, cols, cols, scores, scaled, cols));
        yield magnitude(queue, scaled, n, m, mask);
      }
    };
  }

  private int magnitude(CudaQueue queue, long w, int n, int m, long mask) {
    return CudaBindings.nm_cuda_mask_magnitude(
        queue.stream(), Bindings.NM_F32, w, p.rows(), p.cols(), p.cols(), n, m, 1, mask, 0);
  }
}
