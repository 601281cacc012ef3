/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Masks and packing on several threads. */
@RandomTest
class RowBlocksTest {
  private static final int ROWS = 530;
  private static final int COLS = 2050;

  private final ExecutorService pool = Executors.newFixedThreadPool(4);

  @AfterEach
  void shutDown() {
    pool.shutdown();
  }

  @Test
  void pruningIsTheSameOnAnyNumberOfThreads(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, ROWS * COLS), ROWS, COLS);
    for (DType dtype : new DType[] {DType.F32, DType.BF16, DType.S8}) {
      try (SparseMatrix alone = SparseMatrix.prune(w, Pattern.P2_4, dtype)) {
        float[] expected = alone.decompress().toArray();
        for (int threads = 1; threads <= 5; threads++) {
          Execution execution = Execution.on(pool, threads);
          try (SparseMatrix a = SparseMatrix.prune(w, Pattern.P2_4, dtype, execution)) {
            assertArrayEquals(expected, a.decompress().toArray());
          }
        }
      }
    }
  }

  @Test
  void blocksMayStartInTheMiddleOfAPanel(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, ROWS * COLS), ROWS, COLS);
    Pattern pattern = Pattern.of(3, 5);
    try (SparseMatrix alone = SparseMatrix.prune(w, pattern);
        SparseMatrix.Builder builder = SparseMatrix.builder(ROWS, COLS, pattern)) {
      builder.prune(259, w.rows(259, ROWS - 259), Execution.on(pool, 4));
      builder.prune(0, w.rows(0, 259), Execution.on(pool, 3));
      try (SparseMatrix a = builder.build()) {
        assertArrayEquals(alone.decompress().toArray(), a.decompress().toArray());
      }
    }
  }

  @Test
  void masksAreTheSameOnAnyNumberOfThreads(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, ROWS * COLS), ROWS, COLS);
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, Pattern.of(5, 7)}) {
      Mask alone = Mask.magnitude(w, pattern);
      for (int threads = 1; threads <= 5; threads++) {
        Execution execution = Execution.on(pool, threads);
        assertEquals(alone, Mask.magnitude(w, pattern, NanPolicy.REJECT, execution));
      }
    }
  }

  @Test
  void helpersTakePart() {
    DenseMatrix w = DenseMatrix.allocate(ROWS, COLS);
    Set<Thread> helpers = ConcurrentHashMap.newKeySet();
    Execution execution =
        Execution.on(
            task ->
                pool.execute(
                    () -> {
                      helpers.add(Thread.currentThread());
                      task.run();
                    }),
            3);
    for (int i = 0; i < 1000 && helpers.isEmpty(); i++) {
      SparseMatrix.prune(w, Pattern.P2_4, DType.F32, execution).close();
    }
    assertTrue(!helpers.isEmpty());
  }

  @Test
  void theFirstNanIsNamedAndNoRowIsSet(Random random) {
    float[] values = Samples.floats(random, ROWS * COLS);
    for (int row : new int[] {17, 200, 500, 529}) {
      values[row * COLS + 3] = Float.NaN;
    }
    DenseMatrix w = Samples.matrix(values, ROWS, COLS);
    Execution execution = Execution.on(pool, 4);
    try (SparseMatrix.Builder builder = SparseMatrix.builder(ROWS, COLS, Pattern.P2_4)) {
      builder.prune(0, DenseMatrix.allocate(ROWS, COLS));
      Nm4jException e = assertThrows(Nm4jException.class, () -> builder.prune(0, w, execution));
      assertEquals(ErrorCode.NAN, e.code());
      assertTrue(e.getMessage().contains("row 17, column 3"), e.getMessage());
      Misuse.illegalState(builder::build, "row 0 ");
    }
    Nm4jException e =
        assertThrows(
            Nm4jException.class,
            () -> Mask.magnitude(w, Pattern.P2_4, NanPolicy.REJECT, execution));
    assertTrue(e.getMessage().contains("row 17, column 3"), e.getMessage());
  }

  @Test
  void anExecutionIsNeeded() {
    DenseMatrix w = DenseMatrix.allocate(4, 4);
    Misuse.nullPointer(() -> SparseMatrix.prune(w, Pattern.P2_4, DType.F32, null));
    Misuse.nullPointer(() -> Mask.magnitude(w, Pattern.P2_4, NanPolicy.REJECT, null));
  }
}
