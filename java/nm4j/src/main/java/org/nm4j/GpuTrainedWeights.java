/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.TrainedWeights;

/**
 * W for the forward pass on a GPU, in memory that stays. A GPU sums along N:M groups only, and
 * those of W<sup>T</sup> are none: the backward pass is dense.
 */
final class GpuTrainedWeights extends TrainedWeights {
  private final GpuWeights w;
  private final DenseMatrix masked;

  GpuTrainedWeights(Device device, DType dtype, long rows, long cols, Pattern pattern) {
    this.masked = DenseMatrix.allocate(device, dtype, rows, cols);
    this.w = GpuWeights.room(device, rows, cols, pattern, dtype); // last: it has to be closed
  }

  @Override
  public void pack(DenseMatrix weights, DenseMatrix mask, Execution execution) {
    GpuMasks.apply(weights, mask, masked, execution);
    w.requireNoNan(masked, execution);
    w.packMasked(masked, Mask.of(mask, weights.cols()), execution);
  }

  @Override
  public void forward(DenseMatrix x, DenseMatrix y, Epilogue epilogue, Execution execution) {
    w.route(execution).run(Layout.BATCH_MAJOR, x.rows(), 1, x, y, epilogue, execution);
  }

  @Override
  public void backward(DenseMatrix dy, DenseMatrix dx, Gemm gemm, Execution execution) {
    gemm.multiply(false, false, dy, masked, 0, dx, execution);
  }

  @Override
  public void close() {
    w.close();
  }
}
