/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** dX = dY W by the transpose of W. */
@RandomTest
class TransposedMatrixTest {
  private static final Iterable<Pattern> PATTERNS = Samples.PATTERNS;

  private static float[] transpose(float[] w, int rows, int cols) {
    float[] t = new float[w.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        t[c * rows + r] = w[r * cols + c];
      }
    }
    return t;
  }

  /** a b with a of m x k and b of k x n, exact on small integers. */
  private static float[] product(float[] a, float[] b, int m, int k, int n) {
    float[] c = new float[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int l = 0; l < k; l++) {
          c[i * n + j] += a[i * k + l] * b[l * n + j];
        }
      }
    }
    return c;
  }

  @ParameterizedTest
  @FieldSource("PATTERNS")
  void backwardPassIsExactOnIntegers(Pattern pattern, Random random) {
    for (Workload workload : Workload.values()) {
      int rows = 1 + random.nextInt(280);
      int cols = 1 + random.nextInt(140);
      int batch = 1 + random.nextInt(70);
      DenseMatrix dense = Samples.matrix(Samples.integers(random, rows * cols), rows, cols);
      float[] dy = Samples.integers(random, batch * rows);
      try (SparseMatrix.Builder builder = SparseMatrix.builder(rows, cols, pattern);
          SparseMatrix w = builder.workload(workload).prune(0, dense).build();
          SparseMatrix wt = w.transposed()) {
        float[] kept = w.decompress().toArray();
        float[] expected = product(dy, kept, batch, rows, cols);
        assertArrayEquals(expected, wt.linear(dy, batch));
        assertArrayEquals(
            transpose(expected, batch, cols), wt.multiply(transpose(dy, batch, rows), batch));
        assertArrayEquals(transpose(kept, rows, cols), wt.decompress().toArray());
      }
    }
  }

  @Test
  void threadsDoNotChangeTheBits(Random random) {
    DenseMatrix dense = Samples.matrix(Samples.floats(random, 300 * 1100), 300, 1100);
    DenseMatrix dy = Samples.matrix(Samples.floats(random, 130 * 300), 130, 300);
    DenseMatrix one = DenseMatrix.allocate(130, 1100);
    DenseMatrix many = DenseMatrix.allocate(130, 1100);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4);
        SparseMatrix wt = w.transposed()) {
      wt.linear(dy, one);
      wt.linear(dy, many, Epilogue.NONE, Execution.on(ForkJoinPool.commonPool(), 3));
      assertArrayEquals(one.toArray(), many.toArray());
    }
  }

  @Test
  void itKnowsWhatItIs() {
    try (SparseMatrix w = SparseMatrix.prune(DenseMatrix.allocate(64, 1026), Pattern.P2_4);
        SparseMatrix wt = w.transposed()) {
      assertFalse(w.isTransposed());
      assertTrue(wt.isTransposed());
      assertEquals(1026, wt.rows());
      assertEquals(64, wt.cols());
      assertEquals(Pattern.P2_4, wt.pattern());
      assertEquals(w.nonZeros(), wt.nonZeros());
      assertEquals(w.denseBytes(), wt.denseBytes());
      assertTrue(wt.bytes() >= 64 * 514 * 4, () -> "bytes " + wt.bytes());
      assertEquals(Workload.LARGE_BATCH, wt.workload());
      assertTrue(wt.kernel(Layout.BATCH_MAJOR, 128).contains("columnstream"));
      assertTrue(wt.toString().contains("2:4 transposed"), wt::toString);
    }
  }

  @Test
  void itOutlivesItsSource() {
    SparseMatrix wt;
    try (SparseMatrix w =
        SparseMatrix.prune(DenseMatrix.copyOf(new float[] {0, 2, 1, 0}, 1, 4), Pattern.P2_4)) {
      wt = w.transposed();
    }
    try (wt) {
      assertArrayEquals(new float[] {0, 6, 3, 0}, wt.linear(new float[] {3}, 1));
    }
    assertThrows(IllegalStateException.class, () -> wt.linear(new float[] {3}, 1));
  }

  @Test
  void whatNeedsAPatternAlongTheRowsIsRefused() {
    try (SparseMatrix w = SparseMatrix.prune(DenseMatrix.allocate(8, 12), Pattern.P2_4);
        SparseMatrix wt = w.transposed()) {
      for (Runnable call : new Runnable[] {wt::transposed, wt::compressed}) {
        String message = assertThrows(UnsupportedOperationException.class, call::run).getMessage();
        assertTrue(message.contains("12 x 8"), message);
      }
    }
  }
}
