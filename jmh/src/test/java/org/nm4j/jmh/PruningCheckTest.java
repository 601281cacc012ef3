/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Pattern;

class PruningCheckTest {
  private static final float[] DENSE = {1, -4, 3, 2, 5, 6, -7, 8, 9, -1};
  private static final float[] PRUNED = {0, -4, 3, 0, 0, 0, -7, 8, 9, -1};

  private final Operand w = new Operand(DType.F32, 1, DENSE.length);
  private final DenseMatrix pruned = DenseMatrix.allocate(1, PRUNED.length);

  @BeforeEach
  void fill() {
    for (int col = 0; col < DENSE.length; col++) {
      w.set(0, col, DENSE[col]);
    }
    pruned.copyFrom(PRUNED);
  }

  private void assertCaught(String expected) {
    var failure =
        assertThrows(
            IllegalStateException.class,
            () -> PruningCheck.verify("case", w, pruned, Pattern.P2_4));
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
  }

  @Test
  void acceptsTheLargestOfEachGroup() {
    assertDoesNotThrow(() -> PruningCheck.verify("case", w, pruned, Pattern.P2_4));
  }

  @Test
  void catchesASmallerOneKept() {
    pruned.set(0, 2, 0);
    pruned.set(0, 3, 2);
    assertCaught("2.0 is kept, not 3.0");
  }

  @Test
  void catchesOneTooFewAndOneTooMany() {
    pruned.set(0, 2, 0);
    assertCaught("1 weights");
    pruned.set(0, 2, 3);
    pruned.set(0, 0, 1);
    assertCaught("3 weights");
  }

  @Test
  void catchesAChangedWeight() {
    pruned.set(0, 6, 7);
    assertCaught("weight -7.0 became 7.0");
  }
}
