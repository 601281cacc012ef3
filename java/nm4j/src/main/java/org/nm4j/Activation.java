/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * The function applied last to each element of a product.
 *
 * <pre>{@code
 * Epilogue feedForward = Epilogue.NONE.activation(Activation.GELU);
 * }</pre>
 */
public enum Activation {
  /** Leaves the value as it is. */
  IDENTITY,
  /** max(x, 0); NaN stays NaN. */
  RELU,
  /** x/2 (1 + erf(x / sqrt 2)): the exact form, with an absolute error below 4e-7 max(1, |x|). */
  GELU,
  /**
   * x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): the approximation of {@link #GELU} that
   * cuSPARSELt computes on a GPU, from {@link DType#S8} to {@link DType#S8} and from 8-bit floats
   * to {@link DType#BF16}. {@link ErrorCode#UNSUPPORTED} elsewhere.
   */
  GELU_TANH
}
