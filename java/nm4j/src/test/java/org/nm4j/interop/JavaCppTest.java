/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.SparseMatrix;

class JavaCppTest {
  @Test
  void viewsShareThePointersMemory() {
    try (FloatPointer pointer = new FloatPointer(20)) {
      DenseMatrix view = JavaCpp.view(pointer.position(2), 3, 4, 6);
      pointer.position(0);
      for (int i = 0; i < 20; i++) {
        pointer.put(i, i);
      }
      assertEquals(2 + 6 + 1, view.get(1, 1));
      view.set(2, 3, 42);
      assertEquals(42, pointer.get(2 + 2 * 6 + 3));
      assertArrayEquals(new float[] {8, 9, 10, 11}, view.rows(1, 1).toArray());
      assertEquals(16, view.buffer().remaining());
      assertFalse(view.readOnly());
      view.rows(0, 1).copyFrom(new float[] {-1, -2, -3, -4});
      assertEquals(-4, pointer.get(5));
      assertEquals(6, pointer.get(6));
    }
  }

  @Test
  void viewsAreOperands() {
    try (FloatPointer w = new FloatPointer(1, 0, 0, 2);
        FloatPointer x = new FloatPointer(1, 10, 100, 1000);
        FloatPointer y = new FloatPointer(1);
        SparseMatrix matrix = SparseMatrix.ofSparse(JavaCpp.view(w, 1, 4, 4), Pattern.P2_4)) {
      matrix.linear(JavaCpp.view(x, 1, 4, 4), JavaCpp.view(y, 1, 1, 1));
      assertEquals(2001, y.get());
    }
  }

  @Test
  void pointersShareTheMatrixsMemory() {
    DenseMatrix matrix = DenseMatrix.allocate(3, 4);
    FloatPointer pointer = JavaCpp.pointer(matrix.rows(1, 2));
    assertEquals(8, pointer.limit() - pointer.position());
    pointer.put(5, 7);
    assertEquals(7, matrix.get(2, 1));
  }

  @Test
  void pointersOfViewsPointIntoTheFirstPointer() {
    try (FloatPointer pointer = new FloatPointer(20)) {
      DenseMatrix view = JavaCpp.view(pointer.position(1), 3, 4, 5);
      FloatPointer again = JavaCpp.pointer(view.rows(1, 2));
      assertEquals(pointer.address() + 4 * (1 + 5), again.address() + 4 * again.position());
      assertEquals(9, again.limit() - again.position());
    }
  }

  @Test
  void aPointerOfUnknownCapacityIsTrusted() {
    try (FloatPointer memory = new FloatPointer(8)) {
      FloatPointer unknown = at(memory.address());
      DenseMatrix view = JavaCpp.view(unknown, 2, 4, 4);
      view.set(1, 3, 5);
      assertEquals(5, memory.get(7));
      assertArrayEquals(new float[] {0, 0, 0, 5}, copyWithZeros(view).rows(1, 1).toArray());
    }
  }

  private static DenseMatrix copyWithZeros(DenseMatrix view) {
    for (int i = 0; i < 7; i++) {
      view.set(i / 4, i % 4, 0);
    }
    return view;
  }

  @Test
  void wrongPointersAreRefused() {
    try (FloatPointer pointer = new FloatPointer(8)) {
      refused(() -> JavaCpp.view(pointer, 3, 3, 3), "9 elements", "got 8");
      refused(() -> JavaCpp.view(pointer.position(1), 2, 4, 4), "8 elements", "got 7");
      pointer.position(0);
      refused(() -> JavaCpp.view(pointer, -1, 4, 4), "-1 x 4");
      refused(() -> JavaCpp.view(pointer, 2, 4, 3), "ld", "got 3");
      refused(() -> JavaCpp.view(pointer, Long.MAX_VALUE, 4, 4), "2^63 - 1");
      refused(() -> JavaCpp.view(new FloatPointer(), 1, 1, 1), "null pointer");
      refused(() -> JavaCpp.view(at(pointer.address() + 1), 1, 1, 1), "multiple of 4");
      assertThrows(NullPointerException.class, () -> JavaCpp.view(null, 1, 1, 1));
      assertThrows(NullPointerException.class, () -> JavaCpp.pointer(null));
    }
  }

  @Test
  void aViewLargerThanABufferHasNoBuffer() {
    try (FloatPointer one = new FloatPointer(1)) {
      DenseMatrix huge = JavaCpp.view(at(one.address()), 1L << 20, 1 << 12, 1 << 12);
      assertThrows(IllegalStateException.class, huge::buffer);
      assertThrows(IllegalStateException.class, huge::toArray);
      FloatBuffer part = huge.rows(0, 1).buffer();
      assertTrue(part.isDirect());
      assertEquals(1 << 12, part.remaining());
    }
  }

  @Test
  void masksLargerThanABufferAreRefused() {
    try (FloatPointer one = new FloatPointer(1)) {
      DenseMatrix huge = JavaCpp.view(at(one.address()), 1L << 25, 1 << 10, 1 << 10);
      refused(() -> Mask.magnitude(huge, Pattern.P2_4), "4294967296 bytes", "blocks of rows");
    }
  }

  /** A pointer as native functions return them: an address, and nothing about its extent. */
  private static FloatPointer at(long location) {
    return new FloatPointer() {
      {
        address = location;
      }
    };
  }

  private static void refused(Runnable call, String... words) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }
}
