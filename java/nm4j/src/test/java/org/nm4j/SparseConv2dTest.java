/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Convolutions against direct ones on small integers, which fp32 computes exactly. */
@RandomTest
class SparseConv2dTest {
  private record Case(
      int inC,
      int outC,
      int kh,
      int kw,
      int sh,
      int sw,
      int ph,
      int pw,
      int dh,
      int dw,
      int groups) {
    SparseConv2d.Builder builder() {
      return SparseConv2d.builder(inC, outC, kh, kw)
          .stride(sh, sw)
          .padding(ph, pw)
          .dilation(dh, dw)
          .groups(groups);
    }
  }

  private static Case random(Random random) {
    int groups = 1 + random.nextInt(2);
    return new Case(
        groups * (3 + random.nextInt(9)),
        groups * (1 + random.nextInt(9)),
        1 + random.nextInt(3),
        1 + random.nextInt(3),
        1 + random.nextInt(3),
        1 + random.nextInt(3),
        random.nextInt(3),
        random.nextInt(3),
        1 + random.nextInt(2),
        1 + random.nextInt(2),
        groups);
  }

  private static DenseMatrix integers(Random random, long rows, long cols) {
    return DenseMatrix.copyOf(Samples.integers(random, (int) (rows * cols)), rows, cols);
  }

  /** Images amid sentinels. */
  private record Guarded(GuardedMatrix memory, Images images) {
    static Guarded of(ImageLayout layout, long n, long h, long w, long c, int gap) {
      int pixels = (int) (h * w);
      if (layout == ImageLayout.NHWC) {
        GuardedMatrix memory = new GuardedMatrix((int) n * pixels, (int) c, gap);
        return new Guarded(memory, Images.nhwc(memory.view(), h, w));
      }
      GuardedMatrix memory = new GuardedMatrix((int) n, (int) c * pixels, gap);
      return new Guarded(memory, Images.nchw(memory.view(), h, w));
    }

    void fill(Random random) {
      DenseMatrix matrix = images.matrix();
      matrix.copyFrom(Samples.integers(random, (int) (matrix.rows() * matrix.cols())));
    }
  }

  /** One output of a convolution with dense weights in OHWI order. */
  private static float direct(Case g, DenseMatrix w, Images x, int n, int oh, int ow, int o) {
    int channels = g.inC / g.groups;
    int first = o / (g.outC / g.groups) * channels;
    float sum = 0;
    for (int kh = 0; kh < g.kh; kh++) {
      for (int kw = 0; kw < g.kw; kw++) {
        int h = oh * g.sh - g.ph + kh * g.dh;
        int col = ow * g.sw - g.pw + kw * g.dw;
        for (int i = 0; i < channels && h >= 0 && h < x.h() && col >= 0 && col < x.w(); i++) {
          sum += w.get((o * g.kh + kh) * g.kw + kw, i) * x.get(n, h, col, first + i);
        }
      }
    }
    return sum;
  }

  @Test
  void isExactOnIntegers(Random random) {
    for (int i = 0; i < 60; i++) {
      Case g = random(random);
      Pattern pattern = i % 2 == 0 ? Pattern.P2_4 : Pattern.of(2, 5);
      SparseConv2d.Builder builder = g.builder();
      DenseMatrix dense = integers(random, builder.weightRows(), builder.weightCols());
      try (SparseConv2d conv = builder.prune(dense, pattern)) {
        int n = 1 + random.nextInt(3);
        ImageLayout out = ImageLayout.values()[random.nextInt(2)];
        Guarded x =
            Guarded.of(
                ImageLayout.values()[random.nextInt(2)],
                n,
                5 + random.nextInt(9),
                5 + random.nextInt(20),
                g.inC,
                random.nextInt(3));
        long h = conv.outH(x.images.h());
        long w = conv.outW(x.images.w());
        Guarded y = Guarded.of(out, n, h, w, g.outC, random.nextInt(3));
        Guarded c = Guarded.of(out, n, h, w, g.outC, random.nextInt(3));
        x.fill(random);
        c.fill(random);
        DenseMatrix bias = integers(random, 1, g.outC);
        conv.apply(
            x.images, y.images, Epilogue.NONE.alpha(2).bias(bias).add(-3, c.images.matrix()));

        DenseMatrix kept = conv.decompress();
        for (int image = 0; image < n; image++) {
          for (int row = 0; row < h; row++) {
            for (int col = 0; col < w; col++) {
              for (int o = 0; o < g.outC; o++) {
                float expected =
                    2 * direct(g, kept, x.images, image, row, col, o)
                        - 3 * c.images.get(image, row, col, o)
                        + bias.get(0, o);
                assertEquals(expected, y.images.get(image, row, col, o), () -> g + " " + conv);
              }
            }
          }
        }
        x.memory.assertGuardsIntact();
        y.memory.assertGuardsIntact();
        c.memory.assertGuardsIntact();
      }
    }
  }

