/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/**
 * An {@code nm_cuda_product}.
 *
 * @param fields layouts of X and Y, type of Y, activation, batch, count; address, ld and stride of
 *     X, C and Y; addresses of bias and factors per feature
 * @param alpha factor of the product
 * @param beta factor of C
 */
public record CudaProduct(long[] fields, float alpha, float beta) {
  /** Whether there is anything to compute. */
  public boolean isAny() {
    return batch() != 0 && fields[5] != 0;
  }

  /** N. */
  public long batch() {
    return fields[4];
  }
}
