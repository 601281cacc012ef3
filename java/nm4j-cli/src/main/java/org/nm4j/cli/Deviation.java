/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

/**
 * How far products by different means lie apart, against what rounding explains.
 *
 * <p>A sum of k products in fp32, in any order, differs from the exact one by at most lambda
 * sqrt(k) u |w| |x|, with u = 2^-24, Euclidean norms and, with rounding errors as independent as
 * they are in practice, a probability of at least 1 - 2k exp(-lambda^2 / 2). Here lambda is 8; two
 * sums may differ by twice as much.
 */
final class Deviation {
  private static final double FACTOR = 2 * 8 * 0x1p-24;

  private double maxError;
  private double maxRatio;

  /**
   * Compares one product.
   *
   * @param y batch x outputs
   * @param expected batch x outputs
   * @param xNorms norm of each row of activations
   * @param wNorms norm of the weights of each output
   * @param terms how many products each element sums
   */
  void add(float[] y, float[] expected, double[] xNorms, double[] wNorms, long terms) {
    double factor = FACTOR * Math.sqrt(terms);
    for (int i = 0; i < y.length; i++) {
      // Equal infinities have no difference but NaN.
      double error = y[i] == expected[i] ? 0 : Math.abs((double) y[i] - expected[i]);
      double tolerance = factor * xNorms[i / wNorms.length] * wNorms[i % wNorms.length];
      maxError = Math.max(maxError, error); // like the next line, NaN once there stays
      maxRatio = Math.max(maxRatio, error == 0 ? 0 : error / tolerance);
    }
  }

  double maxError() {
    return maxError;
  }

  /** The largest error divided by its own tolerance. */
  double maxRatio() {
    return maxRatio;
  }

  boolean ok() {
    return maxRatio <= 1;
  }
}
