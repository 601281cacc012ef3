/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_OPERATION_NON_TRANSPOSE;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_OPERATION_TRANSPOSE;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_ORDER_COL;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_ORDER_ROW;
import static org.nm4j.cusparselt.global.cusparseLt.*;

import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.cusparselt.cusparseLt.cusparseLtHandle_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatDescriptor_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulAlgSelection_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulDescriptor_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulPlan_t;
import org.nm4j.interop.Cuda;

/**
 * The sparse product by bare calls of cuSPARSELt with its default algorithm, all prepared: what
 * nm4j adds is the difference. Y' = W X', for W row-major and the result column-major.
 */
final class BareCusparseLt extends GpuContender {
  private static final int ALIGNMENT = 16;

  private final cusparseLtHandle_t handle = new cusparseLtHandle_t();
  private final cusparseLtMatDescriptor_t matW = new cusparseLtMatDescriptor_t();
  private final cusparseLtMatDescriptor_t matX = new cusparseLtMatDescriptor_t();
  private final cusparseLtMatDescriptor_t matY = new cusparseLtMatDescriptor_t();
  private final cusparseLtMatmulDescriptor_t matmul = new cusparseLtMatmulDescriptor_t();
  private final cusparseLtMatmulAlgSelection_t algorithm = new cusparseLtMatmulAlgSelection_t();
  private final cusparseLtMatmulPlan_t plan = new cusparseLtMatmulPlan_t();
  private final Pointer x = Cuda.pointer(problem.x);
  private final Pointer y = Cuda.pointer(problem.y);
  private final Pointer compressed;
  private final Pointer workspace;
  private final CUstream_st stream = new CUstream_st(Cuda.stream(problem.stream));
  private final FloatPointer one = new FloatPointer(1f);
  private final FloatPointer zero = new FloatPointer(0f);

  BareCusparseLt(GpuProblem problem) {
    super(problem, BARE_NAME, Role.VARIANT);
    GemmProblem host = problem.host;
    check(cusparseLtInit(handle));
    check(
        cusparseLtStructuredDescriptorInit(
            handle,
            matW,
            host.outputs,
            host.inputs,
            host.inputs,
            ALIGNMENT,
            CudaTypes.of(problem.w.dtype()),
            CUSPARSE_ORDER_ROW,
            CUSPARSELT_SPARSITY_50_PERCENT));
    check(dense(matX, host.n, host.inputs, host.inputs, problem.x, CUSPARSE_ORDER_ROW));
    check(dense(matY, host.outputs, host.n, host.outputs, problem.y, CUSPARSE_ORDER_COL));
    check(
        cusparseLtMatmulDescriptorInit(
            handle,
            matmul,
            CUSPARSE_OPERATION_NON_TRANSPOSE,
            CUSPARSE_OPERATION_TRANSPOSE,
            matW,
            matX,
            matY,
            matY,
            problem.x.dtype() == DType.S8 ? CUSPARSE_COMPUTE_32I : CUSPARSE_COMPUTE_32F));
    check(
        cusparseLtMatmulAlgSelectionInit(
            handle, algorithm, matmul, CUSPARSELT_MATMUL_ALG_DEFAULT));
    check(cusparseLtMatmulPlanInit(handle, plan, matmul, algorithm));
    compressed = compress(Cuda.pointer(problem.w));
    SizeTPointer size = new SizeTPointer(1);
    check(cusparseLtMatmulGetWorkspace(handle, plan, size));
    workspace = allocate(size.get());
  }

  private int dense(
      cusparseLtMatDescriptor_t matrix, int rows, int cols, int ld, DenseMatrix data, int order) {
    return cusparseLtDenseDescriptorInit(
        handle, matrix, rows, cols, ld, ALIGNMENT, CudaTypes.of(data.dtype()), order);
  }

  private Pointer compress(Pointer w) {
    SizeTPointer size = new SizeTPointer(1);
    SizeTPointer bufferSize = new SizeTPointer(1);
    check(cusparseLtSpMMACompressedSize(handle, plan, size, bufferSize));
    Pointer result = allocate(size.get());
    Pointer buffer = allocate(bufferSize.get());
    check(cusparseLtSpMMACompress(handle, plan, w, result, buffer, stream));
    problem.stream.synchronize();
    cudaFree(buffer);
    return result;
  }

  @Override
  void queue() {
    check(
        cusparseLtMatmul(
            handle, plan, one, compressed, x, zero, y, y, workspace, stream, 1));
  }

  private static Pointer allocate(long bytes) {
    Pointer memory = new Pointer();
    if (bytes > 0 && cudaMalloc(memory, bytes) != 0) {
      throw new IllegalStateException("no memory for " + bytes + " bytes on the GPU");
    }
    return memory;
  }

  private static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException(
          "cuSPARSELt: " + cusparseLtGetErrorString(status).getString());
    }
  }

  @Override
  public void close() {
    problem.stream.synchronize();
    cusparseLtMatmulPlanDestroy(plan);
    cusparseLtMatmulAlgSelectionDestroy(algorithm);
    cusparseLtMatDescriptorDestroy(matW);
    cusparseLtMatDescriptorDestroy(matX);
    cusparseLtMatDescriptorDestroy(matY);
    cusparseLtDestroy(handle);
    cudaFree(compressed);
    cudaFree(workspace);
    super.close();
  }
}
