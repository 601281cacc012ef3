/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@RandomTest
class MaskTest {
  private static final Iterable<Pattern> PATTERNS = Samples.PATTERNS;
  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static DenseMatrix row(float... values) {
    return Samples.matrix(values, 1, values.length);
  }

  private static int bits(float... values) {
    return Mask.magnitude(row(values), Pattern.P2_4).toBytes()[0];
  }

  @ParameterizedTest
  @FieldSource("PATTERNS")
  void magnitudeKeepsWhatTheReferenceKeeps(Pattern pattern, Random random) {
    for (int cols = 1; cols <= 2 * pattern.m() + 9; cols++) {
      // Integers give many ties.
      for (float[] w :
          new float[][] {Samples.floats(random, 5 * cols), Samples.integers(random, 5 * cols)}) {
        boolean[] expected = Reference.magnitude(w, 5, cols, pattern);
        GuardedMatrix guarded = new GuardedMatrix(w, 5, cols, 3);
        Mask mask = Mask.magnitude(guarded.view(), pattern);
        assertArrayEquals(Reference.bytes(expected, 5, cols), mask.toBytes());
        assertEquals(5 * pattern.keptPerRow(cols), mask.count());
        assertTrue(mask.check(pattern).ok());
        for (int i = 0; i < 5 * cols; i++) {
          assertEquals(expected[i], mask.get(i / cols, i % cols));
        }
      }
    }
  }

  @Test
  void tiesKeepTheLowestColumns() {
    assertEquals(0b0011, bits(1, 1, 1, 1));
    assertEquals(0b0110, bits(0, -2, 2, 1));
    assertEquals(0b0101, bits(3, 1, -3, 3));
  }

  @Test
  void negativeZeroTiesWithZero() {
    assertEquals(0b0011, bits(-0f, 0, -0f, 0));
    assertEquals(0b0011, bits(0, -0f, 0, -0f));
    assertEquals(0b1001, bits(-0f, 0, 0, Float.MIN_VALUE));
  }

  @Test
  void infinitiesAreTheLargest() {
    assertEquals(0b1010, bits(1, INF, Float.MAX_VALUE, -INF));
  }

  @Test
  void nanIsRefusedAndNamed() {
    DenseMatrix w = Samples.matrix(new float[] {1, 2, 3, 0, 5, 0, NAN, 8}, 2, 4);
    Misuse.fails(ErrorCode.NAN, () -> Mask.magnitude(w, Pattern.P2_4), "row 1", "column 2");
    Misuse.fails(ErrorCode.NAN, () -> Mask.nonZeros(w, Pattern.of(3, 4)));
  }

  @Test
  void nanIsTheLargestWhenAllowed() {
    Mask mask = Mask.magnitude(row(1, INF, NAN, -INF), Pattern.P2_4, NanPolicy.KEEP);
    assertEquals(0b0110, mask.toBytes()[0]);
    Mask nonZeros = Mask.nonZeros(row(0, 0, NAN, 0), Pattern.P1_4, NanPolicy.KEEP);
    assertEquals(0b0100, nonZeros.toBytes()[0]);
  }

  @Test
  void nonZerosAreCompletedByTheLowestColumns() {
    assertEquals(0b0101, Mask.nonZeros(row(0, 0, 5, 0), Pattern.P2_4).toBytes()[0]);
    assertEquals(0b0011, Mask.nonZeros(row(0, -0f, 0, 0), Pattern.P2_4).toBytes()[0]);
    assertEquals(0b1100, Mask.nonZeros(row(0, 0, 5, 6), Pattern.P2_4).toBytes()[0]);
    assertEquals(0b11_0101, Mask.nonZeros(row(1, 0, 1, 0, 0, 0), Pattern.P2_4).toBytes()[0]);
  }

  @Test
  void nonZerosOfAMatrixThatBreaksThePatternAreRefusedAndNamed() {
    DenseMatrix w = Samples.matrix(new float[] {1, 1, 0, 0, 0, 1, 1, 1}, 2, 4);
    Misuse.fails(ErrorCode.PATTERN_BREACH, () -> Mask.nonZeros(w, Pattern.P2_4), "row 1");
  }