  @Test
  void prunesAlongInputChannels(Random random) {
    SparseConv2d.Builder builder = SparseConv2d.builder(6, 5, 3, 2);
    DenseMatrix oihw = DenseMatrix.copyOf(Samples.floats(random, 5 * 36), 5, 36);
    DenseMatrix ohwi = builder.fromOihw(oihw);
    for (int o = 0; o < 5; o++) {
      for (int i = 0; i < 6; i++) {
        for (int p = 0; p < 6; p++) {
          assertEquals(oihw.get(o, i * 6 + p), ohwi.get(o * 6 + p, i));
        }
      }
    }
    Mask mask = Mask.magnitude(ohwi, Pattern.P2_4);
    DenseMatrix expected = DenseMatrix.copyOf(ohwi.toArray(), 30, 6);
    mask.apply(expected);
    try (SparseConv2d pruned = builder.prune(ohwi, Pattern.P2_4);
        SparseConv2d packed = builder.pack(ohwi, mask, Pattern.P2_4)) {
      assertArrayEquals(expected.toArray(), pruned.decompress().toArray());
      assertArrayEquals(expected.toArray(), packed.decompress().toArray());
      assertEquals(Pattern.P2_4, packed.pattern());
      assertTrue(packed.bytes() >= 5 * mask.count(), packed::toString);
    }
  }

