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
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProductCheckTest {
  private static final int FEATURE = 7;
  private static final int ITEM = 3;

  /** Computes in double precision; applies {@code change} to one element at the end. */
  private record Reference(String name, GemmProblem problem, DoubleUnaryOperator change)
      implements Contender {
    @Override
    public void run() {
      for (int feature = 0; feature < problem.outputs; feature++) {
        for (int item = 0; item < problem.n; item++) {
          double sum = 0;
          for (int input = 0; input < problem.inputs; input++) {
            sum += (double) problem.weight(feature, input) * problem.activation(item, input);
          }
          if (feature == FEATURE && item == ITEM) {
            sum = change.applyAsDouble(sum);
          }
          problem.y.set(
              problem.batchMajor() ? item : feature,
              problem.batchMajor() ? feature : item,
              (float) sum);
        }
      }
    }
  }

  static Stream<GemmProblem> problems() {
    return Stream.concat(
        Stream.of(
                "gemm/f32/2:4/batch-major/24x512/n5",
                "gemm/f32/2:4/feature-major/24x512/n5",
                "gemm/bf16/2:4/feature-major/24x512/n5",
                "gemm/s8/2:4/batch-major/24x512/n5",
                "gemm/w-s8/2:4/batch-major/24x512/n5")
            .map(name -> GemmProblem.forward(BenchmarkCase.parse(name))),
        Stream.of(GemmProblem.backward(BenchmarkCase.parse("dx/f32/2:4/batch-major/512x24/n5"))));
  }

  private static void assertCaught(GemmProblem problem, Contender right, Contender wrong) {
    ProductCheck check = new ProductCheck(problem);
    for (List<Contender> order : List.of(List.of(right, wrong), List.of(wrong, right))) {
      var failure = assertThrows(IllegalStateException.class, () -> check.verify(order));
      String expected =
          "wrong computes .* for output feature %d of activation %d".formatted(FEATURE, ITEM);
      if (order.get(0) == right) { // else the samples may meet it first, or the comparison does
        assertTrue(failure.getMessage().matches(".*" + expected + ".*"), failure.getMessage());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("problems")
  void acceptsEqualProducts(GemmProblem problem) {
    boolean exact = problem.spec.dtype().exact();
    assertDoesNotThrow(
        () ->
            new ProductCheck(problem)
                .verify(
                    List.of(
                        new Reference("a", problem, sum -> sum),
                        new Reference(
                            "b", problem, sum -> exact ? sum : Math.nextUp((float) sum)))));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void catchesAMissingProduct(GemmProblem problem) {
    double product = 0;
    for (int input = 0; product == 0; input++) {
      product = (double) problem.weight(FEATURE, input) * problem.activation(ITEM, input);
    }
    double missing = product;
    assertCaught(
        problem,
        new Reference("right", problem, sum -> sum),
        new Reference("wrong", problem, sum -> sum - missing));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void catchesNanAndElementsNeverWritten(GemmProblem problem) {
    assertCaught(
        problem,
        new Reference("right", problem, sum -> sum),
        new Reference("wrong", problem, sum -> Double.NaN));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void sumsOfIntegersHaveNoTolerance(GemmProblem problem) {
    if (problem.spec.dtype().exact()) {
      assertCaught(
          problem,
          new Reference("right", problem, sum -> sum),
          new Reference("wrong", problem, sum -> Math.nextUp((float) sum)));
    }
  }
}
