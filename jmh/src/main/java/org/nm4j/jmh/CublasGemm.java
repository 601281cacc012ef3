/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F;
import static org.bytedeco.cuda.global.cublas.CUBLAS_GEMM_DEFAULT;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasCreate_v2;
import static org.bytedeco.cuda.global.cublas.cublasDestroy_v2;
import static org.bytedeco.cuda.global.cublas.cublasGemmEx;
import static org.bytedeco.cuda.global.cublas.cublasSetStream_v2;
import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;

import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nm4j.interop.Cuda;

/** The dense product by cuBLAS, with the same zeros among its weights. */
final class CublasGemm extends GpuContender {
  static final String NAME = "cublas";

  private final cublasContext handle = new cublasContext();
  private final Pointer w = Cuda.pointer(problem.w);
  private final Pointer x = Cuda.pointer(problem.x);
  private final Pointer y = Cuda.pointer(problem.y);
  private final FloatPointer one = new FloatPointer(1f);
  private final FloatPointer zero = new FloatPointer(0f);

  CublasGemm(GpuProblem problem) {
    super(problem, NAME, Role.DENSE);
    check(cublasCreate_v2(handle));
    check(cublasSetStream_v2(handle, new CUstream_st(Cuda.stream(problem.stream))));
  }

  /** Column-major, as cuBLAS sees it, Y' = (W')' X'. */
  @Override
  void queue() {
    GemmProblem host = problem.host;
    check(
        cublasGemmEx(
            handle,
            CUBLAS_OP_T,
            CUBLAS_OP_N,
            host.outputs,
            host.n,
            host.inputs,
            one,
            w,
            CUDA_R_16BF,
            host.inputs,
            x,
            CUDA_R_16BF,
            host.inputs,
            zero,
            y,
            CUDA_R_16BF,
            host.outputs,
            CUBLAS_COMPUTE_32F,
            CUBLAS_GEMM_DEFAULT));
  }

  private static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException("cuBLAS: expected status 0, got " + status);
    }
  }

  @Override
  public void close() {
    cublasDestroy_v2(handle);
    super.close();
  }
}
