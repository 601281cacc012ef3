/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cusparselt;

import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;
import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cudart.cudaMemcpy;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_OPERATION_NON_TRANSPOSE;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_OPERATION_TRANSPOSE;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_ORDER_ROW;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.nm4j.cusparselt.global.cusparseLt.*;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nm4j.cusparselt.cusparseLt.cusparseLtHandle_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatDescriptor_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulAlgSelection_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulDescriptor_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulPlan_t;

/**
 * The whole sequence of a product, D = alpha A B^T + beta C in bf16, in the order of NVIDIA's
 * sample: describe, prune, check, compress, search, multiply, destroy. It needs a GPU, or nm4j's
 * double of one; the property {@code nm4j.test.gpu} says that there is one.
 */
class MatmulSampleTest {
  private static final int M = 32;
  private static final int N = 48;
  private static final int K = 64;
  private static final int ALIGNMENT = 16;

  /** The default stream. */
  private static final CUstream_st STREAM = null;

  private final PointerScope scope = new PointerScope();
  private final Deque<Pointer> deviceMemory = new ArrayDeque<>();
  private final cusparseLtHandle_t handle = new cusparseLtHandle_t();
  private final cusparseLtMatDescriptor_t matA = new cusparseLtMatDescriptor_t();
  private final cusparseLtMatDescriptor_t matB = new cusparseLtMatDescriptor_t();
  private final cusparseLtMatDescriptor_t matC = new cusparseLtMatDescriptor_t();
  private final cusparseLtMatmulDescriptor_t matmul = new cusparseLtMatmulDescriptor_t();
  private final cusparseLtMatmulAlgSelection_t algorithm = new cusparseLtMatmulAlgSelection_t();
  private final cusparseLtMatmulPlan_t plan = new cusparseLtMatmulPlan_t();

  @BeforeEach
  void needsGpu() {
    int status = cusparseLtInit(handle);
    Assumptions.assumeTrue(
        status == 0 || System.getProperty("nm4j.test.gpu") != null,
        () -> "no GPU: cusparseLtInit: " + cusparseLtGetErrorName(status).getString());
    check(status);
  }

  @AfterEach
  void freeMemory() {
    deviceMemory.forEach(memory -> cudaFree(memory));
    scope.close();
  }

  @Test
  void productOfTheSample() {
    short[] a = integers(M * K, 1);
    short[] b = integers(N * K, 2);
    short[] c = integers(M * N, 3);
    Pointer deviceA = upload(a);
    Pointer deviceB = upload(b);
    Pointer deviceC = upload(c);

    check(
        cusparseLtStructuredDescriptorInit(
            handle,
            matA,
            M,
            K,
            K,
            ALIGNMENT,
            CUDA_R_16BF,
            CUSPARSE_ORDER_ROW,
            CUSPARSELT_SPARSITY_50_PERCENT));
    check(dense(matB, N, K));
    check(dense(matC, M, N));
    check(
        cusparseLtMatmulDescriptorInit(
            handle,
            matmul,
            CUSPARSE_OPERATION_NON_TRANSPOSE,
            CUSPARSE_OPERATION_TRANSPOSE,
            matA,
            matB,
            matC,
            matC,
            CUSPARSE_COMPUTE_32F));
    check(
        cusparseLtMatmulAlgSelectionInit(handle, algorithm, matmul, CUSPARSELT_MATMUL_ALG_DEFAULT));
    check(cusparseLtMatmulPlanInit(handle, plan, matmul, algorithm));
    PointerPointer<Pointer> sparse = new PointerPointer<>(1);
    sparse.put(0, deviceA);
    check(
        cusparseLtMatmulDescSetAttribute(
            handle, matmul, CUSPARSELT_MATMUL_SPARSE_MAT_POINTER, sparse, Long.BYTES));

    prune(deviceA);
    short[] pruned = download(deviceA, M * K);
    assertKeepsTwoOfFour(a, pruned);
    Pointer compressed = compress(deviceA);

    FloatPointer alpha = new FloatPointer(2f);
    FloatPointer beta = new FloatPointer(-1f);
    check(
        cusparseLtMatmulSearch(
            handle, plan, alpha, compressed, deviceB, beta, deviceC, deviceC, null, STREAM, 0));
    put(deviceC, c); // the search has written to it
    SizeTPointer workspaceSize = new SizeTPointer(1);
    check(cusparseLtMatmulGetWorkspace(handle, plan, workspaceSize));
    Pointer workspace = allocate(workspaceSize.get());
    check(
        cusparseLtMatmul(
            handle,
            plan,
            alpha,
            compressed,
            deviceB,
            beta,
            deviceC,
            deviceC,
            workspace,
            STREAM,
            0));
    assertEquals(0, cudaStreamSynchronize(STREAM));

    // Small integers: every order of summation and every rounding on the way gives the same bits.
    assertArrayEquals(product(pruned, b, c), download(deviceC, M * N));

    // What refers to others first. NVIDIA's sample goes the other way round, which its
    // documentation
    // leaves open.
    check(cusparseLtMatmulPlanDestroy(plan));
    check(cusparseLtMatmulAlgSelectionDestroy(algorithm));
    check(cusparseLtMatDescriptorDestroy(matA));
    check(cusparseLtMatDescriptorDestroy(matB));
    check(cusparseLtMatDescriptorDestroy(matC));
    check(cusparseLtDestroy(handle));
  }

