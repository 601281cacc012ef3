/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * What to do with NaN among the weights.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 2, 3, Float.NaN}, 1, 4);
 * Mask mask = Mask.magnitude(w, Pattern.P1_4, NanPolicy.KEEP);
 * boolean kept = mask.get(0, 3); // true
 * }</pre>
 */
public enum NanPolicy {
  /** Fail with {@link ErrorCode#NAN}, naming the first one. */
  REJECT,
  /** Treat NaN as the largest magnitude, so that it is kept and seen in the products. */
  KEEP
}
