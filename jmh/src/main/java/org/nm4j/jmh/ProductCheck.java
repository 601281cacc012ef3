/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.nm4j.DenseMatrix;

/**
 * Verifies products of one case: against each other in every element, and against dot products in
 * double precision in some.
 *
 * <p>The tolerance of an element is {@value #FACTOR} eps |w| |x|, with the Euclidean norms of its
 * row of weights and of its activation. A straight fp32 sum of K products of random sign is off by
 * 0.15 eps |w| |x| (standard deviation; 1.3 at worst in 20,000), whatever K is: each addition errs
 * by a fraction of the running sum, which grows as a random walk. A product left out or taken from
 * a neighbour changes the element by about |w| |x| / K, 100 times the tolerance at K = 4096.
 */
final class ProductCheck {
  static final int FACTOR = 16;

  private static final double EPS = Math.ulp(1.0f);
  private static final int SAMPLES = 1000;

  private final GemmProblem problem;
  private final double[] weightNorms;
  private final double[] activationNorms;

  ProductCheck(GemmProblem problem) {
    this.problem = problem;
    weightNorms = rowNorms(problem.w);
    activationNorms = problem.batchMajor() ? rowNorms(problem.x) : columnNorms(problem.x);
  }

  /**
   * Runs every contender and compares its result.
   *
   * @throws IllegalStateException when one is wrong
   */
  void verify(List<Contender> contenders) {
    float[] expected = null;
    for (Contender contender : contenders) {
      float[] product = run(contender);
      if (expected == null) {
        compareSamples(contender.name(), product);
        expected = product;
      } else {
        compare(contender.name(), product, contenders.get(0).name(), expected);
      }
    }
  }

  private float[] run(Contender contender) {
    float[] poison = new float[problem.spec.m() * problem.spec.n()];
    Arrays.fill(poison, Float.NaN); // shows elements that are never written
    problem.y.copyFrom(poison);
    contender.run();
    return problem.y.toArray();
  }

  private void compare(String name, float[] product, String expectedName, float[] expected) {
    for (int i = 0; i < product.length; i++) {
      check(name, i, product[i], expectedName, expected[i]);
    }
  }

  private void compareSamples(String name, float[] product) {
    FloatBuffer w = problem.w.buffer();
    FloatBuffer x = problem.x.buffer();
    int k = problem.spec.k();
    int xStep = problem.batchMajor() ? 1 : problem.spec.n();
    SplittableRandom random = new SplittableRandom(1);
    for (int sample = 0; sample < SAMPLES; sample++) {
      int i = random.nextInt(product.length);
      int xStart = activation(i) * (problem.batchMajor() ? k : 1);
      double dot = 0;
      for (int c = 0; c < k; c++) {
        dot += (double) w.get(feature(i) * k + c) * x.get(xStart + c * xStep);
      }
      check(name, i, product[i], "a dot product in double precision", dot);
    }
  }

  private void check(String name, int i, double value, String expectedName, double expected) {
    double tolerance = FACTOR * EPS * weightNorms[feature(i)] * activationNorms[activation(i)];
    if (!(Math.abs(value - expected) <= tolerance)) { // so that NaN fails
      throw new IllegalStateException(
          "%s: %s computes %s for output feature %d of activation %d, %s computes %s; tolerance %s"
              .formatted(
                  problem.spec,
                  name,
                  value,
                  feature(i),
                  activation(i),
                  expectedName,
                  expected,
                  tolerance));
    }
  }

  private int feature(int i) {
    return problem.batchMajor() ? i % problem.spec.m() : i / problem.spec.n();
  }

  private int activation(int i) {
    return problem.batchMajor() ? i / problem.spec.m() : i % problem.spec.n();
  }

  private static double[] rowNorms(DenseMatrix matrix) {
    float[] row = new float[(int) matrix.cols()];
    FloatBuffer buffer = matrix.buffer();
    double[] norms = new double[(int) matrix.rows()];
    for (int r = 0; r < norms.length; r++) {
      buffer.get(r * row.length, row);
      double sum = 0;
      for (float value : row) {
        sum += (double) value * value;
      }
      norms[r] = Math.sqrt(sum);
    }
    return norms;
  }

  private static double[] columnNorms(DenseMatrix matrix) {
    float[] row = new float[(int) matrix.cols()];
    FloatBuffer buffer = matrix.buffer();
    double[] squares = new double[row.length];
    for (int r = 0; r < matrix.rows(); r++) {
      buffer.get(r * row.length, row);
      for (int c = 0; c < row.length; c++) {
        squares[c] += (double) row[c] * row[c];
      }
    }
    return Arrays.stream(squares).map(Math::sqrt).toArray();
  }
}
