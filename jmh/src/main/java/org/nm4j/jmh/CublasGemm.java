/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F_FAST_TF32;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32I;
import static org.bytedeco.cuda.global.cublas.CUBLAS_GEMM_DEFAULT;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasCreate_v2;
import static org.bytedeco.cuda.global.cublas.cublasDestroy_v2;
import static org.bytedeco.cuda.global.cublas.cublasGemmEx;
import static org.bytedeco.cuda.global.cublas.cublasSetStream_v2;

import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nm4j.DType;
import org.nm4j.interop.Cuda;

/** The dense product by cuBLAS, with the same zeros among its weights. */
final class CublasGemm extends GpuContender {
  static final String NAME = "cublas";

  private final cublasContext handle = new cublasContext();
  private final Pointer w = Cuda.pointer(problem.w);
  private final Pointer x = Cuda.pointer(problem.x);
  private final Pointer y = Cuda.pointer(problem.y);
  private final int operandType = CudaTypes.of(problem.x.dtype());
  private final int resultType = CudaTypes.of(problem.y.dtype());
  private final int computeType = computeType(problem.x.dtype());
  private final Pointer one = factor(1);
  private final Pointer zero = factor(0);

  CublasGemm(GpuProblem problem) {
    super(problem, NAME, Role.DENSE);
    check(cublasCreate_v2(handle));
    check(cublasSetStream_v2(handle, new CUstream_st(Cuda.stream(problem.stream))));
  }

  private static int computeType(DType operands) {
    return switch (operands) {
      case S8 -> CUBLAS_COMPUTE_32I;
      case F32 -> CUBLAS_COMPUTE_32F_FAST_TF32;
      default -> CUBLAS_COMPUTE_32F;
    };
  }

  /** Of the type of the sums. */
  private Pointer factor(int value) {
    return computeType == CUBLAS_COMPUTE_32I
        ? new IntPointer(1).put(value)
        : new FloatPointer(1).put(value);
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
            operandType,
            host.inputs,
            x,
            operandType,
            host.inputs,
            zero,
            y,
            resultType,
            host.outputs,
            computeType,
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
