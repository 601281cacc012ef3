/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.Gemm;

/** Masked weights packed for forward and backward pass, and again whenever they change. */
public abstract class TrainedWeights {
  /**
   * Packs dense weights without gaps and their mask. After a failure nothing can be multiplied
   * until they are packed again.
   */
  public abstract void pack(DenseMatrix weights, DenseMatrix mask, Execution execution);

  /** Y = epilogue(X W^T). */
  public abstract void forward(
      DenseMatrix x, DenseMatrix y, Epilogue epilogue, Execution execution);

  /** dX = dY W, dense where no sparse kernel takes any mask. */
  public abstract void backward(DenseMatrix dy, DenseMatrix dx, Gemm gemm, Execution execution);

  /** Frees the memory. */
  public abstract void close();
}
