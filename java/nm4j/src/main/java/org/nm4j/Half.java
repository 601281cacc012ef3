/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/** IEEE 754 half precision as bits: 1 of sign, 5 of exponent with bias 15, 10 of mantissa. */
final class Half {
  private static final int INFINITY = 0x7c00;
  private static final int NAN_QUIET = 0x0200;

  /** Half of the smallest subnormal, 2^-25, which ties to zero. */
  private static final int VANISHES = 0x33000000;

  /** 65520, halfway between the largest half and what would follow it. */
  private static final int OVERFLOWS = 0x477ff000;

  private Half() {}

  static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >> 10 & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) { // zeros and subnormals: mantissa * 2^-24
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(mantissa * 0x1p-24f));
    }
    int rebased = exponent == 0x1f ? 0xff : exponent + 127 - 15;
    return Float.intBitsToFloat(sign | rebased << 23 | mantissa << 13);
  }

  /** The nearest half, ties to even; what exceeds all of them is infinite. */
  static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (Float.isNaN(value)) {
      return (short) (sign | INFINITY | NAN_QUIET | magnitude >> 13 & 0x3ff);
    }
    if (magnitude >= OVERFLOWS) {
      return (short) (sign | INFINITY);
    }
    if (magnitude <= VANISHES) {
      return (short) sign;
    }
    int exponent = Math.max(magnitude >> 23, 127 - 14); // below 2^-14 halves are subnormal
    int dropped = 13 + exponent - (magnitude >> 23);
    int mantissa = magnitude & 0x7fffff | 0x800000;
    int kept = mantissa >> dropped;
    int rest = mantissa & (1 << dropped) - 1;
    int tie = 1 << dropped - 1;
    int rounded = kept + (rest > tie || rest == tie && (kept & 1) != 0 ? 1 : 0);
    // The leading one, where there is one, adds to the exponent, and so does what rounding carries.
    return (short) (sign | (exponent - (127 - 14) << 10) + rounded);
  }
}
