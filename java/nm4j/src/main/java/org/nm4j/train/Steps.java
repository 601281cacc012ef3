/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Pattern;

/** How the steps of a parameter are computed on the device where it is. */
interface Steps {
  /** Makes the magnitude mask of the weights as they are; refuses NaN unless it is dense. */
  void initialMask();

  /** Refuses masks of the parameter's kind that cannot be made there for a pattern. */
  void requireMaskable(int n, int m);

  /** New zeros of the weights' shape. */
  DenseMatrix zeros(Execution execution);

  /** Looks at all of a matrix, the gradient say. */
  void requireFinite(String what, DenseMatrix matrix, Execution execution);

  /** Computes a step; returns how many mask bits changed. */
  long update(Step step, Execution execution);

  /** Adds SR-STE's term to a gradient. */
  void addTerm(DenseMatrix grad, float lambda, Execution execution);

  /**
   * out = what the mask keeps of rows of a matrix, 0 elsewhere: as many as out has, from {@code
   * first} on. The matrix has the weights' shape; out may be these rows themselves, and on a GPU of
   * another type. No gaps.
   */
  void applyMask(DenseMatrix matrix, long first, DenseMatrix out, Execution execution);

  /** Whether some rows of the mask keep no more than a pattern allows. */
  boolean obeys(Pattern pattern, long first, long count);
}
