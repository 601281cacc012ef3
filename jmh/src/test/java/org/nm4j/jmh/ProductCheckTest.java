/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nm4j.Layout;
import org.nm4j.Pattern;

class ProductCheckTest {
  private static final int M = 24;
  private static final int K = 512;
  private static final int N = 5;

  /** Computes in double precision; applies {@code change} to the element (7, 3) at the end. */
  private static Contender reference(String name, GemmProblem problem, DoubleUnaryOperator change) {
    boolean batchMajor = problem.batchMajor();
    return new Contender() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void run() {
        for (int i = 0; i < M; i++) {
          for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int c = 0; c < K; c++) {
              float x = batchMajor ? problem.x.get(j, c) : problem.x.get(c, j);
              sum += (double) problem.w.get(i, c) * x;
            }
            if (i == 7 && j == 3) {
              sum = change.applyAsDouble(sum);
            }
            problem.y.set(batchMajor ? j : i, batchMajor ? i : j, (float) sum);
          }
        }
      }

      @Override
      public void close() {}
    };
  }

  private static GemmProblem problem(Layout layout) {
    return new GemmProblem(new BenchmarkCase(Pattern.P2_4, layout, M, K, N));
  }

  private static void assertCaught(GemmProblem problem, Contender right, Contender wrong) {
    ProductCheck check = new ProductCheck(problem);
    for (List<Contender> order : List.of(List.of(right, wrong), List.of(wrong, right))) {
      var failure = assertThrows(IllegalStateException.class, () -> check.verify(order));
      assertTrue(
          failure.getMessage().contains("output feature 7 of activation 3"), failure.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void acceptsEqualProducts(Layout layout) {
    GemmProblem problem = problem(layout);
    assertDoesNotThrow(
        () ->
            new ProductCheck(problem)
                .verify(
                    List.of(
                        reference("a", problem, sum -> sum),
                        reference("b", problem, sum -> Math.nextUp((float) sum)))));
  }

  @ParameterizedTest
  @EnumSource
  void catchesAMissingProduct(Layout layout) {
    GemmProblem problem = problem(layout);
    double product = 0;
    for (int c = 0; product == 0; c++) {
      float x = problem.batchMajor() ? problem.x.get(3, c) : problem.x.get(c, 3);
      product = (double) problem.w.get(7, c) * x;
    }
    double missing = product;
    assertCaught(
        problem,
        reference("right", problem, sum -> sum),
        reference("wrong", problem, sum -> sum - missing));
  }

  @ParameterizedTest
  @EnumSource
  void catchesNanAndElementsNeverWritten(Layout layout) {
    GemmProblem problem = problem(layout);
    assertCaught(
        problem,
        reference("right", problem, sum -> sum),
        reference("wrong", problem, sum -> Double.NaN));
  }
}
