/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Pattern;

/** From dense weights to the mask of the largest. */
final class MaskOp extends WeightsOp {
  MaskOp() {
    super("mask");
  }

  @Override
  Contender nm4j(DenseMatrix w, Pattern pattern) {
    long maskBytes = Mask.magnitude(w, pattern).bits().capacity();
    return new Nm4jWork(
        w.rows() * w.cols() * Float.BYTES + maskBytes, () -> Mask.magnitude(w, pattern));
  }

  @Override
  DenseMatrix pruned(DenseMatrix w, Pattern pattern) {
    DenseMatrix out = DenseMatrix.allocate(w.rows(), w.cols());
    Mask.magnitude(w, pattern).apply(w, out);
    return out;
  }
}
