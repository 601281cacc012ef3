/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

@RandomTest
class GemmTest {
  private static final Gemm DENSE = Gemm.openBlas();

  @Test
  void productsOfIntegersAreExact(Random random) {
    for (boolean ta : new boolean[] {false, true}) {
      for (boolean tb : new boolean[] {false, true}) {
        for (int[] shape : new int[][] {{1, 1, 1}, {3, 5, 7}, {70, 33, 9}, {300, 200, 64}}) {
          for (float beta : new float[] {0, 1}) {
            compare(ta, tb, shape[0], shape[1], shape[2], beta, Execution.caller(), random);
            compare(ta, tb, shape[0], shape[1], shape[2], beta, Execution.parallel(), random);
          }
        }
      }
    }
  }

  private static void compare(
      boolean ta, boolean tb, int m, int n, int k, float beta, Execution execution, Random random) {
    float[] a = Samples.integers(random, m * k);
    float[] b = Samples.integers(random, k * n);
    float[] c = Samples.integers(random, m * n);
    float[] expected = new float[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        float sum = beta == 0 ? 0 : c[i * n + j];
        for (int l = 0; l < k; l++) {
          sum += a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j];
        }
        expected[i * n + j] = sum;
      }
    }
    DenseMatrix out = Samples.matrix(c, m, n);
    if (beta == 0) {
      out.set(0, 0, Float.NaN); // is not read
    }
    DENSE.multiply(
        ta,
        tb,
        Samples.matrix(a, ta ? k : m, ta ? m : k),
        Samples.matrix(b, tb ? n : k, tb ? k : n),
        beta,
        out,
        execution);
    assertArrayEquals(expected, out.toArray());
  }

  @Test
  void leadingDimensionsAreObeyed(Random random) {
    DenseMatrix a = DenseMatrix.of(Samples.direct(40), 3, 5, 8);
    DenseMatrix c = DenseMatrix.of(Samples.direct(40), 3, 2, 4);
    a.set(2, 4, 3);
    DenseMatrix b = Samples.matrix(Samples.integers(random, 10), 5, 2);
    DENSE.multiply(false, false, a, b, 0, c, Execution.caller());
    assertArrayEquals(new float[] {0, 0, 0, 0, 3 * b.get(4, 0), 3 * b.get(4, 1)}, c.toArray());
  }

  @Test
  void nothingToSumLeavesBetaTimesC() {
    DenseMatrix none = DenseMatrix.allocate(0, 2);
    DenseMatrix c = Samples.matrix(new float[] {1, 2, 3, 4}, 2, 2);
    DENSE.multiply(true, false, none, none, 1, c, Execution.caller());
    assertArrayEquals(new float[] {1, 2, 3, 4}, c.toArray());
    DENSE.multiply(true, false, none, none, 0, c, Execution.caller());
    assertArrayEquals(new float[4], c.toArray());
    DENSE.multiply(false, false, none, c, 0, DenseMatrix.allocate(0, 2), Execution.parallel());
  }

  @Test
  void wrongShapesTypesAndOverlapAreRefused() {
    DenseMatrix a = DenseMatrix.allocate(3, 5);
    DenseMatrix b = DenseMatrix.allocate(5, 2);
    DenseMatrix c = DenseMatrix.allocate(3, 2);
    refused(a, a, c, "b must be 5 x 2", "3 x 5");
    refused(b, b, c, "a must be 3 x 2", "5 x 2");
    refused(DenseMatrix.allocate(DType.BF16, 3, 5), b, c, "BF16");
    DenseMatrix square = DenseMatrix.allocate(3, 3);
    refused(square, DenseMatrix.allocate(3, 3), square, "overlap");
    DenseMatrix readOnly = DenseMatrix.of(Samples.direct(6).asReadOnlyBuffer(), 3, 2);
    refused(a, b, readOnly, "writable");
  }

  private static void refused(DenseMatrix a, DenseMatrix b, DenseMatrix c, String... words) {
    Misuse.illegalArgument(
        () -> DENSE.multiply(false, false, a, b, 0, c, Execution.caller()), words);
  }
}