  @ParameterizedTest
  @FieldSource("PATTERNS")
  void applyKeepsOrClears(Pattern pattern, Random random) {
    int cols = 3 * pattern.m() - 1;
    float[] w = Samples.floats(random, 4 * cols);
    w[0] = -1e30f;
    boolean[] kept = Reference.magnitude(w, 4, cols, pattern);
    float[] expected = Reference.apply(w, kept);
    GuardedMatrix in = new GuardedMatrix(w, 4, cols, 1);
    GuardedMatrix out = new GuardedMatrix(4, cols, 2);
    Mask mask = Mask.magnitude(in.view(), pattern);
    mask.apply(in.view(), out.view());
    assertArrayEquals(expected, out.view().toArray());
    assertArrayEquals(w, in.view().toArray());
    mask.apply(in.view());
    assertArrayEquals(expected, in.view().toArray());
    in.assertGuardsIntact();
    out.assertGuardsIntact();
  }

  @Test
  void applyClearsToPositiveZeroEvenWhatIsNotANumber() {
    Mask none = Mask.of(new byte[1], 1, 4);
    DenseMatrix w = row(-1, NAN, INF, -0f);
    none.apply(w);
    for (float value : w.toArray()) {
      assertEquals(0, Float.floatToRawIntBits(value));
    }
  }

  @Test
  void applyRefusesWhatItCannotWrite() {
    Mask mask = Mask.of(new byte[] {3, 3}, 2, 4);
    DenseMatrix w = DenseMatrix.allocate(2, 4);
    DenseMatrix readOnly = DenseMatrix.of(w.buffer().asReadOnlyBuffer(), 2, 4);
    Misuse.illegalArgument(() -> mask.apply(readOnly), "read-only");
    Misuse.illegalArgument(() -> mask.apply(DenseMatrix.allocate(2, 5)), "2 x 4", "2 x 5");
    Misuse.illegalArgument(() -> mask.apply(w, DenseMatrix.allocate(1, 4)), "2 x 4", "1 x 4");
    DenseMatrix memory = DenseMatrix.allocate(3, 4);
    Misuse.illegalArgument(() -> mask.apply(memory.rows(0, 2), memory.rows(1, 2)), "overlap");
  }

  @Test
  void keptShareIsTheShareOfTheSums() {
    Mask mask = Mask.of(new byte[] {0b0110}, 1, 4);
    KeptShare share = mask.keptShare(row(1, -3, 2, 4));
    assertEquals(5.0 / 10, share.magnitude(), 1e-15);
    assertEquals(13.0 / 30, share.square(), 1e-15);
    assertEquals(new KeptShare(1, 1), mask.keptShare(row(0, 0, 0, 0)));
    assertEquals(new KeptShare(NAN, NAN), mask.keptShare(row(0, NAN, 0, 0)));
    Misuse.illegalArgument(() -> mask.keptShare(row(1, 2, 3)), "1 x 4", "1 x 3");
  }

  @Test
  void checkFindsTheFirstBreach() {
    Mask mask = Mask.of(new byte[] {0b0011_0011, 0b0111_0011, 0b0000_1111}, 3, 8);
    assertEquals(new Compliance(Pattern.P2_4, 2, 1, 4), mask.check(Pattern.P2_4));
    assertFalse(mask.check(Pattern.P2_4).ok());
    assertEquals(new Compliance(Pattern.of(4, 5), 0, -1, -1), mask.check(Pattern.of(4, 5)));
  }

  @Test
  void complianceOfADenseMatrixCountsNonZeros() {
    DenseMatrix w = Samples.matrix(new float[] {1, -0f, 2, 0, NAN, 1, INF, 0}, 2, 4);
    assertEquals(new Compliance(Pattern.P2_4, 1, 1, 0), Compliance.of(w, Pattern.P2_4));
    assertTrue(Compliance.of(w.rows(0, 1), Pattern.P2_4).ok());
  }

  @Test
  void bytesRoundTrip(Random random) {
    byte[] bytes = new byte[6];
    random.nextBytes(bytes);
    bytes[1] &= 7;
    bytes[3] &= 7;
    bytes[5] &= 7;
    Mask mask = Mask.of(bytes, 3, 11);
    assertArrayEquals(bytes, mask.toBytes());
    assertEquals(mask, Mask.of(ByteBuffer.wrap(bytes), 3, 11));
    assertEquals(mask, Mask.of(mask.bits(), 3, 11));
    ByteBuffer inside = ByteBuffer.allocate(10).put(2, bytes).position(2).limit(8);
    assertEquals(mask, Mask.of(inside.asReadOnlyBuffer(), 3, 11));
    assertEquals(2, inside.position());
    bytes[0] ^= 1;
    assertNotEquals(bytes[0], mask.toBytes()[0]);
  }

