/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DenseMatrix;
import org.nm4j.Execution;

/** How the steps of a parameter are computed on the device where it is. */
interface Steps {
  /** Makes the mask of the weights as they are. */
  void initialMask();

  /** New zeros of the weights' shape. */
  DenseMatrix zeros(Execution execution);

  /** Looks at all of a gradient. */
  void requireFinite(DenseMatrix grad, Execution execution);

  /** Computes a step; returns how many mask bits changed. */
  long update(Step step, Execution execution);
}
