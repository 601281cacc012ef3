/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The handle of an {@code nm_cuda_weights}. */
public final class CudaWeights extends NativeHandle {
  /** Weights without contents. */
  public CudaWeights(int device, long rows, long cols, int n, int m, int dtype) {
    this(create(device, rows, cols, n, m, dtype));
  }

  private CudaWeights(long address) {
    super("matrix", address, () -> CudaBindings.nm_cuda_weights_free(address));
  }

  private static long create(int device, long rows, long cols, int n, int m, int dtype) {
    CudaLoader.load();
    long[] out = new long[1];
    CudaStatus.check(
        CudaBindings.nm4j_cuda_weights_create(device, rows, cols, 1, n, m, dtype, out));
    return out[0];
  }

  /** The memory of the GPU that they occupy. */
  public long bytes() {
    long[] bytes = new long[1];
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_weights_bytes(call.use(this), bytes));
    }
    return bytes[0];
  }
}