  private void prune(Pointer a) {
    check(cusparseLtSpMMAPrune(handle, matmul, a, a, CUSPARSELT_PRUNE_SPMMA_TILE, STREAM));
    IntPointer breach = new IntPointer(allocate(Integer.BYTES));
    check(cusparseLtSpMMAPruneCheck(handle, matmul, a, breach, STREAM));
    IntPointer host = new IntPointer(1).put(-1);
    assertEquals(0, cudaStreamSynchronize(STREAM));
    assertEquals(0, cudaMemcpy(host, breach, Integer.BYTES, cudaMemcpyDeviceToHost));
    assertEquals(0, host.get(), "not 2:4 after pruning");
  }

  private Pointer compress(Pointer a) {
    SizeTPointer size = new SizeTPointer(1);
    SizeTPointer bufferSize = new SizeTPointer(1);
    check(cusparseLtSpMMACompressedSize(handle, plan, size, bufferSize));
    Pointer compressed = allocate(size.get());
    check(cusparseLtSpMMACompress(handle, plan, a, compressed, allocate(bufferSize.get()), STREAM));
    return compressed;
  }

  private int dense(cusparseLtMatDescriptor_t matrix, int rows, int cols) {
    return cusparseLtDenseDescriptorInit(
        handle, matrix, rows, cols, cols, ALIGNMENT, CUDA_R_16BF, CUSPARSE_ORDER_ROW);
  }

  /** Tile pruning keeps two per row and column of each 4 x 4; what it keeps, it does not change. */
  private static void assertKeepsTwoOfFour(short[] before, short[] after) {
    int kept = 0;
    for (int i = 0; i < after.length; i += 4) {
      int nonZeros = 0;
      for (int j = i; j < i + 4; j++) {
        nonZeros += after[j] != 0 ? 1 : 0;
        assertTrue(after[j] == 0 || after[j] == before[j], "changed at " + j);
      }
      assertTrue(nonZeros <= 2, "more than two at " + i);
      kept += nonZeros;
    }
    assertTrue(kept > after.length / 4, "kept only " + kept);
  }

  private static short[] product(short[] a, short[] b, short[] c) {
    short[] d = new short[M * N];
    for (int m = 0; m < M; m++) {
      for (int n = 0; n < N; n++) {
        float sum = 0;
        for (int k = 0; k < K; k++) {
          sum += value(a[m * K + k]) * value(b[n * K + k]);
        }
        d[m * N + n] = bits(2 * sum - value(c[m * N + n]));
      }
    }
    return d;
  }

  /** bf16 of 1 and 2 with either sign: 0 then says pruned, and D is an integer that bf16 holds. */
  private static short[] integers(int count, long seed) {
    Random random = new Random(seed);
    short[] values = new short[count];
    for (int i = 0; i < count; i++) {
      values[i] = bits((random.nextBoolean() ? 1 : -1) * (1 + random.nextInt(2)));
    }
    return values;
  }

  private static float value(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }

  private static short bits(float value) {
    int bits = Float.floatToRawIntBits(value);
    assertEquals(0, bits & 0xffff, value + " is no bf16");
    return (short) (bits >>> 16);
  }

  private Pointer upload(short[] values) {
    Pointer device = allocate((long) Short.BYTES * values.length);
    put(device, values);
    return device;
  }

  private static void put(Pointer device, short[] values) {
    ShortPointer host = new ShortPointer(values);
    assertEquals(
        0, cudaMemcpy(device, host, (long) Short.BYTES * values.length, cudaMemcpyHostToDevice));
  }

  private static short[] download(Pointer device, int count) {
    ShortPointer host = new ShortPointer(count);
    assertEquals(0, cudaMemcpy(host, device, (long) Short.BYTES * count, cudaMemcpyDeviceToHost));
    short[] values = new short[count];
    host.get(values);
    return values;
  }

  private Pointer allocate(long bytes) {
    Pointer memory = new Pointer();
    assertEquals(0, cudaMalloc(memory, bytes));
    deviceMemory.push(memory);
    return memory;
  }

  private static void check(int status) {
    assertEquals(0, status, () -> cusparseLtGetErrorString(status).getString());
  }
}