  @Test
  void threadsAndCallersDoNotChangeTheBits(Random random) throws Exception {
    SparseConv2d.Builder builder = SparseConv2d.builder(40, 300, 3, 3).padding(1, 1);
    DenseMatrix w =
        DenseMatrix.copyOf(
            Samples.floats(random, (int) (builder.weightRows() * builder.weightCols())),
            builder.weightRows(),
            builder.weightCols());
    Images x = Images.allocate(ImageLayout.NHWC, 2, 13, 11, 40);
    x.matrix().copyFrom(Samples.floats(random, 2 * 13 * 11 * 40));
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try (SparseConv2d conv = builder.prune(w, Pattern.P2_4)) {
      List<Callable<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Execution execution =
            i % 2 == 0 ? Execution.caller() : Execution.on(ForkJoinPool.commonPool(), 3);
        calls.add(
            () -> {
              Images y = Images.allocate(ImageLayout.NHWC, 2, 13, 11, 300);
              conv.apply(x, y, Epilogue.NONE.activation(Activation.RELU), execution);
              return y.matrix().toArray();
            });
      }
      float[] expected = calls.get(0).call();
      for (Future<float[]> result : callers.invokeAll(calls)) {
        assertArrayEquals(expected, result.get());
      }
    } finally {
      callers.shutdown();
    }
  }

  @Test
  void accumulatesInPlace(Random random) {
    SparseConv2d.Builder builder = SparseConv2d.builder(8, 4, 1, 1);
    Images x = Images.allocate(ImageLayout.NCHW, 1, 3, 3, 8);
    x.matrix().copyFrom(Samples.integers(random, 72));
    Images y = Images.allocate(ImageLayout.NCHW, 1, 3, 3, 4);
    try (SparseConv2d conv = builder.prune(integers(random, 4, 8), Pattern.P2_4)) {
      conv.apply(x, y);
      float[] once = y.matrix().toArray();
      conv.apply(x, y, Epilogue.NONE.add(1, y.matrix()));
      float[] twice = y.matrix().toArray();
      for (int i = 0; i < once.length; i++) {
        assertEquals(2 * once[i], twice[i]);
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit(Random random) {
    SparseConv2d.Builder builder = SparseConv2d.builder(8, 4, 3, 3);
    try (SparseConv2d conv = builder.prune(integers(random, 36, 8), Pattern.P2_4)) {
      Images x = Images.allocate(ImageLayout.NHWC, 1, 5, 6, 8);
      Images y = Images.allocate(ImageLayout.NHWC, 1, 3, 4, 4);
      conv.apply(x, y);
      Images narrow = Images.allocate(ImageLayout.NHWC, 1, 5, 6, 7);
      Misuse.illegalArgument(() -> conv.apply(narrow, y), "x", "8", "7");
      Misuse.illegalArgument(() -> conv.apply(x, x), "y", "3 x 4 x 4");
      Epilogue scaled = Epilogue.NONE.scale(integers(random, 1, 3));
      Misuse.illegalArgument(() -> conv.apply(x, y, scaled), "scale", "1 x 4");
      Images two = Images.allocate(ImageLayout.NHWC, 2, 3, 4, 4);
      Misuse.illegalArgument(() -> conv.apply(x, two), "y", "1 x 3", "2 x 3");
      Images tiny = Images.allocate(ImageLayout.NHWC, 1, 2, 6, 8);
      Misuse.illegalArgument(() -> conv.apply(tiny, y), "h", "3", "2");
      Images readOnly =
          Images.nhwc(DenseMatrix.of(y.matrix().buffer().asReadOnlyBuffer(), 12, 4), 3, 4);
      Misuse.illegalArgument(() -> conv.apply(x, readOnly), "y", "writable");
      Images shared = Images.nhwc(DenseMatrix.of(x.matrix().buffer(), 12, 4), 3, 4);
      Misuse.illegalArgument(() -> conv.apply(x, shared), "x", "y", "overlap");
      DenseMatrix bias = DenseMatrix.allocate(1, 3);
      Misuse.illegalArgument(() -> conv.apply(x, y, Epilogue.NONE.bias(bias)), "bias", "4", "3");
      Images other = Images.allocate(ImageLayout.NCHW, 1, 3, 4, 4);
      Misuse.illegalArgument(
          () -> conv.apply(x, y, Epilogue.NONE.add(1, other.matrix())), "c", "12 x 4");
      Misuse.nullPointer(() -> conv.apply(null, y));
      Misuse.nullPointer(() -> conv.apply(x, y, null));
      Misuse.nullPointer(() -> conv.apply(x, y, Epilogue.NONE, null));
      Misuse.illegalArgument(() -> conv.outH(0), "h", "0");
      Misuse.illegalArgument(() -> conv.outW(2), "w", "3", "2");
    }
  }

  @Test
  void refusesGeometriesAndWeights(Random random) {
    Misuse.illegalArgument(() -> SparseConv2d.builder(0, 4, 3, 3), "inC", "0");
    Misuse.illegalArgument(() -> SparseConv2d.builder(8, 4, 3, -1), "kernelW", "-1");
    SparseConv2d.Builder builder = SparseConv2d.builder(8, 4, 3, 3);
    Misuse.illegalArgument(() -> builder.stride(1, 0), "stride", "0");
    Misuse.illegalArgument(() -> builder.padding(-1, 0), "padding", "-1");
    Misuse.illegalArgument(() -> builder.dilation(0, 1), "dilation", "0");
    Misuse.illegalArgument(() -> builder.groups(3), "groups", "8", "4", "3");
    Misuse.nullPointer(() -> builder.nan(null));
    DenseMatrix w = integers(random, 36, 8);
    Misuse.nullPointer(() -> builder.prune(w, null));
    Misuse.nullPointer(() -> builder.pack(w, null, Pattern.P2_4));
    Misuse.illegalArgument(
        () -> builder.prune(DenseMatrix.allocate(36, 7), Pattern.P2_4), "weights", "36 x 8");
    DenseMatrix gaps = DenseMatrix.of(DenseMatrix.allocate(36, 9).buffer(), 36, 8, 9);
    Misuse.illegalArgument(() -> builder.prune(gaps, Pattern.P2_4), "weights", "gaps");
    Misuse.illegalArgument(() -> builder.fromOihw(w), "oihw", "4 x 72");
    byte[] bits = new byte[36];
    Arrays.fill(bits, (byte) -1);
    Mask all = Mask.of(bits, 36, 8);
    Misuse.fails(ErrorCode.PATTERN_BREACH, () -> builder.pack(w, all, Pattern.P2_4), "row 0");
    SparseConv2d.Builder depthwise = SparseConv2d.builder(8, 8, 3, 3).groups(8);
    DenseMatrix filters = integers(random, 72, 1);
    Misuse.fails(
        ErrorCode.UNSUPPORTED,
        () -> depthwise.prune(filters, Pattern.P2_4),
        "in_channels",
        "dense");
    w.set(3, 4, Float.NaN);
    Misuse.fails(ErrorCode.NAN, () -> builder.prune(w, Pattern.P2_4), "row 3");
    builder.nan(NanPolicy.KEEP).prune(w, Pattern.P2_4).close();
  }

  @Test
  void closesOnce(Random random) {
    SparseConv2d conv =
        SparseConv2d.builder(8, 4, 1, 1).prune(integers(random, 4, 8), Pattern.P2_4);
    Images x = Images.allocate(ImageLayout.NHWC, 1, 2, 2, 8);
    Images y = Images.allocate(ImageLayout.NHWC, 1, 2, 2, 4);
    assertTrue(conv.kernel().startsWith("f32_nxm_conv2d_"), conv::kernel);
    assertFalse(conv.isClosed());
    conv.close();
    conv.close();
    assertTrue(conv.isClosed());
    Misuse.illegalState(() -> conv.apply(x, y), "convolution", "closed");
    Misuse.illegalState(conv::decompress, "closed");
    Misuse.illegalState(conv::kernel, "closed");
    Misuse.illegalState(conv::scales, "closed");
    assertTrue(conv.toString().contains("closed"), conv::toString);
  }
}
