/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

/**
 * Sizes of the matrix product that a case amounts to.
 *
 * @param m rows of the weights: output features
 * @param n activations
 * @param k columns of the weights: input features
 */
record Product(int m, int n, int k) {
  /** Floating-point operations when dense; zeros count. */
  double flops() {
    return 2.0 * m * n * k;
  }
}
