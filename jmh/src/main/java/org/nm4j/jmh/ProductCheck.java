/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Verifies products of one case: against each other in every element, and against dot products in
 * double precision in some.
 *
 * <p>The tolerance of an element is {@value #FACTOR} eps |w| |x|, with the Euclidean norms of its
 * weights and of its activation. A straight fp32 sum of K products of random sign is off by 0.15
 * eps |w| |x| (standard deviation; 1.3 at worst in 20,000), whatever K is: each addition errs by a
 * fraction of the running sum, which grows as a random walk. A product left out or taken from a
 * neighbour changes the element by about |w| |x| / K, 100 times the tolerance at K = 4096. Products
 * of bf16 are exact in fp32, so that their sums err like those of fp32. Sums of integers have no
 * tolerance: scales are powers of two.
 */
final class ProductCheck {
  /** What an epilogue makes of a product's element. */
  interface Finish {
    double apply(double sum, int item, int feature);
  }

  static final int FACTOR = 16;

  private static final double EPS = Math.ulp(1.0f);
  private static final int SAMPLES = 1000;

  private final GemmProblem problem;
  private final double[] weightNorms;
  private final double[] activationNorms;

  ProductCheck(GemmProblem problem) {
    this.problem = problem;
    weightNorms = problem.transposed ? columnNorms(problem.wF32) : rowNorms(problem.wF32);
    activationNorms = problem.batchMajor() ? rowNorms(problem.x) : columnNorms(problem.x);
  }

  /**
   * Runs every contender and compares its result.
   *
   * @throws IllegalStateException when one is wrong
   */
  void verify(List<Contender> contenders) {
    float[] expected = product(contenders.get(0));
    for (Contender contender : contenders.subList(1, contenders.size())) {
      compare(contender, expected, (sum, item, feature) -> sum);
    }
  }

  /** Runs a contender and compares samples of its result with dot products in double precision. */
  float[] product(Contender contender) {
    float[] product = run(contender);
    SplittableRandom random = new SplittableRandom(1);
    for (int sample = 0; sample < SAMPLES; sample++) {
      int i = random.nextInt(product.length);
      double dot = 0;
      for (int c = 0; c < problem.inputs; c++) {
        dot += (double) problem.weight(feature(i), c) * problem.activation(item(i), c);
      }
      check(contender.name(), i, product[i], dot, 0);
    }
    return product;
  }

  /** Runs a contender and compares its result with a product, finished in double precision. */
  void compare(Contender contender, float[] product, Finish finish) {
    float[] result = run(contender);
    for (int i = 0; i < product.length; i++) {
      double expected = finish.apply(product[i], item(i), feature(i));
      // The result is rounded once more than the product, and GELU's error is 4e-7 max(1, |x|).
      double rounding = expected == product[i] ? 0 : 4 * EPS * Math.max(1, Math.abs(product[i]));
      check(contender.name(), i, result[i], expected, rounding);
    }
  }

  private float[] run(Contender contender) {
    float[] poison = new float[problem.y.rows * problem.y.cols];
    Arrays.fill(poison, Float.NaN); // shows elements that are never written
    problem.y.matrix.copyFrom(poison);
    contender.run();
    return problem.y.matrix.toArray();
  }

  private void check(String name, int i, double value, double expected, double rounding) {
    double tolerance =
        problem.spec.dtype().exact()
            ? 0
            : FACTOR * EPS * weightNorms[feature(i)] * activationNorms[item(i)] + rounding;
    if (!(Math.abs(value - expected) <= tolerance)) { // so that NaN fails
      throw new IllegalStateException(
          "%s: %s computes %s for output feature %d of activation %d, expected %s; tolerance %s"
              .formatted(problem.spec, name, value, feature(i), item(i), expected, tolerance));
    }
  }

  private int feature(int i) {
    return problem.batchMajor() ? i % problem.outputs : i / problem.n;
  }

  private int item(int i) {
    return problem.batchMajor() ? i / problem.outputs : i % problem.n;
  }

  private static double[] rowNorms(Operand matrix) {
    double[] squares = new double[matrix.rows];
    for (int row = 0; row < matrix.rows; row++) {
      for (int col = 0; col < matrix.cols; col++) {
        squares[row] += square(matrix.get(row, col));
      }
    }
    return Arrays.stream(squares).map(Math::sqrt).toArray();
  }

  private static double[] columnNorms(Operand matrix) {
    double[] squares = new double[matrix.cols];
    for (int row = 0; row < matrix.rows; row++) {
      for (int col = 0; col < matrix.cols; col++) {
        squares[col] += square(matrix.get(row, col));
      }
    }
    return Arrays.stream(squares).map(Math::sqrt).toArray();
  }

  private static double square(double value) {
    return value * value;
  }
}
