/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * The 8-bit floats of the Open Compute Project (OFP8) as bits: E4M3 has no infinities, its largest
 * number is 448; E5M2 is the upper half of a {@link Half}.
 */
enum Float8 {
  E4M3(3, 7, 0x7e, 0x7e, 0x7f),
  E5M2(2, 15, 0x7b, 0x7c, 0x7e);

  private final int mantissaBits;

  /** The exponent of the smallest normal number, in the bias of fp32. */
  private final int smallest;

  private final int largestFinite;
  private final int overflow;
  private final int nan;
  private final float[] values = new float[256];

  Float8(int mantissaBits, int bias, int largestFinite, int overflow, int nan) {
    this.mantissaBits = mantissaBits;
    this.smallest = 127 - bias + 1;
    this.largestFinite = largestFinite;
    this.overflow = overflow;
    this.nan = nan;
    for (int bits = 0; bits < 256; bits++) {
      values[bits] = value(bits, bias);
    }
  }

  private float value(int bits, int bias) {
    int magnitude = bits & 0x7f;
    int exponent = magnitude >> mantissaBits;
    int mantissa = magnitude & (1 << mantissaBits) - 1;
    float value;
    if (magnitude > largestFinite) {
      value =
          overflow > largestFinite && magnitude == overflow ? Float.POSITIVE_INFINITY : Float.NaN;
    } else if (exponent == 0) {
      value = Math.scalb((float) mantissa, 1 - bias - mantissaBits);
    } else {
      value = Math.scalb((float) (mantissa + (1 << mantissaBits)), exponent - bias - mantissaBits);
    }
    return bits > 0x7f ? -value : value;
  }

  float toFloat(byte bits) {
    return values[bits & 0xff];
  }

  /** The nearest, ties to even; beyond the largest number, that of E4M3 and infinity of E5M2. */
  byte of(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 24 & 0x80;
    if (Float.isNaN(value)) {
      return (byte) (sign | nan);
    }
    int magnitude = bits & 0x7fffffff;
    int exponent = Math.max(magnitude >> 23, smallest);
    int dropped = 23 - mantissaBits + exponent - (magnitude >> 23);
    if (dropped > 24) { // less than half of the smallest number
      return (byte) sign;
    }
    int mantissa = magnitude & 0x7fffff | 0x800000;
    int kept = mantissa >> dropped;
    int rest = mantissa & (1 << dropped) - 1;
    int tie = 1 << dropped - 1;
    int rounded = kept + (rest > tie || rest == tie && (kept & 1) != 0 ? 1 : 0);
    // The leading one, where there is one, adds to the exponent, and so does what rounding carries.
    int code = (exponent - smallest << mantissaBits) + rounded;
    return (byte) (sign | (code > largestFinite ? overflow : code));
  }
}
