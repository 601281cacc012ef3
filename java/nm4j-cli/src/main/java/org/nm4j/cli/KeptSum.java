/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import org.nm4j.DenseMatrix;
import org.nm4j.KeptShare;
import org.nm4j.Mask;

/** What masks keep of one or more matrices together. */
final class KeptSum {
  private double magnitude;
  private double keptMagnitude;
  private double square;
  private double keptSquare;
  private long weights;
  private long kept;

  /** Adds a matrix, not yet pruned, and its mask. */
  void add(DenseMatrix w, Mask mask) {
    double abs = 0;
    double sqr = 0;
    for (float value : w.toArray()) {
      abs += Math.abs(value);
      sqr += (double) value * value;
    }
    KeptShare share = mask.keptShare(w);
    magnitude += abs;
    keptMagnitude += share.magnitude() * abs;
    square += sqr;
    keptSquare += share.square() * sqr;
    weights += w.rows() * w.cols();
    kept += mask.count();
  }

  void add(KeptSum other) {
    magnitude += other.magnitude;
    keptMagnitude += other.keptMagnitude;
    square += other.square;
    keptSquare += other.keptSquare;
    weights += other.weights;
    kept += other.kept;
  }

  /** Share of the sum of |w|: 1 when all weights are zero, NaN when some are not finite. */
  double magnitudeShare() {
    return magnitude == 0 ? 1 : keptMagnitude / magnitude;
  }

  /** Share of the sum of w^2. */
  double squareShare() {
    return square == 0 ? 1 : keptSquare / square;
  }

  long weights() {
    return weights;
  }

  long kept() {
    return kept;
  }
}
