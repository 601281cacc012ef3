/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.nio.ByteBuffer;

/** How an element lies in memory. */
enum ElementType {
  F32(Float.BYTES) {
    @Override
    float get(ByteBuffer memory, int index) {
      return memory.getFloat(index * Float.BYTES);
    }

    @Override
    void put(ByteBuffer memory, int index, float value) {
      memory.putFloat(index * Float.BYTES, value);
    }
  },

  /** The upper half of an fp32; rounded to nearest, ties to even. */
  BF16(Short.BYTES) {
    @Override
    float get(ByteBuffer memory, int index) {
      return Float.intBitsToFloat(memory.getShort(index * Short.BYTES) << 16);
    }

    @Override
    void put(ByteBuffer memory, int index, float value) {
      int bits = Float.floatToIntBits(value);
      int rounded = bits + 0x7fff + (bits >> 16 & 1);
      memory.putShort(index * Short.BYTES, (short) (rounded >> 16));
    }
  },
  S8(Byte.BYTES) {
    @Override
    float get(ByteBuffer memory, int index) {
      return memory.get(index);
    }

    @Override
    void put(ByteBuffer memory, int index, float value) {
      memory.put(index, (byte) value);
    }
  },
  U8(Byte.BYTES) {
    @Override
    float get(ByteBuffer memory, int index) {
      return Byte.toUnsignedInt(memory.get(index));
    }

    @Override
    void put(ByteBuffer memory, int index, float value) {
      memory.put(index, (byte) (int) value);
    }
  };

  final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  abstract float get(ByteBuffer memory, int index);

  /** Stores a value; integer types expect one of theirs. */
  abstract void put(ByteBuffer memory, int index, float value);
}
