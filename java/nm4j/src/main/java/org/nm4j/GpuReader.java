/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;

/**
 * Reads weights that a product with the identity gave: where a weight is not finite, its row is
 * not, for 0 times infinity is NaN.
 */
final class GpuReader {
  private final DenseMatrix weights;
  private final float[] rowScales; // or null
  private final long row0;

  GpuReader(DenseMatrix weights, float[] rowScales, long row0) {
    this.weights = weights.to(Device.cpu());
    this.rowScales = rowScales;
    this.row0 = row0;
  }

  void read(DenseMatrix out) {
    boolean onCpu = out.device().isCpu();
    DenseMatrix here = onCpu ? out : DenseMatrix.allocate(out.dtype(), out.rows(), out.cols());
    for (int row = 0; row < weights.rows(); row++) {
      float[] values = weights.rows(row, 1).toArray();
      float scale = rowScales == null ? 1 : rowScales[Math.toIntExact(row0 + row)];
      for (int col = 0; col < values.length; col++) {
        if (!Float.isFinite(values[col])) {
          throw unreadable(row0 + row);
        }
        values[col] *= scale;
      }
      here.rows(row, 1).copyFrom(values);
    }
    if (!onCpu) {
      here.copyTo(out);
    }
  }

  /** The same on the GPU, for types that its kernels know. */
  static void requireFinite(DenseMatrix weights) {
    try (CudaQueue queue = new CudaQueue(Execution.caller(), weights.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_check_finite(
              queue.stream(),
              weights.dtype().code(),
              queue.use("w", weights),
              weights.rows(),
              weights.cols(),
              weights.ld(),
              queue.findings()));
      long first = queue.found().first();
      if (first >= 0) {
        throw unreadable(first % weights.cols()); // rows of W are columns here
      }
    }
  }

  private static Nm4jException unreadable(long row) {
    return new Nm4jException(
        ErrorCode.NAN,
        "weights that are not finite cannot be read back from a GPU, got some in row " + row);
  }
}
