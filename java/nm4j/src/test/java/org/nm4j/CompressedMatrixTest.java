/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@RandomTest
class CompressedMatrixTest {
  private static final Iterable<Pattern> PATTERNS = Samples.PATTERNS;

  private static float[] array(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  @ParameterizedTest
  @FieldSource("PATTERNS")
  void compressThenDecompressIsTheMaskedMatrix(Pattern pattern, Random random) {
    for (int cols = 1; cols <= 2 * pattern.m() + 9; cols += 3) {
      float[] w = Samples.floats(random, 3 * cols);
      Mask mask = Mask.magnitude(Samples.matrix(w, 3, cols), pattern);
      float[] expected = Reference.apply(w, Reference.magnitude(w, 3, cols, pattern));
      CompressedMatrix compressed =
          CompressedMatrix.compress(new GuardedMatrix(w, 3, cols, 2).view(), mask, pattern);
      assertEquals(3 * pattern.keptPerRow(cols), compressed.values().remaining());
      assertEquals(mask, compressed.mask());
      assertArrayEquals(expected, compressed.decompress().toArray());
      GuardedMatrix out = new GuardedMatrix(3, cols, 5);
      compressed.decompress(out.view());
      assertArrayEquals(expected, out.view().toArray());
      out.assertGuardsIntact();
      CompressedMatrix copy = CompressedMatrix.of(compressed.values(), mask, pattern);
      assertArrayEquals(array(compressed.values()), array(copy.values()));
    }
  }

  @Test
  void valuesLieRowByRowByAscendingColumn() {
    DenseMatrix w = Samples.matrix(new float[] {4, 1, 0, 3, 9, 0, 8, 7, 1, 2}, 2, 5);
    CompressedMatrix compressed =
        CompressedMatrix.compress(w, Mask.magnitude(w, Pattern.P2_4), Pattern.P2_4);
    assertArrayEquals(new float[] {4, 3, 9, 8, 7, 2}, array(compressed.values()));
    assertEquals(6 * 4 + 2, compressed.bytes());
    assertEquals(2, compressed.rows());
    assertEquals(5, compressed.cols());
    assertEquals(Pattern.P2_4, compressed.pattern());
  }

  @Test
  void groupsThatKeepFewerAreCompletedByZeros() {
    DenseMatrix w = Samples.matrix(new float[] {5, 6, 7, 8}, 1, 4);
    CompressedMatrix compressed =
        CompressedMatrix.compress(w, Mask.of(new byte[] {0b0100}, 1, 4), Pattern.P2_4);
    assertArrayEquals(new float[] {0, 7}, array(compressed.values()));
    assertEquals(0b0101, compressed.mask().toBytes()[0]);
    assertArrayEquals(new float[] {0, 0, 7, 0}, compressed.decompress().toArray());
  }

  @Test
  void everyBitOfAValueSurvives() {
    int[] bits = {0x80000000, 0x7f800000, 0xff800000, 1, 0x80000001, 0x7f7fffff, 0x7fc12345};
    DenseMatrix w = DenseMatrix.allocate(bits.length, 2);
    for (int i = 0; i < bits.length; i++) {
      w.set(i, 1, Float.intBitsToFloat(bits[i]));
    }
    byte[] second = new byte[bits.length];
    java.util.Arrays.fill(second, (byte) 2);
    Mask mask = Mask.of(second, bits.length, 2);
    CompressedMatrix compressed = CompressedMatrix.compress(w, mask, Pattern.P1_2, NanPolicy.KEEP);
    DenseMatrix back = compressed.decompress();
    for (int i = 0; i < bits.length; i++) {
      assertEquals(bits[i], Float.floatToRawIntBits(back.get(i, 1)));
      assertEquals(0, Float.floatToRawIntBits(back.get(i, 0)));
    }
  }

  @Test
  void nanIsRefusedAmongKeptWeightsOnly() {
    DenseMatrix w = Samples.matrix(new float[] {Float.NaN, 1, 2, 3}, 1, 4);
    Mask without = Mask.of(new byte[] {0b1100}, 1, 4);
    assertEquals(2, CompressedMatrix.compress(w, without, Pattern.P2_4).values().get(0));
    Mask with = Mask.of(new byte[] {0b0101}, 1, 4);
    Misuse.fails(
        ErrorCode.NAN, () -> CompressedMatrix.compress(w, with, Pattern.P2_4), "row 0", "column 0");
    FloatBuffer values = FloatBuffer.wrap(new float[] {1, Float.NaN});
    Misuse.fails(ErrorCode.NAN, () -> CompressedMatrix.of(values, with, Pattern.P2_4), "index 1");
    CompressedMatrix kept = CompressedMatrix.of(values, with, Pattern.P2_4, NanPolicy.KEEP);
    assertTrue(Float.isNaN(kept.decompress().get(0, 2)));
  }

  @Test
  void masksThatBreakThePatternAreRefused() {
    DenseMatrix w = DenseMatrix.allocate(2, 4);
    Mask crowded = Mask.of(new byte[] {0b0011, 0b0111}, 2, 4);
    Misuse.fails(
        ErrorCode.PATTERN_BREACH,
        () -> CompressedMatrix.compress(w, crowded, Pattern.P2_4),
        "row 1");
    FloatBuffer values = FloatBuffer.allocate(4);
    Misuse.fails(
        ErrorCode.PATTERN_BREACH,
        () -> CompressedMatrix.of(values, crowded, Pattern.P2_4),
        "row 1, column 0");
    Mask sparse = Mask.of(new byte[] {0b0011, 0b0001}, 2, 4);
    Misuse.fails(
        ErrorCode.PATTERN_BREACH,
        () -> CompressedMatrix.of(values, sparse, Pattern.P2_4),
        "exactly 4",
        "got 3");
  }

  @Test
  void wrongShapesAreRefused() {
    Mask mask = Mask.of(new byte[] {3, 3}, 2, 4);
    Misuse.illegalArgument(
        () -> CompressedMatrix.compress(DenseMatrix.allocate(2, 5), mask, Pattern.P2_4),
        "2 x 4",
        "2 x 5");
    Misuse.illegalArgument(
        () -> CompressedMatrix.of(FloatBuffer.allocate(3), mask, Pattern.P2_4),
        "4 elements",
        "got 3");
    CompressedMatrix compressed = CompressedMatrix.of(FloatBuffer.allocate(4), mask, Pattern.P2_4);
    Misuse.illegalArgument(
        () -> compressed.decompress(DenseMatrix.allocate(4, 2)), "2 x 4", "4 x 2");
    DenseMatrix readOnly = DenseMatrix.of(Samples.direct(8).asReadOnlyBuffer(), 2, 4);
    Misuse.illegalArgument(() -> compressed.decompress(readOnly), "read-only");
  }

  @Test
  void valuesAreAReadOnlyView() {
    CompressedMatrix compressed =
        CompressedMatrix.of(
            FloatBuffer.wrap(new float[] {1, 2}), Mask.of(new byte[] {3}, 1, 4), Pattern.P2_4);
    assertTrue(compressed.values().isDirect());
    assertThrows(ReadOnlyBufferException.class, () -> compressed.values().put(0, 1));
  }

  @Test
  void emptyMatricesAreLegal() {
    DenseMatrix empty = DenseMatrix.allocate(0, 8);
    CompressedMatrix compressed =
        CompressedMatrix.compress(empty, Mask.magnitude(empty, Pattern.P2_4), Pattern.P2_4);
    assertEquals(0, compressed.bytes());
    assertEquals(0, compressed.decompress().rows());
  }

  @Test
  void nullIsRefused() {
    DenseMatrix w = DenseMatrix.allocate(1, 4);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    FloatBuffer values = FloatBuffer.allocate(2);
    Misuse.nullPointer(() -> CompressedMatrix.compress(null, mask, Pattern.P2_4));
    Misuse.nullPointer(() -> CompressedMatrix.compress(w, null, Pattern.P2_4));
    Misuse.nullPointer(() -> CompressedMatrix.compress(w, mask, null));
    Misuse.nullPointer(() -> CompressedMatrix.compress(w, mask, Pattern.P2_4, null));
    Misuse.nullPointer(() -> CompressedMatrix.of(null, mask, Pattern.P2_4));
    Misuse.nullPointer(() -> CompressedMatrix.of(values, null, Pattern.P2_4));
    Misuse.nullPointer(() -> CompressedMatrix.of(values, mask, null));
    Misuse.nullPointer(() -> CompressedMatrix.of(values, mask, Pattern.P2_4, null));
  }
}
