/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * N:M structured sparsity: keep N of every M consecutive weights, and multiply faster than dense.
 *
 * <p>A weight matrix is pruned once into a {@link org.nm4j.SparseMatrix} and then multiplied any
 * number of times with activations in the caller's memory:
 *
 * <pre>{@code
 * DenseMatrix weights = DenseMatrix.copyOf(new float[] {1, -4, 3, 2}, 1, 4);
 * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4)) {
 *   float[] y = w.linear(new float[] {1, 1, 1, 1}, 1); // -4 + 3 = -1
 * }
 * }</pre>
 *
 * <p>Errors are unchecked: {@link NullPointerException} for null, {@link IllegalArgumentException}
 * for sizes, patterns and buffers, {@link IndexOutOfBoundsException} for positions outside a
 * matrix, {@link IllegalStateException} for closed handles, and {@link org.nm4j.Nm4jException} with
 * a code for data and environment.
 */
package org.nm4j;
