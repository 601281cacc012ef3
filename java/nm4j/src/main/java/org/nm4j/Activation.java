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
  GELU
}
