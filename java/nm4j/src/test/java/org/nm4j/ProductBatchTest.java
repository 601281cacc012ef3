/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Products of different matrices in one run. */
class ProductBatchTest {
  private final Random random = new Random(11);

  private DenseMatrix matrix(long rows, long cols) {
    DenseMatrix matrix = DenseMatrix.allocate(rows, cols);
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < cols; c++) {
        matrix.set(r, c, random.nextFloat() - 0.5f);
      }
    }
    return matrix;
  }

  @Test
  void everyProductIsWhatItIsAlone() {
    List<SparseMatrix> weights = new ArrayList<>();
    List<DenseMatrix> expected = new ArrayList<>();
    List<DenseMatrix> results = new ArrayList<>();
    ProductBatch batch = new ProductBatch();
    int[][] shapes = {{700, 64, 70}, {16, 32, 1}, {48, 80, 0}, {300, 48, 33}, {1, 1, 5}};
    for (int[] shape : shapes) {
      SparseMatrix w = SparseMatrix.prune(matrix(shape[0], shape[1]), Pattern.P2_4);
      weights.add(w);
      DenseMatrix x = matrix(shape[2], shape[1]);
      Epilogue epilogue = Epilogue.NONE.bias(matrix(1, shape[0])).activation(Activation.RELU);
      expected.add(DenseMatrix.allocate(shape[2], shape[0]));
      results.add(DenseMatrix.allocate(shape[2], shape[0]));
      w.linear(x, expected.get(expected.size() - 1), epilogue);
      batch.linear(w, x, results.get(results.size() - 1), epilogue);
    }
    DenseMatrix features = matrix(64, 20);
    DenseMatrix byFeature = DenseMatrix.allocate(700, 20);
    batch.multiply(weights.get(0), features, byFeature, Epilogue.NONE);
    DenseMatrix alone = DenseMatrix.allocate(700, 20);
    weights.get(0).multiply(features, alone);
    assertEquals(6, batch.size());
    for (Execution execution : List.of(Execution.caller(), Execution.parallel())) {
      for (DenseMatrix result : results) {
        result.copyFrom(new float[(int) (result.rows() * result.cols())]);
      }
      batch.run(execution);
      for (int i = 0; i < shapes.length; i++) {
        assertArrayEquals(expected.get(i).toArray(), results.get(i).toArray());
      }
      assertArrayEquals(alone.toArray(), byFeature.toArray());
    }
    weights.forEach(SparseMatrix::close);
  }

  @Test
  void anEmptyBatchDoesNothing() {
    ProductBatch batch = new ProductBatch();
    batch.run(Execution.parallel());
    assertEquals("ProductBatch[0 products]", batch.toString());
    Misuse.nullPointer(() -> batch.run(null));
  }

  @Test
  void aClosedMatrixStopsAllOfIt() {
    DenseMatrix x = matrix(2, 8);
    DenseMatrix first = DenseMatrix.allocate(2, 4);
    SparseMatrix open = SparseMatrix.prune(matrix(4, 8), Pattern.P2_4);
    SparseMatrix closed = SparseMatrix.prune(matrix(4, 8), Pattern.P2_4);
    ProductBatch batch =
        new ProductBatch().linear(open, x, first).linear(closed, x, DenseMatrix.allocate(2, 4));
    closed.close();
    assertThrows(IllegalStateException.class, () -> batch.run(Execution.caller()));
    assertArrayEquals(new float[8], first.toArray());
    assertThrows(
        IllegalStateException.class, () -> batch.linear(closed, x, DenseMatrix.allocate(2, 4)));
    open.close(); // which it could not, were a call still counted
  }

  @Test
  void sharedMemoryIsRefused() {
    try (SparseMatrix w = SparseMatrix.prune(matrix(4, 8), Pattern.P2_4)) {
      DenseMatrix wide = DenseMatrix.allocate(3, 20);
      DenseMatrix left = DenseMatrix.of(wide.buffer(), 3, 4, 20);
      DenseMatrix right = DenseMatrix.of(wide.buffer().position(4).slice(), 2, 4, 20);
      DenseMatrix across = DenseMatrix.of(wide.buffer().position(2).slice(), 2, 4, 20);
      DenseMatrix inputs = DenseMatrix.of(wide.buffer().position(8).slice(), 2, 8, 20);
      ProductBatch batch = new ProductBatch().linear(w, matrix(3, 8), left);
      batch.linear(w, matrix(2, 8), right);
      batch.linear(w, inputs, DenseMatrix.allocate(2, 4));
      Misuse.illegalArgument(() -> batch.linear(w, matrix(2, 8), across), "y", "result");
      DenseMatrix overInputs = DenseMatrix.of(wide.buffer().position(12).slice(), 2, 4, 20);
      Misuse.illegalArgument(() -> batch.linear(w, matrix(2, 8), overInputs), "y", "activations");
      DenseMatrix fromResult = DenseMatrix.of(wide.buffer(), 1, 8, 20);
      Misuse.illegalArgument(
          () -> batch.linear(w, fromResult, DenseMatrix.allocate(1, 4)), "x", "result");
      Misuse.illegalArgument(() -> batch.linear(w, matrix(2, 7), right), "x", "2 x 8", "2 x 7");
      assertEquals(3, batch.size());
      batch.run(Execution.parallel());
    }
  }
}
