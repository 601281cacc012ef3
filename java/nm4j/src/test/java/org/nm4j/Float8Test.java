/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Conversions of 8-bit floats, against the tables of the OFP8 specification and by definition. */
class Float8Test {
  @Test
  void theValuesOfTheSpecification() {
    assertEquals(448, Float8.E4M3.toFloat((byte) 0x7e));
    assertEquals(0x1p-6f, Float8.E4M3.toFloat((byte) 0x08));
    assertEquals(0.875f * 0x1p-6f, Float8.E4M3.toFloat((byte) 0x07));
    assertEquals(0x1p-9f, Float8.E4M3.toFloat((byte) 0x01));
    assertEquals(-1, Float8.E4M3.toFloat((byte) 0xb8));
    assertTrue(Float.isNaN(Float8.E4M3.toFloat((byte) 0x7f)));
    assertTrue(Float.isNaN(Float8.E4M3.toFloat((byte) 0xff)));
    assertEquals(57344, Float8.E5M2.toFloat((byte) 0x7b));
    assertEquals(0x1p-14f, Float8.E5M2.toFloat((byte) 0x04));
    assertEquals(0.75f * 0x1p-14f, Float8.E5M2.toFloat((byte) 0x03));
    assertEquals(0x1p-16f, Float8.E5M2.toFloat((byte) 0x01));
    assertEquals(Float.NEGATIVE_INFINITY, Float8.E5M2.toFloat((byte) 0xfc));
    for (int nan = 0x7d; nan <= 0x7f; nan++) {
      assertTrue(Float.isNaN(Float8.E5M2.toFloat((byte) nan)));
    }
  }

  /** E5M2 is the upper half of fp16, whose conversion is tested by itself. */
  @Test
  void e5m2IsTheUpperHalfOfFp16() {
    for (int bits = 0; bits < 256; bits++) {
      assertEquals(Half.toFloat((short) (bits << 8)), Float8.E5M2.toFloat((byte) bits));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyNumberComesBack(Float8 type) {
    for (int bits = 0; bits < 256; bits++) {
      float value = type.toFloat((byte) bits);
      byte back = type.of(value);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(type.toFloat(back)));
      } else {
        assertEquals((byte) bits, back, "of " + value);
      }
    }
  }

  /** Between each two neighbours: the middle goes to the even one, the rest to the nearer one. */
  @ParameterizedTest
  @EnumSource
  void roundsToNearestEven(Float8 type) {
    int largest = type == Float8.E4M3 ? 0x7e : 0x7b;
    for (int bits = 0; bits < largest; bits++) {
      float low = type.toFloat((byte) bits);
      float high = type.toFloat((byte) (bits + 1));
      float middle = low + (high - low) / 2; // exact
      int even = bits % 2 == 0 ? bits : bits + 1;
      assertEquals((byte) even, type.of(middle), "of " + middle);
      assertEquals((byte) bits, type.of(Math.nextDown(middle)));
      assertEquals((byte) (bits + 1), type.of(Math.nextUp(middle)));
      assertEquals((byte) (bits + 1 | 0x80), type.of(-Math.nextUp(middle)));
    }
    assertEquals(0, type.of(Float.MIN_VALUE));
    assertEquals((byte) 0x80, type.of(-Float.MIN_VALUE));
    assertEquals((byte) 0x80, type.of(-0f));
  }

  @Test
  void whatExceedsThemAll() {
    assertEquals(448, Float8.E4M3.toFloat(Float8.E4M3.of(463)));
    assertEquals(448, Float8.E4M3.toFloat(Float8.E4M3.of(Float.MAX_VALUE)));
    assertEquals(-448, Float8.E4M3.toFloat(Float8.E4M3.of(Float.NEGATIVE_INFINITY)));
    assertEquals(57344, Float8.E5M2.toFloat(Float8.E5M2.of(61439)));
    assertEquals(Float.POSITIVE_INFINITY, Float8.E5M2.toFloat(Float8.E5M2.of(61440)));
    assertEquals(Float.NEGATIVE_INFINITY, Float8.E5M2.toFloat(Float8.E5M2.of(-1e30f)));
    assertTrue(Float.isNaN(Float8.E4M3.toFloat(Float8.E4M3.of(Float.NaN))));
    assertTrue(Float.isNaN(Float8.E5M2.toFloat(Float8.E5M2.of(Float.NaN))));
  }

  @Test
  void matricesHoldThem() {
    ByteBuffer bits = ByteBuffer.allocateDirect(8);
    DenseMatrix view = DenseMatrix.ofFloat8(DType.E4M3, bits, 2, 3, 5);
    view.set(1, 2, 1.0625f); // a tie
    assertEquals(1, view.get(1, 2));
    assertEquals(0x38, bits.get(7));
    assertEquals(0x38, view.int8Buffer().get(7));
    Misuse.illegalArgument(
        () -> DenseMatrix.ofFloat8(DType.S8, bits, 1, 1, 1), "E4M3 or E5M2", "S8");
    Misuse.illegalArgument(() -> DenseMatrix.ofInt8(DType.E4M3, bits, 1, 1, 1), "S8 or U8", "E4M3");
    assertThrows(IllegalStateException.class, () -> view.quantized(1, 0));
    DenseMatrix x = DenseMatrix.allocate(DType.E4M3, 1, 4);
    try (SparseMatrix w = SparseMatrix.prune(DenseMatrix.allocate(1, 4), Pattern.P2_4)) {
      Misuse.illegalArgument(() -> w.linear(x, DenseMatrix.allocate(1, 1)), "got 17");
    }
    Misuse.illegalArgument(
        () -> SparseMatrix.prune(DenseMatrix.allocate(1, 4), Pattern.P2_4, DType.E5M2), "E5M2");
  }
}
