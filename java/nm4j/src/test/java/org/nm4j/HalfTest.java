/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfTest {
  /** What the bits say, by definition. */
  private static double value(int bits) {
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    double magnitude =
        exponent == 0
            ? mantissa * 0x1p-24
            : exponent == 0x1f
                ? (mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                : (1 + mantissa / 1024.0) * Math.pow(2, exponent - 15);
    return (bits & 0x8000) == 0 ? magnitude : -magnitude;
  }

  @Test
  void everyHalfGoesToFloatAndBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float f = Half.toFloat((short) bits);
      assertEquals((float) value(bits), f, Integer.toHexString(bits));
      if (Float.isNaN(f)) {
        assertTrue(Double.isNaN(value(Half.of(f) & 0xffff)));
      } else {
        assertEquals((short) bits, Half.of(f), Integer.toHexString(bits));
      }
    }
  }

  /** Between neighbours: the lower one, the tie to even, the upper one. */
  @Test
  void floatsBetweenTwoHalvesAreRounded() {
    for (int bits = 0; bits < 0x7c00; bits++) {
      double low = value(bits);
      double high = bits == 0x7bff ? 65536 : value(bits + 1); // where infinity would begin
      float middle = (float) ((low + high) / 2); // exact
      check(bits, Math.nextDown(middle));
      check(bits + (bits & 1), middle);
      check(bits + 1, Math.nextUp(middle));
    }
    check(0x7c00, Float.MAX_VALUE);
    check(0x7c00, Float.POSITIVE_INFINITY);
    check(0, Float.MIN_VALUE);
  }

  private static void check(int expected, float value) {
    assertEquals((short) expected, Half.of(value), () -> String.valueOf(value));
    assertEquals((short) (expected | 0x8000), Half.of(-value), () -> String.valueOf(-value));
  }
}
