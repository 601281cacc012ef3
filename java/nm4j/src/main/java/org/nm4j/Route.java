/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/** One way to compute the products of a matrix. */
interface Route {
  /** Computes Y. The shapes of x and y are checked already. */
  void run(
      Layout layout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      Execution execution);

  /** Name of what computes. */
  String kernel(Layout layout, long batch, DType activations);
}
