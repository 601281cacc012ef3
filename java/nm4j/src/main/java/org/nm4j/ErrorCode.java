/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * Why an {@link Nm4jException} was thrown.
 *
 * <pre>{@code
 * DenseMatrix dense = DenseMatrix.copyOf(new float[] {1, 2, 3, 4}, 1, 4);
 * try {
 *   Mask.nonZeros(dense, Pattern.P2_4);
 * } catch (Nm4jException e) {
 *   boolean prunedTooLittle = e.code() == ErrorCode.PATTERN_BREACH; // true
 * }
 * }</pre>
 */
public enum ErrorCode {
  /** A matrix or mask keeps more than N weights in a group of M. */
  PATTERN_BREACH,
  /** The weights contain NaN, and {@link NanPolicy#KEEP} was not given. */
  NAN,
  /** The native library could not allocate memory. */
  OUT_OF_MEMORY,
  /** A legal request that this version does not implement. */
  UNSUPPORTED,
  /** A native library could not be loaded. */
  LIBRARY,
  /** The device cannot be used; {@link Device#availability} says why. */
  UNAVAILABLE,
  /** A GPU or one of its libraries failed, perhaps in work that was queued before. */
  DEVICE,
  /** A defect of nm4j. */
  INTERNAL
}
