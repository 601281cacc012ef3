/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.Status;

/** Products against the reference, once per instruction set that this machine has. */
@RandomTest
class ProductTest {
  /** Around the edges of vectors, panels and tiles. */
  private static final int[] ROWS = {1, 2, 3, 7, 8, 15, 16, 17, 33, 63, 64, 65, 130};

  private static final int[] BATCHES = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100};

  @AfterEach
  void liftTheLimit() {
    limit(Bindings.NM_ISA_AMX);
  }

  private static void limit(int isa) {
    Loader.load();
    Status.check(Bindings.nm_isa_limit(isa));
  }

  private static Stream<Integer> isas() {
    Loader.load();
    int[] best = new int[1];
    Status.check(Bindings.nm_isa_detected(best));
    return Stream.iterate(best[0], isa -> isa >= 0, isa -> isa - 1);
  }

  private static Stream<Arguments> isasAndPatterns() {
    return isas().flatMap(isa -> Samples.PATTERNS.stream().map(p -> Arguments.of(isa, p)));
  }

  private static Stream<Arguments> isasAndLayouts() {
    return isas().flatMap(isa -> Stream.of(Layout.values()).map(l -> Arguments.of(isa, l)));
  }

  private static int pick(int[] values, Random random) {
    return values[random.nextInt(values.length)];
  }

  @ParameterizedTest
  @MethodSource("isasAndPatterns")
  void productsOfAnyShapeAreWithinTheRoundingErrorOfFp32(int isa, Pattern pattern, Random random) {
    limit(isa);
    for (Workload workload : Workload.values()) {
      for (Layout layout : Layout.values()) {
        for (int repeat = 0; repeat < 8; repeat++) {
          int rows = pick(ROWS, random);
          int cols = 1 + random.nextInt(4 * pattern.m() + 40);
          int batch = pick(BATCHES, random);
          float[] w = Samples.floats(random, rows * cols);
          boolean[] kept = Reference.magnitude(w, rows, cols, pattern);
          Product product =
              new Product(layout, rows, cols, batch, Product.Spec.PLAIN, random, Samples::floats);
          try (SparseMatrix matrix = pack(w, rows, cols, pattern, workload)) {
            product.run(matrix, Execution.caller()).check(w, kept, false);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isasAndPatterns")
  void productsOfIntegersAreExact(int isa, Pattern pattern, Random random) {
    limit(isa);
    Product.Spec spec = new Product.Spec(2, true, -3, Product.Added.SEPARATE, Activation.RELU);
    for (Workload workload : Workload.values()) {
      for (Layout layout : Layout.values()) {
        int rows = pick(ROWS, random);
        int cols = 1 + random.nextInt(500);
        int batch = pick(BATCHES, random);
        float[] w = Samples.integers(random, rows * cols);
        boolean[] kept = Reference.magnitude(w, rows, cols, pattern);
        Product product = new Product(layout, rows, cols, batch, spec, random, Samples::integers);
        try (SparseMatrix matrix = pack(w, rows, cols, pattern, workload)) {
          product.run(matrix, Execution.caller()).check(w, kept, true);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isasAndLayouts")
  void everyEpilogueDoesWhatItsFormulaSays(int isa, Layout layout, Random random) {
    limit(isa);
    for (int batch : new int[] {1, 5, 70}) {
      int rows = 35;
      int cols = 50;
      float[] w = Samples.floats(random, rows * cols);
      boolean[] kept = Reference.magnitude(w, rows, cols, Pattern.P2_4);
      try (SparseMatrix matrix = pack(w, rows, cols, Pattern.P2_4, Workload.ANY_BATCH)) {
        for (Activation activation : Samples.ACTIVATIONS) {
          for (Product.Added added : Product.Added.values()) {
            for (float alpha : new float[] {1, -0.75f, 0}) {
              for (float beta : new float[] {0, 1, 0.3f}) {
                for (boolean bias : new boolean[] {false, true}) {
                  Product.Spec spec = new Product.Spec(alpha, bias, beta, added, activation);
                  new Product(layout, rows, cols, batch, spec, random, Samples::floats)
                      .run(matrix, Execution.caller())
                      .check(w, kept, false);
                }
              }
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isasAndLayouts")
  void productsOfManyTilesAreWithinTheRoundingErrorToo(int isa, Layout layout, Random random) {
    limit(isa);
    int rows = 1100;
    int cols = 333;
    int batch = 150;
    float[] w = Samples.floats(random, rows * cols);
    boolean[] kept = Reference.magnitude(w, rows, cols, Pattern.P2_4);
    for (Workload workload : Workload.values()) {
      try (SparseMatrix matrix = pack(w, rows, cols, Pattern.P2_4, workload)) {
        new Product(layout, rows, cols, batch, Product.Spec.PLAIN, random, Samples::floats)
            .run(matrix, Execution.caller())
            .check(w, kept, false);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isasAndLayouts")
  void activationsOppositePrunedWeightsTakeNoPart(int isa, Layout layout, Random random) {
    limit(isa);
    int rows = 20;
    int cols = 24;
    float[] w = Samples.floats(random, rows * cols);
    for (int i = 0; i < w.length; i++) {
      w[i] *= i % 4 < 2 ? 1 : 1e-6f; // columns 2 and 3 of each group are pruned in every row
    }
    boolean[] kept = Reference.magnitude(w, rows, cols, Pattern.P2_4);
    for (Workload workload : Workload.values()) {
      for (int batch : new int[] {1, 3, 40}) {
        Product product =
            new Product(layout, rows, cols, batch, Product.Spec.PLAIN, random, Samples::floats);
        for (int item = 0; item < batch; item++) {
          product.setActivation(2, item, Float.NaN);
          product.setActivation(7, item, Float.POSITIVE_INFINITY);
        }
        try (SparseMatrix matrix = pack(w, rows, cols, Pattern.P2_4, workload)) {
          product.run(matrix, Execution.caller()).check(w, kept, false);
          for (float y : product.result()) {
            assertTrue(Float.isFinite(y));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isasAndLayouts")
  void infinitiesAndNanOppositeKeptWeightsShow(int isa, Layout layout, Random random) {
    limit(isa);
    float[] w = new float[16 * 4];
    for (int row = 0; row < 16; row++) {
      w[row * 4] = row; // row 0 keeps a 0 at column 0
    }
    boolean[] kept = Reference.magnitude(w, 16, 4, Pattern.P1_4);
    for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      for (Workload workload : Workload.values()) {
        for (Activation activation : new Activation[] {Activation.IDENTITY, Activation.RELU}) {
          Product.Spec spec = new Product.Spec(1, false, 0, Product.Added.NONE, activation);
          Product product = new Product(layout, 16, 4, 5, spec, random, Samples::floats);
          product.setActivation(0, 2, special);
          try (SparseMatrix matrix = pack(w, 16, 4, Pattern.P1_4, workload)) {
            product.run(matrix, Execution.caller()).check(w, kept, false);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void aKeptNanWeightShowsInItsRowAlone(int isa, Random random) {
    limit(isa);
    float[] w = Samples.floats(random, 40 * 12);
    w[17 * 12 + 5] = Float.NaN;
    for (Workload workload : Workload.values()) {
      try (SparseMatrix.Builder builder = SparseMatrix.builder(40, 12, Pattern.P2_4)) {
        builder.workload(workload).nan(NanPolicy.KEEP).prune(0, Samples.matrix(w, 40, 12));
        try (SparseMatrix matrix = builder.build()) {
          float[] y = matrix.linear(Samples.floats(random, 3 * 12), 3);
          for (int i = 0; i < y.length; i++) {
            assertEquals(i % 40 == 17, Float.isNaN(y[i]), "row " + i % 40);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void geluIsAsExactAsDocumented(int isa) {
    limit(isa);
    int count = 4001;
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (i - 2000) * 0.005f;
    }
    DenseMatrix y = DenseMatrix.allocate(1, count);
    try (SparseMatrix one =
        SparseMatrix.ofSparse(Samples.matrix(new float[] {1, 0}, 1, 2), Pattern.P1_2)) {
      DenseMatrix both = DenseMatrix.allocate(2, count);
      both.rows(0, 1).copyFrom(x);
      one.multiply(both, y, Epilogue.NONE.activation(Activation.GELU));
    }
    for (int i = 0; i < count; i++) {
      double expected = Reference.gelu(x[i]);
      assertEquals(expected, y.get(0, i), 4e-7 * Math.max(1, Math.abs(x[i])), "gelu(" + x[i] + ")");
    }
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void anEmptyBatchWritesNothing(Layout layout, Random random) {
    float[] w = Samples.floats(random, 6 * 8);
    Product product = new Product(layout, 6, 8, 0, Product.Spec.PLAIN, random, Samples::floats);
    try (SparseMatrix matrix = pack(w, 6, 8, Pattern.P2_4, Workload.ANY_BATCH)) {
      product.run(matrix, Execution.caller());
      product.run(matrix, Execution.parallel());
      assertArrayEquals(new float[0], matrix.multiply(new float[0], 0));
      assertArrayEquals(new float[0], matrix.linear(new float[0], 0));
    }
    product.check(w, Reference.magnitude(w, 6, 8, Pattern.P2_4), false);
  }

  @Test
  void subViewsAreOperandsLikeAnyOther(Random random) {
    float[] w = Samples.floats(random, 10 * 12);
    float[] x = Samples.floats(random, 9 * 12);
    try (SparseMatrix matrix = pack(w, 10, 12, Pattern.P2_4, Workload.ANY_BATCH)) {
      float[] whole = matrix.linear(x, 9);
      DenseMatrix part = Samples.matrix(x, 9, 12).rows(4, 1);
      DenseMatrix y = DenseMatrix.allocate(5, 10);
      matrix.linear(part, y.rows(2, 1));
      float[] row = new float[10];
      System.arraycopy(whole, 40, row, 0, 10);
      float[] expected = matrix.linear(part.toArray(), 1);
      assertArrayEquals(expected, y.rows(2, 1).toArray());
      assertArrayEquals(row, expected, 1e-4f);
      assertArrayEquals(new float[20], y.rows(0, 2).toArray());
      assertArrayEquals(new float[20], y.rows(3, 2).toArray());
    }
  }

  @Test
  void theSameCallGivesTheSameBits(Random random) {
    float[] w = Samples.floats(random, 65 * 100);
    float[] x = Samples.floats(random, 33 * 100);
    try (SparseMatrix matrix = pack(w, 65, 100, Pattern.P2_4, Workload.ANY_BATCH)) {
      float[] first = matrix.linear(x, 33);
      for (int i = 0; i < 10; i++) {
        assertArrayEquals(first, matrix.linear(x, 33));
      }
    }
  }

  @Test
  void readOnlyOperandsAreFine() {
    DenseMatrix x = DenseMatrix.of(Samples.direct(4).put(0, 3).asReadOnlyBuffer(), 1, 4);
    DenseMatrix y = DenseMatrix.allocate(1, 1);
    Epilogue epilogue = Epilogue.NONE.bias(Samples.direct(1).put(0, 1).asReadOnlyBuffer());
    DenseMatrix w = DenseMatrix.of(Samples.direct(4).put(0, 5).asReadOnlyBuffer(), 1, 4);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
      matrix.linear(x, y, epilogue);
    }
    assertEquals(16, y.get(0, 0));
  }

  private static SparseMatrix pack(
      float[] w, int rows, int cols, Pattern pattern, Workload workload) {
    try (SparseMatrix.Builder builder = SparseMatrix.builder(rows, cols, pattern)) {
      return builder.workload(workload).prune(0, Samples.matrix(w, rows, cols)).build();
    }
  }
}
