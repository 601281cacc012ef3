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
import org.nm4j.DenseMatrix;

/** A row-major matrix of any element type in direct memory, shared by all contenders. */
final class Operand {
  private static final int ALIGNMENT = 64;

  final ElementType type;
  final int rows;
  final int cols;
  private final ByteBuffer memory;

  Operand(ElementType type, int rows, int cols) {
    this.type = type;
    this.rows = rows;
    this.cols = cols;
    int bytes = Math.multiplyExact(Math.multiplyExact(rows, cols), type.bytes);
    int room = Math.addExact(bytes, 2 * ALIGNMENT); // aligned slices are whole multiples
    memory =
        ByteBuffer.allocateDirect(room)
            .alignedSlice(ALIGNMENT)
            .limit(bytes)
            .slice()
            .order(ByteOrder.nativeOrder());
  }

  float get(int row, int col) {
    return type.get(memory, row * cols + col);
  }

  void set(int row, int col, float value) {
    type.put(memory, row * cols + col, value);
  }

  int size() {
    return rows * cols;
  }

  void fill(float value) {
    for (int i = 0; i < size(); i++) {
      type.put(memory, i, value);
    }
  }

  float[] toArray() {
    float[] values = new float[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = type.get(memory, i);
    }
    return values;
  }

  ByteBuffer bytes() {
    return memory.duplicate().order(ByteOrder.nativeOrder());
  }

  Pointer pointer() {
    return new BytePointer(memory);
  }

  /** The same memory, if the elements are fp32. */
  DenseMatrix dense() {
    requireF32();
    return DenseMatrix.of(memory.asFloatBuffer(), rows, cols);
  }

  /** The same memory, if the elements are fp32. */
  FloatPointer floats() {
    requireF32();
    return new FloatPointer(memory.asFloatBuffer());
  }

  private void requireF32() {
    if (type != ElementType.F32) {
      throw new IllegalStateException("expected fp32 elements, got " + type);
    }
  }
}
