/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RandomTest
class BlockMaskTest {
  private static DenseMatrix drawn(Random random, int rows, int cols) {
    return Samples.matrix(Samples.floats(random, rows * cols), rows, cols);
  }

  private static Mask transpose(Mask mask) {
    int rows = (int) mask.cols();
    int cols = (int) mask.rows();
    boolean[] kept = new boolean[rows * cols];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = mask.get(i % cols, i / cols);
    }
    return Mask.of(Reference.bytes(kept, rows, cols), rows, cols);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "1:4", "3:4", "4:8", "2:8", "3:5", "8:16", "1:32"})
  void theTransposeObeysToo(String text, Random random) {
    Pattern pattern = Pattern.parse(text);
    int rows = 2 * pattern.m();
    int cols = 3 * pattern.m();
    DenseMatrix w = drawn(random, rows, cols);
    Mask mask = Mask.transposable(w, pattern);
    assertTrue(mask.checkTransposable(pattern).ok());
    assertTrue(mask.check(pattern).ok());
    assertTrue(transpose(mask).check(pattern).ok());
    assertEquals(rows * pattern.keptPerRow(cols), mask.count());
    double best = Mask.magnitude(w, pattern).keptShare(w).magnitude();
    double share = mask.keptShare(w).magnitude();
    assertTrue(share <= best && share > 0.8 * best, () -> share + " of " + best);
  }

  @Test
  void edgesKeepAtMostN(Random random) {
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, Pattern.P4_8}) {
      Mask mask = Mask.transposable(drawn(random, 13, 27), pattern);
      assertTrue(mask.checkTransposable(pattern).ok());
      assertTrue(transpose(mask).check(pattern).ok());
    }
  }

  @Test
  void aRowMaskIsRarelyTransposable(Random random) {
    Mask mask = Mask.magnitude(drawn(random, 8, 64), Pattern.P2_4);
    Compliance compliance = mask.checkTransposable(Pattern.P2_4);
    assertTrue(compliance.breaches() > 0 && compliance.breaches() <= 32);
    assertEquals(0, compliance.firstRow() % 4);
    assertEquals(0, compliance.firstColumn() % 4);
  }

  @Test
  void aBreachOfOneColumnIsFound() {
    // Column 5 three times, each row once.
    Mask mask = Mask.of(new byte[] {0x20, 0x20, 0, 0x20, 0, 0, 0, 0}, 8, 8);
    assertTrue(mask.check(Pattern.P2_4).ok());
    assertEquals(new Compliance(Pattern.P2_4, 1, 0, 4), mask.checkTransposable(Pattern.P2_4));
  }

  @Test
  void masksAreTheSameOnManyThreads(Random random) {
    DenseMatrix w = drawn(random, 1021, 515);
    Execution three = Execution.parallel(3);
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, Pattern.P4_8, Pattern.of(3, 5)}) {
      assertEquals(
          Mask.transposable(w, pattern), Mask.transposable(w, pattern, NanPolicy.REJECT, three));
    }
    VnmPattern vnm = VnmPattern.parse("20:2:8");
    assertEquals(Mask.vnm(w, vnm), Mask.vnm(w, vnm, NanPolicy.REJECT, three));
  }

  @Test
  void vnmKeepsFourColumnsOfABlock(Random random) {
    VnmPattern pattern = VnmPattern.parse("16:2:8");
    DenseMatrix w = drawn(random, 40, 64);
    Mask mask = Mask.vnm(w, pattern);
    assertTrue(mask.checkVnm(pattern).ok());
    assertTrue(mask.check(pattern.rows()).ok());
    assertEquals(40 * 16, mask.count());
    for (int block = 0; block < 64; block += 8) {
      int used = 0;
      for (int col = block; col < block + 8; col++) {
        boolean any = false;
        for (int row = 0; row < 16; row++) {
          any |= mask.get(row, col);
        }
        used += any ? 1 : 0;
      }
      assertTrue(used <= 4);
    }
    assertNotEquals(0, Mask.magnitude(w, Pattern.P2_8).checkVnm(pattern).breaches());
  }

  @Test
  void vnmPatternsHaveBounds() {
    assertEquals("64:2:8", VnmPattern.parse("64:2:8").toString());
    assertEquals(Pattern.P2_8, new VnmPattern(64, 2, 8).rows());
    for (String text : new String[] {"0:2:8", "4:5:8", "4:2:3", "4:4:4", "4:2:33", "2:8", ""}) {
      Misuse.illegalArgument(() -> VnmPattern.parse(text));
    }
  }

  @Test
  void nanIsRefusedOrKept() {
    DenseMatrix w = DenseMatrix.allocate(8, 8);
    w.set(5, 6, Float.NaN);
    VnmPattern vnm = new VnmPattern(4, 2, 8);
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, Pattern.P4_8}) {
      Misuse.fails(ErrorCode.NAN, () -> Mask.transposable(w, pattern), "row 5", "column 6");
      assertTrue(Mask.transposable(w, pattern, NanPolicy.KEEP, Execution.caller()).get(5, 6));
    }
    Misuse.fails(ErrorCode.NAN, () -> Mask.vnm(w, vnm), "row 5", "column 6");
    assertTrue(Mask.vnm(w, vnm, NanPolicy.KEEP, Execution.caller()).get(5, 6));
  }

  @Test
  void nullIsRefused() {
    DenseMatrix w = DenseMatrix.allocate(4, 8);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    Misuse.nullPointer(() -> Mask.transposable(null, Pattern.P2_4));
    Misuse.nullPointer(() -> Mask.transposable(w, null));
    Misuse.nullPointer(() -> Mask.vnm(w, null));
    Misuse.nullPointer(() -> Mask.vnm(null, new VnmPattern(4, 2, 8)));
    Misuse.nullPointer(() -> mask.checkTransposable(null));
    Misuse.nullPointer(() -> mask.checkVnm(null));
    assertEquals(0, Mask.transposable(DenseMatrix.allocate(0, 8), Pattern.P2_4).count());
    assertEquals(0, Mask.vnm(DenseMatrix.allocate(4, 0), new VnmPattern(4, 2, 8)).count());
  }
}
