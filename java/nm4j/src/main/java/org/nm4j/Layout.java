/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * How activations and results lie in memory, for weights of M rows and K columns and batch N.
 *
 * <pre>{@code
 * DenseMatrix weights = DenseMatrix.allocate(8, 16);
 * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4)) {
 *   String kernel = w.kernel(Layout.BATCH_MAJOR, 32); // what computes w.linear for a batch of 32
 * }
 * }</pre>
 */
public enum Layout {
  /** X is K x N and Y is M x N: Y = W X, see {@link SparseMatrix#multiply}. */
  FEATURE_MAJOR,
  /** X is N x K and Y is N x M: Y = X W<sup>T</sup>, see {@link SparseMatrix#linear}. */
  BATCH_MAJOR
}
