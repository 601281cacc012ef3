/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;

/** Products by cuBLAS. */
final class CuBlasGemm implements Gemm {
  private static final CuBlasGemm INSTANCE = new CuBlasGemm();

  private CuBlasGemm() {}

  static CuBlasGemm load() {
    boolean anywhere =
        Device.list().stream().anyMatch(d -> !d.isCpu() && d.denseProducts().isAvailable());
    if (!anywhere) {
      throw new Nm4jException(ErrorCode.UNAVAILABLE, Device.cuda(0).denseProducts().text());
    }
    return INSTANCE;
  }

  @Override
  public void multiply(
      boolean transposeA,
      boolean transposeB,
      DenseMatrix a,
      DenseMatrix b,
      float beta,
      DenseMatrix c,
      Execution execution) {
    long depth = Shape.requireProduct(transposeA, transposeB, a, b, c);
    if (c.device().isCpu()) {
      throw new IllegalArgumentException("cuBLAS needs matrices on a GPU, got " + c);
    }
    requireTypes(a, b, c);
    try (CudaQueue queue = new CudaQueue(execution, c.device())) {
      long[] fields = {
        a.dtype().code(),
        c.dtype().code(),
        transposeA ? 1 : 0,
        transposeB ? 1 : 0,
        c.rows(),
        c.cols(),
        depth,
        queue.use("a", a),
        a.ld(),
        queue.use("b", b),
        b.ld(),
        queue.use("c", c),
        c.ld()
      };
      CudaStatus.check(CudaBindings.nm4j_cuda_gemm(queue.stream(), fields, beta));
      queue.finish();
    }
  }

  private static void requireTypes(DenseMatrix a, DenseMatrix b, DenseMatrix c) {
    if (!a.dtype().hasPanels()) {
      throw new IllegalArgumentException("a must be of F32, BF16 or F16, got " + a);
    }
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException("b must be of " + a.dtype() + " as a is, got " + b);
    }
    if (c.dtype() != a.dtype() && c.dtype() != DType.F32) {
      throw new IllegalArgumentException("c must be of F32 or " + a.dtype() + ", got " + c);
    }
  }
}
