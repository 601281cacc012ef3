/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The handle of an {@code nm_cuda_weights}: weights for sparse tensor cores. */
public final class CudaWeights extends CudaPacked {
  /** Weights without contents. */
  public CudaWeights(int device, long rows, long cols, int n, int m, int dtype) {
    this(
        create(
            out -> CudaBindings.nm4j_cuda_weights_create(device, rows, cols, 1, n, m, dtype, out)));
  }

  private CudaWeights(long address) {
    super(address, () -> CudaBindings.nm_cuda_weights_free(address));
  }

  @Override
  int bytes(long address, long[] bytes) {
    return CudaBindings.nm_cuda_weights_bytes(address, bytes);
  }

  @Override
  public boolean needsMask() {
    return false;
  }

  @Override
  public int pack(long address, long stream, long dense, long ld, long mask) {
    return CudaBindings.nm_cuda_weights_set(
        address, stream, dense, ld, 0, CudaBindings.NM_CUDA_ROW_MAJOR, CudaBindings.NM_CUDA_TRUST);
  }

  /** The same with a check that the weights obey what the hardware takes; waits. */
  public int packChecked(long address, long stream, long dense, long ld) {
    return CudaBindings.nm_cuda_weights_set(
        address, stream, dense, ld, 0, CudaBindings.NM_CUDA_ROW_MAJOR, 0);
  }

  @Override
  public int multiply(long address, long stream, CudaProduct p) {
    return CudaBindings.nm4j_cuda_multiply(address, stream, p.fields(), p.alpha(), p.beta());
  }

  /** Whether products of this kind have an algorithm that was searched or loaded. */
  public boolean isKnown(long address, CudaProduct p) {
    int[] known = new int[1];
    CudaStatus.check(
        CudaBindings.nm4j_cuda_algorithm_known(address, p.fields(), p.alpha(), p.beta(), known));
    return known[0] != 0;
  }

  /** Searches for the fastest algorithm, which later products of this kind use; waits. */
  public CudaAlgorithm search(long address, long stream, CudaProduct p, int iterations, int runs) {
    long[] out = new long[4];
    double[] milliseconds = new double[2];
    CudaStatus.check(
        CudaBindings.nm4j_cuda_search(
            address, stream, p.fields(), p.alpha(), p.beta(), iterations, runs, out, milliseconds));
    return new CudaAlgorithm(
        (int) out[0], (int) out[1], (int) out[2], (int) out[3], milliseconds[0], milliseconds[1]);
  }

  @Override
  public String kernel() {
    return "cusparselt_" + CudaLoader.cusparseltVersion();
  }
}
