/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The handle of an {@code nm_cuda_panels}: weights of any N:M for ordinary cores. */
public final class CudaPanels extends CudaPacked {
  /** Weights without contents. */
  public CudaPanels(int device, long rows, long cols, int n, int m, int dtype) {
    this(create(out -> CudaBindings.nm4j_cuda_panels_create(device, rows, cols, n, m, dtype, out)));
  }

  private CudaPanels(long address) {
    super(address, () -> CudaBindings.nm_cuda_panels_free(address));
  }

  @Override
  int bytes(long address, long[] bytes) {
    return CudaBindings.nm_cuda_panels_bytes(address, bytes);
  }

  @Override
  public boolean needsMask() {
    return true;
  }

  @Override
  public int pack(long address, long stream, long dense, long ld, long mask) {
    return CudaBindings.nm_cuda_panels_set(address, stream, dense, ld, mask, 0);
  }

  @Override
  public int multiply(long address, long stream, CudaProduct p) {
    return CudaBindings.nm4j_cuda_panels_multiply(address, stream, p.fields(), p.alpha(), p.beta());
  }

  @Override
  public String kernel() {
    return "panels";
  }
}
