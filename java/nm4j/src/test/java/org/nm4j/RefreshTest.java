/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A matrix whose weights are replaced is one that was made of the new ones. */
@RandomTest
class RefreshTest {
  private static final Execution CALLER = Execution.caller();

  private static DenseMatrix weights(Random random) {
    return Samples.matrix(Samples.floats(random, 70 * 50), 70, 50);
  }

  private static float[] product(SparseMatrix w, DenseMatrix x, Execution execution) {
    DenseMatrix y = DenseMatrix.allocate(x.rows(), w.rows());
    w.linear(x, y, Epilogue.NONE, execution);
    return y.toArray();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8"})
  void everyTypeAndPattern(DType dtype, Random random) {
    DenseMatrix x = Samples.matrix(Samples.floats(random, 7 * 50), 7, 50);
    for (Pattern pattern : Samples.PATTERNS) {
      DenseMatrix next = weights(random);
      try (SparseMatrix w = SparseMatrix.prune(weights(random), pattern, dtype);
          SparseMatrix fresh = SparseMatrix.prune(next, pattern, dtype)) {
        long bytes = w.bytes();
        w.refresh(next, Mask.magnitude(next, pattern), Execution.parallel());
        assertArrayEquals(fresh.decompress().toArray(), w.decompress().toArray());
        assertArrayEquals(fresh.scales(), w.scales());
        assertArrayEquals(product(fresh, x, CALLER), product(w, x, CALLER));
        assertEquals(bytes, w.bytes());
      }
    }
  }

  @Test
  void whatWasMeasuredOnTheOldWeightsIsForgotten(Random random) {
    DenseMatrix x = Samples.matrix(Samples.integers(random, 16 * 50), 16, 50);
    DenseMatrix next = Samples.matrix(Samples.integers(random, 70 * 50), 70, 50);
    Execution tuned = CALLER.tuned();
    try (SparseMatrix w = SparseMatrix.prune(weights(random), Pattern.of(31, 32));
        SparseMatrix fresh = SparseMatrix.prune(next, Pattern.of(31, 32))) {
      product(w, x, tuned);
      w.refresh(next, Mask.magnitude(next, Pattern.of(31, 32)), CALLER);
      assertArrayEquals(product(fresh, x, CALLER), product(w, x, tuned));
    }
  }

  @Test
  void afterAFailureTheNextRefreshMendsIt(Random random) {
    DenseMatrix x = DenseMatrix.allocate(1, 50);
    DenseMatrix nan = weights(random);
    nan.set(69, 49, Float.NaN);
    Mask all = Mask.magnitude(nan, Pattern.P2_4, NanPolicy.KEEP);
    try (SparseMatrix w = SparseMatrix.prune(weights(random), Pattern.P2_4)) {
      Misuse.fails(ErrorCode.NAN, () -> w.refresh(nan, all, CALLER), "row 69, column 49");
      Misuse.illegalState(() -> product(w, x, CALLER));
      DenseMatrix next = weights(random);
      w.refresh(next, Mask.magnitude(next, Pattern.P2_4), CALLER);
      try (SparseMatrix fresh = SparseMatrix.prune(next, Pattern.P2_4)) {
        assertArrayEquals(fresh.decompress().toArray(), w.decompress().toArray());
      }
    }
  }

  @Test
  void misuseIsRefused(Random random) {
    DenseMatrix dense = weights(random);
    Mask mask = Mask.magnitude(dense, Pattern.P2_4);
    SparseMatrix w = SparseMatrix.of(dense, mask, Pattern.P2_4);
    DenseMatrix wrong = DenseMatrix.allocate(70, 49);
    Misuse.illegalArgument(() -> w.refresh(wrong, CALLER), "70 x 50", "70 x 49");
    Mask narrow = Mask.magnitude(wrong, Pattern.P2_4);
    Misuse.illegalArgument(() -> w.refresh(dense, narrow, CALLER), "mask", "70 x 49");
    Misuse.nullPointer(() -> w.refresh(dense, (Mask) null, CALLER));
    Misuse.fails(ErrorCode.PATTERN_BREACH, () -> w.refresh(dense, CALLER));
    DenseMatrix bf16 = DenseMatrix.allocate(DType.BF16, 70, 50);
    Misuse.illegalArgument(() -> w.refresh(bf16, mask, CALLER), "F32");
    assertArrayEquals(product(w, DenseMatrix.allocate(2, 50), CALLER), new float[2 * 70]);
    try (SparseMatrix t = w.transposed()) {
      DenseMatrix turned = DenseMatrix.allocate(50, 70);
      Mask none = Mask.of(new byte[50 * 9], 50, 70);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> t.refresh(turned, none, CALLER));
    }
    w.close();
    Misuse.illegalState(() -> w.refresh(dense, mask, CALLER), "the matrix is closed");
  }
}
