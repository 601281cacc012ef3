/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/** The weights of a {@link SparseConv2d}, packed for one device. */
interface Conv2dWeights {
  /** Where they lie. */
  Device device();

  /** Y = epilogue(conv(X, W)) of images of the right sizes. */
  void apply(Images x, Images y, Epilogue epilogue, Execution execution);

  /** Name of what computes it. */
  String kernel(DType images);

  /** One factor for each output channel. */
  float[] scales();

  /** In OHWI order. */
  DenseMatrix decompress();

  /** Memory that they occupy. */
  long bytes();

  /** Whether they are freed. */
  boolean isClosed();

  /** Frees them, once. */
  void close();
}
