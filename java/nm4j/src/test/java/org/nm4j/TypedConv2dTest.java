/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Convolutions whose weights, images and results are of every type, against direct ones in double;
 * the native tests go through geometries and instruction sets.
 */
class TypedConv2dTest {
  private static final int IN = 10;
  private static final int OUT = 6;

  private final Random random = new Random(11);

  private static SparseConv2d.Builder same() {
    return SparseConv2d.builder(IN, OUT, 3, 3).padding(1, 1);
  }

  private DenseMatrix integers(DType dtype, long rows, long cols) {
    DenseMatrix matrix = DenseMatrix.allocate(dtype, rows, cols);
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < cols; c++) {
        matrix.set(r, c, random.nextInt(dtype == DType.U8 ? 0 : -4, 5));
      }
    }
    return matrix;
  }

  private Images images(DType dtype, ImageLayout layout, long c) {
    Images images = Images.allocate(dtype, layout, 2, 4, 5, c);
    DenseMatrix matrix = images.matrix();
    matrix.copyFrom(integers(dtype, matrix.rows(), matrix.cols()).toArray());
    return images;
  }

  /** What a number stands for. */
  private static double real(Images images, long n, long h, long w, long c) {
    return (double) images.matrix().scale() * (images.get(n, h, w, c) - images.matrix().zero());
  }

  /** One output of {@link #same} with dense weights in OHWI order. */
  private static double direct(DenseMatrix w, Images x, long n, long oh, long ow, long o) {
    double sum = 0;
    for (int kh = 0; kh < 3; kh++) {
      for (int kw = 0; kw < 3; kw++) {
        long h = oh - 1 + kh;
        long col = ow - 1 + kw;
        for (int i = 0; i < IN && h >= 0 && h < x.h() && col >= 0 && col < x.w(); i++) {
          sum += w.get((o * 3 + kh) * 3 + kw, i) * real(x, n, h, col, i);
        }
      }
    }
    return sum;
  }

  private interface Element {
    void check(long n, long h, long w, long c);
  }

  private static void forEach(Images images, Element element) {
    for (long n = 0; n < images.n(); n++) {
      for (long h = 0; h < images.h(); h++) {
        for (long w = 0; w < images.w(); w++) {
          for (long c = 0; c < images.c(); c++) {
            element.check(n, h, w, c);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"F32,F32", "BF16,F32", "BF16,BF16", "S8,F32", "S8,S8", "S8,U8"})
  void everyPairOfTypesIsMultiplied(DType weights, DType activations) {
    DenseMatrix w = integers(DType.F32, OUT * 9, IN);
    try (SparseConv2d conv = same().dtype(weights).prune(w, Pattern.P2_4)) {
      assertEquals(weights, conv.dtype());
      DenseMatrix kept = conv.decompress();
      for (ImageLayout layout : ImageLayout.values()) {
        Images x = images(activations, layout, IN);
        Images y = Images.allocate(layout, 2, 4, 5, OUT);
        if (activations.isInteger()) {
          x = x.quantized(0.5f, 3);
        }
        conv.apply(x, y, Epilogue.NONE.alpha(2), Execution.parallel(2));
        Images read = x;
        forEach(
            y,
            (n, h, c, o) ->
                assertEquals(2 * direct(kept, read, n, h, c, o), y.get(n, h, c, o), 1e-3));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8", "U8"})
  void resultsOfEveryTypeAreStored(DType dtype) {
    DenseMatrix w = integers(DType.F32, OUT * 9, IN);
    Images x = images(DType.F32, ImageLayout.NCHW, IN);
    try (SparseConv2d conv = same().prune(w, Pattern.P2_4)) {
      Images plain = Images.allocate(dtype, ImageLayout.NHWC, 2, 4, 5, OUT);
      Images y = dtype.isInteger() ? plain.quantized(2, 7) : plain;
      assertEquals(dtype, y.dtype());
      conv.apply(x, y);
      DenseMatrix kept = conv.decompress();
      DenseMatrix one = DenseMatrix.allocate(dtype, 1, 1);
      forEach(
          y,
          (n, h, c, o) -> {
            double value = direct(kept, x, n, h, c, o);
            one.set(0, 0, (float) (dtype.isInteger() ? Math.rint(value / 2) + 7 : value));
            assertEquals(one.get(0, 0), y.get(n, h, c, o));
          });
    }
  }

  @Test
  void sumsOfIntegersAreExact() {
    DenseMatrix w = integers(DType.S8, OUT * 9, IN);
    DenseMatrix scales = DenseMatrix.copyOf(new float[] {1, 0.5f, -2, 3, 0, 7}, 1, OUT);
    DenseMatrix numbers = DenseMatrix.copyOf(w.toArray(), OUT * 9, IN);
    Mask mask = Mask.magnitude(numbers, Pattern.P2_4);
    SparseConv2d.Builder builder = same().dtype(DType.S8);
    try (SparseConv2d conv = builder.pack(w, mask, Pattern.P2_4, scales)) {
      assertArrayEquals(scales.toArray(), conv.scales());
      mask.apply(numbers);
      DenseMatrix back = conv.decompress();
      for (int r = 0; r < OUT * 9; r++) {
        for (int c = 0; c < IN; c++) {
          assertEquals(numbers.get(r, c) * scales.get(0, r / 9), back.get(r, c), 0);
        }
      }
      Images x = images(DType.S8, ImageLayout.NHWC, IN).quantized(1, -5);
      Images y = Images.allocate(DType.S32, ImageLayout.NCHW, 2, 4, 5, OUT);
      conv.apply(x, y);
      forEach(
          y, (n, h, c, o) -> assertEquals(direct(numbers, x, n, h, c, o), y.get(n, h, c, o), 0));
    }
  }

  @Test
  void channelsHaveScales() {
    DenseMatrix w = integers(DType.F32, OUT * 9, IN);
    DenseMatrix scale = DenseMatrix.copyOf(new float[] {1, 2, 4, -1, 0.5f, 0}, 1, OUT);
    Images x = images(DType.F32, ImageLayout.NHWC, IN);
    Images plain = Images.allocate(ImageLayout.NHWC, 2, 4, 5, OUT);
    Images scaled = Images.allocate(ImageLayout.NHWC, 2, 4, 5, OUT);
    try (SparseConv2d conv = same().prune(w, Pattern.P2_4)) {
      conv.apply(x, plain);
      conv.apply(x, scaled, Epilogue.NONE.scale(scale));
      forEach(
          plain,
          (n, h, c, o) ->
              assertEquals(scale.get(0, o) * plain.get(n, h, c, o), scaled.get(n, h, c, o)));
    }
  }

  @Test
  void aResidualHasTheTypeOfTheResult() {
    DenseMatrix w = integers(DType.F32, OUT * 9, IN);
    Images x = images(DType.F32, ImageLayout.NHWC, IN);
    Images y = Images.allocate(DType.S8, ImageLayout.NHWC, 2, 4, 5, OUT).quantized(4, 0);
    Images other = Images.allocate(DType.S8, ImageLayout.NHWC, 2, 4, 5, OUT).quantized(2, 0);
    Images floats = Images.allocate(ImageLayout.NHWC, 2, 4, 5, OUT);
    try (SparseConv2d conv = same().prune(w, Pattern.P2_4)) {
      for (Images c : new Images[] {floats, other}) {
        Epilogue epilogue = Epilogue.NONE.add(1, c.matrix());
        Misuse.illegalArgument(() -> conv.apply(x, y, epilogue), "c must have the type");
      }
      conv.apply(x, y);
      float[] once = y.matrix().toArray();
      conv.apply(x, y, Epilogue.NONE.alpha(0).add(-1, y.matrix()));
      for (int i = 0; i < once.length; i++) {
        assertEquals(Math.min(127, -once[i]), y.matrix().toArray()[i], 0);
      }
    }
  }

  @Test
  void typesThatDoNotGoTogetherAreRefused() {
    DenseMatrix w = integers(DType.F32, OUT * 9, IN);
    Misuse.illegalArgument(() -> same().dtype(DType.U8), "F32, BF16 or S8", "U8");
    Misuse.nullPointer(() -> same().dtype(null));
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    DenseMatrix integers = integers(DType.S8, OUT * 9, IN);
    DenseMatrix scales = DenseMatrix.allocate(1, OUT);
    Misuse.illegalState(() -> same().pack(integers, mask, Pattern.P2_4, scales), "S8", "F32");
    SparseConv2d.Builder s8 = same().dtype(DType.S8);
    Misuse.illegalArgument(() -> s8.pack(w, mask, Pattern.P2_4, scales), "weights", "S8");
    Misuse.illegalArgument(() -> s8.pack(integers, mask, Pattern.P2_4), "F32", "S8");
    DenseMatrix five = DenseMatrix.allocate(1, OUT - 1);
    Misuse.illegalArgument(() -> s8.pack(integers, mask, Pattern.P2_4, five), "scales", "1 x 6");
    scales.set(0, 3, Float.NaN);
    Misuse.illegalArgument(
        () -> s8.pack(integers, mask, Pattern.P2_4, scales), "scales", "output channel 3");
    w.set(4, 1, Float.POSITIVE_INFINITY);
    Misuse.fails(ErrorCode.NAN, () -> s8.prune(w, Pattern.P2_4), "row 4", "column 1");
    try (SparseConv2d conv = same().dtype(DType.BF16).prune(w, Pattern.P2_4)) {
      Images x = Images.allocate(DType.U8, ImageLayout.NHWC, 2, 4, 5, IN);
      Images y = Images.allocate(ImageLayout.NHWC, 2, 4, 5, OUT);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> conv.apply(x, y), "type 1", "type 3");
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> conv.kernel(DType.S8), "type 2");
      assertTrue(conv.kernel().startsWith("bf16f32_nxm_conv2d_"), conv::kernel);
      assertTrue(conv.kernel(DType.BF16).startsWith("bf16_nxm_conv2d_"), conv::kernel);
      assertTrue(conv.toString().contains("BF16"), conv::toString);
      assertTrue(x.toString().contains("U8"), x::toString);
      assertArrayEquals(new float[] {1, 1, 1, 1, 1, 1}, conv.scales());
    }
  }
}
