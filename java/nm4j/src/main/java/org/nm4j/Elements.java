/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/** Numbers in buffers of every {@link DType}. */
final class Elements {
  private static final int NAN_QUIET = 0x40;

  private Elements() {}

  static float get(Buffer buffer, DType dtype, int index) {
    return switch (dtype) {
      case F32 -> ((FloatBuffer) buffer).get(index);
      case BF16 -> Float.intBitsToFloat(((ShortBuffer) buffer).get(index) << 16);
      case F16 -> Half.toFloat(((ShortBuffer) buffer).get(index));
      case E4M3 -> Float8.E4M3.toFloat(((ByteBuffer) buffer).get(index));
      case E5M2 -> Float8.E5M2.toFloat(((ByteBuffer) buffer).get(index));
      case S8 -> ((ByteBuffer) buffer).get(index);
      case U8 -> ((ByteBuffer) buffer).get(index) & 0xff;
      case S32 -> ((IntBuffer) buffer).get(index);
    };
  }

  static void put(Buffer buffer, DType dtype, int index, float value) {
    switch (dtype) {
      case F32 -> ((FloatBuffer) buffer).put(index, value);
      case BF16 -> ((ShortBuffer) buffer).put(index, bf16(value));
      case F16 -> ((ShortBuffer) buffer).put(index, Half.of(value));
      case E4M3 -> ((ByteBuffer) buffer).put(index, Float8.E4M3.of(value));
      case E5M2 -> ((ByteBuffer) buffer).put(index, Float8.E5M2.of(value));
      case S8, U8 -> ((ByteBuffer) buffer).put(index, (byte) limit(dtype, Math.rint(value)));
      case S32 -> ((IntBuffer) buffer).put(index, (int) limit(dtype, Math.rint(value)));
    }
  }

  static void get(Buffer buffer, DType dtype, float[] values, int from, int count) {
    if (dtype == DType.F32) {
      ((FloatBuffer) buffer).get(values, from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      values[from + i] = get(buffer, dtype, i);
    }
  }

  static void put(Buffer buffer, DType dtype, float[] values, int from, int count) {
    if (dtype == DType.F32) {
      ((FloatBuffer) buffer).put(values, from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      put(buffer, dtype, i, values[from + i]);
    }
  }

  /** Copies the bits of all elements of one buffer to another of the same type and size. */
  static void copy(Buffer from, Buffer to) {
    if (from instanceof FloatBuffer floats) {
      ((FloatBuffer) to).put(floats);
    } else if (from instanceof ShortBuffer shorts) {
      ((ShortBuffer) to).put(shorts);
    } else if (from instanceof IntBuffer ints) {
      ((IntBuffer) to).put(ints);
    } else {
      ((ByteBuffer) to).put((ByteBuffer) from);
    }
  }

  /** The nearest number in the range of an integer type; NaN is the lowest. */
  static long limit(DType dtype, double value) {
    long low = dtype == DType.S8 ? Byte.MIN_VALUE : dtype == DType.U8 ? 0 : Integer.MIN_VALUE;
    long high = dtype == DType.S8 ? Byte.MAX_VALUE : dtype == DType.U8 ? 255 : Integer.MAX_VALUE;
    return value >= high ? high : value >= low ? (long) value : low;
  }

  /** The nearest bf16, ties to even. */
  private static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | NAN_QUIET);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
