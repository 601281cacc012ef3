/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.NativeMatrix;

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

  /** The tiles of products on the CPU. */
  Multiplier multiplier();

  /** One factor per row. */
  float[] scales();

  /** Writes rows from {@code row0} on. */
  void decompress(long row0, DenseMatrix out);

  /** Writes the portable form. */
  void compressed(CompressedMatrix out);

  /** Makes the transpose, for the CPU. */
  NativeMatrix transposed();

  /** Whether they are freed. */
  boolean isClosed();

  /** Frees them, once. */
  void close();
}
