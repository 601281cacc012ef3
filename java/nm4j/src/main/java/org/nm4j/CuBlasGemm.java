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
    Availability found = Device.cuda(0).denseProducts();
    if (!found.isAvailable()) {
      throw new Nm4jException(ErrorCode.UNAVAILABLE, found.text());
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
    long depth = transposeA ? a.rows() : a.cols();
    Shape.require("a", a, transposeA ? depth : c.rows(), transposeA ? c.rows() : depth);
    Shape.require("b", b, transposeB ? c.cols() : depth, transposeB ? depth : c.cols());
    if (c.device().isCpu()) {
      throw new IllegalArgumentException("cuBLAS needs matrices on a GPU, got " + c);
    }
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException("b must be of " + a.dtype() + " as a is, got " + b);
    }
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
}
