/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Arrays;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;

/** The identity matrix on a GPU, some rows of it at a time in the same memory. */
final class GpuIdentity {
  /** So many at once: enough for tensor cores. */
  static final long ROWS = 256;

  private final DenseMatrix memory;
  private final DenseMatrix ones;

  GpuIdentity(Device device, DType dtype, long size) {
    long rows = Math.min(ROWS, size);
    memory = DenseMatrix.allocate(device, dtype, rows, size);
    float[] values = new float[(int) rows];
    Arrays.fill(values, 1);
    ones = DenseMatrix.allocate(device, dtype, rows, 1);
    ones.copyFrom(values);
  }

  /** The rows from {@code first} on, until the next call. */
  DenseMatrix rows(long first) {
    long size = memory.cols();
    long count = Math.min(memory.rows(), size - first);
    DenseMatrix some = memory.rows(0, count);
    try (CudaQueue queue = new CudaQueue(Execution.caller(), memory.device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_fill(
              queue.stream(),
              queue.use("identity", some),
              0,
              count * size * memory.dtype().bytes()));
    }
    some.device().shared().copy(ones.rows(0, count), some.diagonal(first));
    return some;
  }
}