  @Test
  void spareBitsMustBeClear() {
    Misuse.illegalArgument(
        () -> Mask.of(new byte[] {0, 0, 0, 8}, 2, 11), "column 10", "0x8", "row 1");
    assertEquals(1, Mask.of(new byte[] {0, 0, 0, 4}, 2, 11).count());
  }

  @Test
  void wrongBytesAreRefused() {
    Misuse.illegalArgument(() -> Mask.of(new byte[3], 2, 11), "4 elements", "got 3");
    Misuse.illegalArgument(() -> Mask.of(new byte[5], 2, 11), "4 elements", "got 5");
    Misuse.illegalArgument(() -> Mask.of(new byte[0], -1, 8), "-1 x 8");
    Misuse.illegalArgument(() -> Mask.of(new byte[0], 1, -8), "1 x -8");
    Misuse.illegalArgument(() -> Mask.of(new byte[0], Long.MAX_VALUE, Long.MAX_VALUE), "2^63 - 1");
    Misuse.nullPointer(() -> Mask.of((byte[]) null, 1, 8));
    Misuse.nullPointer(() -> Mask.of((ByteBuffer) null, 1, 8));
  }

  @Test
  void bitsAreAReadOnlyView() {
    ByteBuffer bits = Mask.of(new byte[] {3}, 1, 4).bits();
    assertTrue(bits.isDirect());
    assertEquals(1, bits.remaining());
    assertThrows(ReadOnlyBufferException.class, () -> bits.put(0, (byte) 0));
  }

  @Test
  void equalMasksHaveEqualShapeAndBits() {
    Mask mask = Mask.of(new byte[] {3, 3}, 2, 8);
    assertEquals(mask, Mask.of(new byte[] {3, 3}, 2, 8));
    assertEquals(mask.hashCode(), Mask.of(new byte[] {3, 3}, 2, 8).hashCode());
    assertNotEquals(mask, Mask.of(new byte[] {3, 1}, 2, 8));
    assertNotEquals(mask, Mask.of(new byte[] {3, 3}, 1, 16));
    assertNotEquals(mask, Mask.of(new byte[] {3, 3}, 2, 7));
    assertNotEquals(mask, "mask");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 63, 64, 65, 1000})
  void countSeesEveryBit(int cols) {
    byte[] all = new byte[3 * ((cols + 7) / 8)];
    for (int i = 0; i < 3 * cols; i++) {
      all[i / cols * ((cols + 7) / 8) + i % cols / 8] |= (byte) (1 << i % cols % 8);
    }
    assertEquals(3L * cols, Mask.of(all, 3, cols).count());
  }

  @Test
  void positionsOutsideAreOutOfBounds() {
    Mask mask = Mask.of(new byte[] {3, 3}, 2, 4);
    Misuse.outOfBounds(() -> mask.get(2, 0));
    Misuse.outOfBounds(() -> mask.get(0, 4));
    Misuse.outOfBounds(() -> mask.get(-1, 0));
    Misuse.outOfBounds(() -> mask.get(0, -1));
  }

  @Test
  void emptyMasksAreLegal() {
    Mask none = Mask.magnitude(DenseMatrix.allocate(0, 8), Pattern.P2_4);
    assertEquals(0, none.count());
    assertEquals(none, Mask.of(new byte[0], 0, 8));
    assertTrue(none.check(Pattern.P2_4).ok());
    none.apply(DenseMatrix.allocate(0, 8));
    assertEquals(0, Mask.magnitude(DenseMatrix.allocate(3, 0), Pattern.P2_4).count());
  }

  @Test
  void nullIsRefused() {
    DenseMatrix w = DenseMatrix.allocate(1, 4);
    Misuse.nullPointer(() -> Mask.magnitude(null, Pattern.P2_4));
    Misuse.nullPointer(() -> Mask.magnitude(w, null));
    Misuse.nullPointer(() -> Mask.magnitude(w, Pattern.P2_4, null));
    Misuse.nullPointer(() -> Mask.nonZeros(null, Pattern.P2_4));
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    Misuse.nullPointer(() -> mask.apply(null));
    Misuse.nullPointer(() -> mask.apply(w, null));
    Misuse.nullPointer(() -> mask.check(null));
    Misuse.nullPointer(() -> mask.keptShare(null));
    Misuse.nullPointer(() -> Compliance.of(null, Pattern.P2_4));
    Misuse.nullPointer(() -> Compliance.of(w, null));
  }
}
