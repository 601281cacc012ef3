/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights and results of every type, and what the Java side adds to the native checks. */
class TypedProductTest {
  private final Random random = new Random(7);

  private DenseMatrix integers(DType dtype, long rows, long cols) {
    DenseMatrix matrix = DenseMatrix.allocate(dtype, rows, cols);
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < cols; c++) {
        matrix.set(r, c, random.nextInt(dtype == DType.U8 ? 0 : -4, 5));
      }
    }
    return matrix;
  }

  /** x w' in double. */
  private static double[][] linear(DenseMatrix x, DenseMatrix w) {
    double[][] y = new double[(int) x.rows()][(int) w.rows()];
    for (int i = 0; i < y.length; i++) {
      for (int r = 0; r < y[i].length; r++) {
        for (int c = 0; c < w.cols(); c++) {
          y[i][r] += (double) x.get(i, c) * w.get(r, c);
        }
      }
    }
    return y;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8"})
  void weightsOfEveryTypeMultiply(DType dtype) {
    DenseMatrix w = integers(DType.F32, 33, 64);
    DenseMatrix x = integers(DType.F32, 5, 64);
    DenseMatrix y = DenseMatrix.allocate(5, 33);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4, dtype)) {
      assertEquals(dtype, matrix.dtype());
      matrix.linear(x, y);
      double[][] expected = linear(x, matrix.decompress());
      for (int i = 0; i < 5; i++) {
        for (int r = 0; r < 33; r++) {
          assertEquals(expected[i][r], y.get(i, r), 1e-4);
        }
      }
      float[] scales = matrix.scales();
      assertEquals(33, scales.length);
      assertEquals(dtype == DType.S8 ? 4 / 127f : 1, scales[0], 1e-6);
      assertEquals(dtype.bytes() * 33 * 64, matrix.denseBytes());
      assertTrue(matrix.toString().contains(dtype == DType.F32 ? "2:4" : dtype.name()));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8", "U8"})
  void resultsOfEveryTypeAreStored(DType dtype) {
    DenseMatrix w = integers(DType.F32, 20, 32);
    DenseMatrix x = integers(DType.F32, 3, 32);
    DenseMatrix y = DenseMatrix.allocate(dtype, 3, 20);
    if (dtype.isInteger()) {
      y = y.quantized(2, 7);
    }
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
      matrix.linear(x, y);
      double[][] expected = linear(x, matrix.decompress());
      for (int i = 0; i < 3; i++) {
        for (int r = 0; r < 20; r++) {
          DenseMatrix one = DenseMatrix.allocate(dtype, 1, 1);
          double value = expected[i][r];
          one.set(0, 0, (float) (dtype.isInteger() ? Math.rint(value / 2) + 7 : value));
          assertEquals(one.get(0, 0), y.get(i, r));
        }
      }
    }
  }

  @Test
  void featuresHaveScales() {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 2, 0, 0, 3, 4, 0, 0}, 2, 4);
    DenseMatrix x = DenseMatrix.copyOf(new float[] {1, 1, 1, 1}, 1, 4);
    DenseMatrix y = DenseMatrix.allocate(1, 2);
    DenseMatrix scale = DenseMatrix.copyOf(new float[] {10, -1}, 1, 2);
    try (SparseMatrix matrix = SparseMatrix.ofSparse(w, Pattern.P2_4)) {
      matrix.linear(x, y, Epilogue.NONE.alpha(2).scale(scale));
      assertArrayEquals(new float[] {60, -14}, y.toArray());
      DenseMatrix three = DenseMatrix.allocate(1, 3);
      assertThrows(
          IllegalArgumentException.class, () -> matrix.linear(x, y, Epilogue.NONE.scale(three)));
    }
  }

  @Test
  void aResidualHasTheTypeOfTheResult() {
    DenseMatrix w = integers(DType.F32, 8, 8);
    DenseMatrix x = integers(DType.F32, 2, 8);
    DenseMatrix y = DenseMatrix.allocate(DType.S8, 2, 8).quantized(4, 0);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
      DenseMatrix floats = DenseMatrix.allocate(2, 8);
      refused(() -> matrix.linear(x, y, Epilogue.NONE.add(1, floats)), "c must have the type");
      DenseMatrix other = DenseMatrix.allocate(DType.S8, 2, 8).quantized(2, 0);
      refused(() -> matrix.linear(x, y, Epilogue.NONE.add(1, other)), "quantisation");
      matrix.linear(x, y, Epilogue.NONE.add(1, y));
    }
  }

  @Test
  void eachOfSeveralBlocksIsMultiplied() {
    DenseMatrix w = integers(DType.F32, 12, 16);
    DenseMatrix x = integers(DType.F32, 3 * 16, 9);
    DenseMatrix y = DenseMatrix.allocate(3 * 12, 9);
    DenseMatrix single = DenseMatrix.allocate(12, 9);
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
      matrix.multiplyEach(3, x, y, Epilogue.NONE, Execution.parallel());
      for (int i = 0; i < 3; i++) {
        matrix.multiply(x.rows(i * 16, 16), single);
        assertArrayEquals(single.toArray(), y.rows(i * 12, 12).toArray());
      }
      matrix.multiplyEach(0, x.rows(0, 0), y.rows(0, 0), Epilogue.NONE, Execution.caller());
      refused(
          () -> matrix.multiplyEach(-1, x, y, Epilogue.NONE, Execution.caller()), "negative", "-1");
      refused(() -> matrix.multiplyEach(2, x, y, Epilogue.NONE, Execution.caller()), "32 x 9");
    }
  }

  @Test
  void integersWithScalesArePacked() {
    DenseMatrix w = integers(DType.S8, 4, 8);
    DenseMatrix scales = DenseMatrix.copyOf(new float[] {1, 0.5f, -2, 3}, 1, 4);
    Mask mask = Mask.magnitude(DenseMatrix.copyOf(w.toArray(), 4, 8), Pattern.P2_4);
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 8, Pattern.P2_4)) {
      builder.dtype(DType.S8).put(0, w, mask, scales);
      assertThrows(IllegalStateException.class, () -> builder.dtype(DType.F32));
      try (SparseMatrix matrix = builder.build()) {
        assertArrayEquals(scales.toArray(), matrix.scales());
        DenseMatrix back = matrix.decompress();
        for (int r = 0; r < 4; r++) {
          for (int c = 0; c < 8; c++) {
            float expected = mask.get(r, c) ? w.get(r, c) * scales.get(0, r) : 0;
            assertEquals(expected, back.get(r, c));
          }
        }
      }
    }
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 8, Pattern.P2_4)) {
      assertThrows(IllegalStateException.class, () -> builder.put(0, w, mask, scales));
      refused(() -> builder.put(0, w, mask), "F32", "S8");
      refused(() -> builder.dtype(DType.U8), "U8");
      builder.dtype(DType.S8);
      refused(() -> builder.put(0, DenseMatrix.allocate(4, 8), mask, scales), "S8");
      DenseMatrix infinite = DenseMatrix.copyOf(new float[] {1, 1, 1, 1f / 0}, 1, 4);
      refused(() -> builder.put(0, w, mask, infinite), "scales", "row 3");
    }
  }

  @Test
  void productsWithoutAKernelAreUnsupported() {
    try (SparseMatrix matrix = SparseMatrix.prune(integers(DType.F32, 4, 8), Pattern.P2_4)) {
      DenseMatrix x = DenseMatrix.allocate(DType.U8, 2, 8);
      Nm4jException e =
          assertThrows(Nm4jException.class, () -> matrix.linear(x, DenseMatrix.allocate(2, 4)));
      assertEquals(ErrorCode.UNSUPPORTED, e.code());
      assertThrows(Nm4jException.class, () -> matrix.kernel(Layout.BATCH_MAJOR, 1, DType.S32));
    }
  }

  @Test
  void elementsConvert() {
    DenseMatrix bf16 = DenseMatrix.allocate(DType.BF16, 1, 4);
    bf16.copyFrom(new float[] {1.00390625f, 1.01171875f, Float.NaN, -1f / 0});
    assertArrayEquals(
        new float[] {1, 1.015625f, Float.NaN, Float.NEGATIVE_INFINITY}, bf16.toArray());
    assertEquals((short) 0x3f80, bf16.bf16Buffer().get(0));
    DenseMatrix s8 = DenseMatrix.allocate(DType.S8, 1, 5);
    s8.copyFrom(new float[] {2.5f, -200, 200, Float.NaN, -0f});
    assertArrayEquals(new float[] {2, -128, 127, -128, 0}, s8.toArray());
    DenseMatrix u8 = DenseMatrix.allocate(DType.U8, 1, 3);
    u8.copyFrom(new float[] {-1, 254.5f, 255});
    assertArrayEquals(new float[] {0, 254, 255}, u8.toArray());
    assertEquals((byte) 255, u8.int8Buffer().get(2));
    DenseMatrix s32 = DenseMatrix.allocate(DType.S32, 1, 1);
    s32.set(0, 0, 1e20f);
    assertEquals(Integer.MAX_VALUE, s32.int32Buffer().get(0));
    assertThrows(IllegalStateException.class, s32::buffer);
    assertThrows(IllegalStateException.class, bf16::int8Buffer);
    assertThrows(IllegalStateException.class, u8::bf16Buffer);
    assertThrows(IllegalStateException.class, u8::int32Buffer);
  }

  @Test
  void typedBuffersAreViewed() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
    DenseMatrix u8 = DenseMatrix.ofInt8(DType.U8, bytes, 2, 3, 5);
    u8.set(1, 2, 200);
    assertEquals((byte) 200, bytes.get(7));
    DenseMatrix bf16 = DenseMatrix.ofBf16(bytes.asShortBuffer(), 2, 3, 4);
    bf16.rows(1, 1).set(0, 1, 2);
    assertEquals((short) 0x4000, bytes.getShort(10));
    refused(() -> DenseMatrix.ofInt8(DType.F32, bytes, 1, 1, 1), "S8 or U8", "F32");
    refused(() -> DenseMatrix.ofInt8(DType.S8, ByteBuffer.allocate(8), 1, 1, 1), "direct");
    refused(() -> DenseMatrix.ofBf16(bytes.asShortBuffer(), 5, 8, 8), "40 elements", "got 32");
    ByteBuffer odd = bytes.slice(1, 20).order(ByteOrder.nativeOrder());
    refused(() -> DenseMatrix.ofBf16(odd.asShortBuffer(), 1, 1, 1), "multiple of 2");
    ByteBuffer foreign =
        bytes
            .duplicate()
            .order(
                ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                    ? ByteOrder.BIG_ENDIAN
                    : ByteOrder.LITTLE_ENDIAN);
    refused(() -> DenseMatrix.ofBf16(foreign.asShortBuffer(), 1, 1, 1), "native order");
  }

  @Test
  void quantisationIsChecked() {
    DenseMatrix u8 = DenseMatrix.allocate(DType.U8, 1, 1);
    DenseMatrix view = u8.quantized(0.5f, 255);
    assertEquals(0.5f, view.scale());
    assertEquals(255, view.rows(0, 1).zero());
    assertEquals(1, u8.scale());
    for (float scale : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      refused(() -> u8.quantized(scale, 0), "scale");
    }
    refused(() -> u8.quantized(1, 256), "zero", "256");
    refused(() -> DenseMatrix.allocate(DType.S8, 1, 1).quantized(1, 128), "zero", "S8");
    assertThrows(IllegalStateException.class, () -> DenseMatrix.allocate(1, 1).quantized(1, 0));
  }

  @Test
  void functionsOfFp32RefuseOtherTypes() {
    DenseMatrix bf16 = DenseMatrix.allocate(DType.BF16, 4, 8);
    refused(() -> Mask.magnitude(bf16, Pattern.P2_4), "F32", "BF16");
    refused(() -> SparseMatrix.prune(bf16, Pattern.P2_4), "F32", "BF16");
    refused(() -> Compliance.of(bf16, Pattern.P2_4), "F32", "BF16");
  }

  private static void refused(Runnable call, String... words) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }
}
