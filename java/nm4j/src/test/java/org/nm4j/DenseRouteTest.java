/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nm4j.internal.OpenBlas;

/** Products by OpenBLAS on a dense copy mean the same as sparse ones. */
@RandomTest
@Timeout(120)
class DenseRouteTest {
  private static final int ROWS = 403;
  private static final int COLS = 96;

  private final ExecutorService pool = Executors.newFixedThreadPool(3);
  private final List<Execution> executions =
      List.of(
          Execution.caller(),
          Execution.parallel(),
          Execution.on(pool, 3),
          Execution.on(pool, 1000));

  @AfterEach
  void shutDown() {
    pool.shutdown();
  }

  private static SparseMatrix prune(float[] w) {
    return SparseMatrix.prune(Samples.matrix(w, ROWS, COLS), Pattern.P2_4);
  }

  @Test
  void everyEpilogueOnIntegers(Random random) {
    float[] w = Samples.integers(random, ROWS * COLS);
    boolean[] kept = Reference.magnitude(w, ROWS, COLS, Pattern.P2_4);
    try (SparseMatrix matrix = prune(w)) {
      Route dense = matrix.denseRoute();
      for (Layout layout : Layout.values()) {
        for (int batch : new int[] {1, 5, 70}) {
          for (Execution execution : executions) {
            for (Product.Added added : Product.Added.values()) {
              for (boolean bias : new boolean[] {false, true}) {
                Product.Spec spec = new Product.Spec(0.5f, bias, 2, added, Activation.RELU);
                new Product(layout, ROWS, COLS, batch, spec, random, Samples::integers)
                    .run(dense, execution)
                    .check(w, kept, true);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void realNumbers(Random random) {
    float[] w = Samples.floats(random, ROWS * COLS);
    boolean[] kept = Reference.magnitude(w, ROWS, COLS, Pattern.P2_4);
    try (SparseMatrix matrix = prune(w)) {
      Route dense = matrix.denseRoute();
      for (Layout layout : Layout.values()) {
        for (Activation activation : Samples.ACTIVATIONS) {
          Product.Spec spec =
              new Product.Spec(-1.5f, true, 0.3f, Product.Added.SEPARATE, activation);
          new Product(layout, ROWS, COLS, 33, spec, random, Samples::floats)
              .run(dense, Execution.on(pool, 3))
              .check(w, kept, false);
        }
      }
    }
  }

  @Test
  void infinitiesAndNanOppositePrunedWeightsTakeNoPart(Random random) {
    float[] w = Samples.floats(random, ROWS * COLS);
    try (SparseMatrix matrix = prune(w)) {
      Route dense = matrix.denseRoute();
      for (Layout layout : Layout.values()) {
        for (int batch : new int[] {1, 7}) {
          for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1 / 0f}) {
            for (Execution execution : executions) {
              Product product =
                  new Product(
                      layout, ROWS, COLS, batch, Product.Spec.PLAIN, random, Samples::floats);
              product.setActivation(random.nextInt(COLS), random.nextInt(batch), special);
              float[] sparse = product.run(matrix, Execution.caller()).result();
              float[] got = product.run(dense, execution).result();
              assertArrayEquals(sparse, got); // the sparse kernels' bits
              int finite = 0;
              for (float value : got) {
                finite += Float.isFinite(value) ? 1 : 0;
              }
              assertTrue(finite > (batch - 1) * ROWS, "some rows prune that activation");
            }
          }
        }
      }
    }
  }

  /** Without this property of OpenBLAS, activations that are not finite would go unnoticed. */
  @Test
  void openBlasMultipliesByZeros() {
    for (boolean batchMajor : new boolean[] {false, true}) {
      for (int batch : new int[] {1, 2, 9, 200}) {
        for (int k : new int[] {2, 17, 400}) {
          DenseMatrix w = DenseMatrix.allocate(33, k);
          DenseMatrix x =
              batchMajor ? DenseMatrix.allocate(batch, k) : DenseMatrix.allocate(k, batch);
          DenseMatrix y =
              batchMajor ? DenseMatrix.allocate(batch, 33) : DenseMatrix.allocate(33, batch);
          x.set(x.rows() - 1, x.cols() - 1, Float.POSITIVE_INFINITY);
          OpenBlas.multiply(
              batchMajor,
              33,
              batch,
              k,
              w.address(),
              x.address(),
              (int) x.ld(),
              y.address(),
              (int) y.ld());
          float first = batchMajor ? y.get(batch - 1, 0) : y.get(0, batch - 1);
          assertTrue(Float.isNaN(first), () -> "0 * infinity was " + first);
        }
      }
    }
  }

  @Test
  void weightsThatAreNotFinite(Random random) {
    float[] w = Samples.floats(random, ROWS * COLS);
    w[5] = Float.POSITIVE_INFINITY;
    w[3 * COLS] = Float.NEGATIVE_INFINITY;
    try (SparseMatrix matrix = prune(w)) {
      Product product =
          new Product(
              Layout.BATCH_MAJOR, ROWS, COLS, 3, Product.Spec.PLAIN, random, Samples::floats);
      float[] sparse = product.run(matrix, Execution.caller()).result();
      assertArrayEquals(sparse, product.run(matrix.denseRoute(), Execution.caller()).result());
    }
  }

  @Test
  void whatDenseDoesNotDoIsDoneSparse(Random random) {
    try (SparseMatrix matrix = prune(Samples.floats(random, ROWS * COLS))) {
      DenseMatrix x = Samples.matrix(Samples.floats(random, 6 * COLS), 6, COLS);
      Epilogue scaled = Epilogue.NONE.scale(Samples.matrix(Samples.floats(random, ROWS), 1, ROWS));
      DenseMatrix expected = DenseMatrix.allocate(6, ROWS);
      DenseMatrix y = DenseMatrix.allocate(6, ROWS);
      matrix.linear(x, expected, scaled);
      Route dense = matrix.denseRoute();
      dense.run(Layout.BATCH_MAJOR, 6, 1, x, y, scaled, Execution.caller());
      assertArrayEquals(expected.toArray(), y.toArray());
      DenseMatrix bytes = DenseMatrix.allocate(DType.S8, 6, ROWS);
      DenseMatrix expectedBytes = DenseMatrix.allocate(DType.S8, 6, ROWS);
      matrix.linear(x, expectedBytes);
      dense.run(Layout.BATCH_MAJOR, 6, 1, x, bytes, Epilogue.NONE, Execution.caller());
      assertArrayEquals(expectedBytes.toArray(), bytes.toArray());
      dense.run(
          Layout.BATCH_MAJOR, 0, 1, x.rows(0, 0), y.rows(0, 0), Epilogue.NONE, Execution.caller());
    }
  }

  @Test
  void misuseIsRefusedAsBySparse(Random random) {
    SparseMatrix matrix = prune(Samples.floats(random, ROWS * COLS));
    Route dense = matrix.denseRoute();
    DenseMatrix x = DenseMatrix.allocate(ROWS, COLS);
    DenseMatrix y = DenseMatrix.allocate(ROWS, ROWS);
    DenseMatrix readOnly =
        DenseMatrix.of(Samples.direct(ROWS * ROWS).asReadOnlyBuffer(), ROWS, ROWS);
    Misuse.illegalArgument(() -> run(dense, y.rows(0, 96), y), "overlap");
    Misuse.illegalArgument(() -> run(dense, x, readOnly), "writable");
    Misuse.illegalArgument(() -> run(dense, x, y, Epilogue.NONE.bias(y.rows(1, 1))), "bias");
    Misuse.illegalArgument(
        () -> run(dense, x.rows(0, 9), y.rows(0, 9), Epilogue.NONE.add(1, y.rows(4, 9))), "c and");
    Misuse.illegalArgument(
        () -> run(dense, x, y, Epilogue.NONE.add(1, DenseMatrix.allocate(1, 1))), "c must be");
    matrix.close();
    Misuse.illegalState(() -> run(dense, x, y), "closed");
  }

  private static void run(Route dense, DenseMatrix x, DenseMatrix y) {
    run(dense, x, y, Epilogue.NONE);
  }

  private static void run(Route dense, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    dense.run(Layout.BATCH_MAJOR, x.rows(), 1, x, y, epilogue, Execution.caller());
  }
}
