/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;

/** A row-major matrix in direct memory, as nm4j and as the presets of the peers see it. */
final class Operand {
  private static final int ALIGNMENT = 64;

  final DType type;
  final int rows;
  final int cols;
  final DenseMatrix matrix;
  private final ByteBuffer memory;

  Operand(DType type, int rows, int cols) {
    this.type = type;
    this.rows = rows;
    this.cols = cols;
    int bytes = Math.multiplyExact(Math.multiplyExact(rows, cols), type.bytes());
    int room = Math.addExact(bytes, 2 * ALIGNMENT); // aligned slices are whole multiples
    memory =
        ByteBuffer.allocateDirect(room)
            .alignedSlice(ALIGNMENT)
            .limit(bytes)
            .slice()
            .order(ByteOrder.nativeOrder());
    matrix =
        switch (type) {
          case F32 -> DenseMatrix.of(memory.asFloatBuffer(), rows, cols);
          case BF16 -> DenseMatrix.ofBf16(memory.asShortBuffer(), rows, cols, cols);
          case F16 -> DenseMatrix.ofF16(memory.asShortBuffer(), rows, cols, cols);
          case S8, U8 -> DenseMatrix.ofInt8(type, memory, rows, cols, cols);
          case S32, E4M3, E5M2 ->
              throw new IllegalArgumentException("no operand of a benchmark is " + type);
        };
  }

  float get(int row, int col) {
    return matrix.get(row, col);
  }

  /** Stores the nearest value of the type. */
  void set(int row, int col, float value) {
    matrix.set(row, col, value);
  }

  Pointer pointer() {
    return new BytePointer(memory);
  }

  /** Of fp32 only. */
  FloatPointer floats() {
    if (type != DType.F32) {
      throw new IllegalStateException("expected fp32 elements, got " + type);
    }
    return new FloatPointer(memory.asFloatBuffer());
  }
}
