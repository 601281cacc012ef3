/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.NativeHandle;

/** The weights of a {@link SparseMatrix}, packed for one device. */
interface Weights {
  /** Where they lie. */
  Device device();

  /** How an execution computes products. */
  Route route(Execution execution);

  /** Name of what computes a product that is not tuned. */
  String kernel(Layout layout, long batch, DType activations);

  /** Measures candidates, or says what was measured. */
  Tuning tune(Layout layout, long batch, DType activations, Execution execution);

  /** Refuses what a product refuses, as far as can be told without it. */
  void check(Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue);

  /** One factor per row. */
  float[] scales();

  /** Writes rows from {@code row0} on. */
  void decompress(long row0, DenseMatrix out);

  /** The portable form. */
  CompressedMatrix compressed();

  /** The transpose, on the same device. */
  SparseMatrix transposed();

  /** Replaces the weights by those that a mask keeps; null: by weights that obey the pattern. */
  void refresh(DenseMatrix w, Mask mask, Execution execution);

  /** What holds them: while a call uses it nobody replaces or frees them. */
  NativeHandle handle();

  /** Whether they are freed. */
  boolean isClosed();

  /** Frees them, once. */
  void close();
}
