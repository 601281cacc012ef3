/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedConv2d;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

@RandomTest
class MaskedConv2dTest {
  private static final Execution CALLER = Execution.caller();
  private static final Gemm DENSE = Gemm.openBlas();

  /** A convolution in double precision, and its loss: half the squared distance from a target. */
  private record Reference(
      int n, int h, int w, int in, int out, int k, int stride, int pad, int groups) {
    int outH() {
      return (h + 2 * pad - k) / stride + 1;
    }

    int outW() {
      return (w + 2 * pad - k) / stride + 1;
    }

    int outputs() {
      return n * outH() * outW() * out;
    }

    double[] forward(double[] x, double[] weights, double[] bias) {
      double[] y = new double[outputs()];
      int i = 0;
      for (int image = 0; image < n; image++) {
        for (int oh = 0; oh < outH(); oh++) {
          for (int ow = 0; ow < outW(); ow++) {
            for (int o = 0; o < out; o++) {
              y[i++] = bias[o] + sum(x, weights, image, oh * stride - pad, ow * stride - pad, o);
            }
          }
        }
      }
      return y;
    }

    private double sum(double[] x, double[] weights, int image, int top, int left, int o) {
      double sum = 0;
      for (int kh = 0; kh < k; kh++) {
        for (int kw = 0; kw < k; kw++) {
          int ih = top + kh;
          int iw = left + kw;
          if (ih < 0 || ih >= h || iw < 0 || iw >= w) {
            continue;
          }
          int each = in / groups;
          int first = o / (out / groups) * each;
          for (int c = 0; c < each; c++) {
            int at = ((o * k + kh) * k + kw) * each + c;
            sum += weights[at] * x[((image * h + ih) * w + iw) * in + first + c];
          }
        }
      }
      return sum;
    }

    double loss(double[] x, double[] weights, double[] bias, float[] target) {
      double loss = 0;
      double[] y = forward(x, weights, bias);
      for (int i = 0; i < y.length; i++) {
        loss += (y[i] - target[i]) * (y[i] - target[i]) / 2;
      }
      return loss;
    }
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  /** The loss is quadratic in each value, so that a central difference is exact for any step. */
  private static double[] differences(double[] values, java.util.function.DoubleSupplier loss) {
    double[] gradient = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double before = values[i];
      values[i] = before + 0.5;
      double above = loss.getAsDouble();
      values[i] = before - 0.5;
      gradient[i] = above - loss.getAsDouble();
      values[i] = before;
    }
    return gradient;
  }

  private static void assertNear(double[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected[i], actual[i], 2e-3, "element " + i);
    }
  }

  /** Images of values in NHWC order. */
  private static Images images(ImageLayout layout, long n, long h, long w, long c, float[] values) {
    Images images = Images.allocate(layout, n, h, w, c);
    int i = 0;
    for (long image = 0; image < n; image++) {
      for (long pixel = 0; pixel < h * w; pixel++) {
        for (long channel = 0; channel < c; channel++) {
          images.set(image, pixel / w, pixel % w, channel, values[i++]);
        }
      }
    }
    return images;
  }

  /** Their values in NHWC order. */
  private static float[] values(Images images) {
    float[] values = new float[(int) (images.n() * images.h() * images.w() * images.c())];
    for (int i = 0; i < values.length; i++) {
      long channel = i % images.c();
      long pixel = i / images.c() % (images.h() * images.w());
      long image = i / images.c() / (images.h() * images.w());
      values[i] = images.get(image, pixel / images.w(), pixel % images.w(), channel);
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAreThoseOfCentralDifferences(ImageLayout layout, Random random) {
    for (int groups : new int[] {1, 2}) {
      check(3, 1, 1, groups, layout, Pattern.P2_4, 0, random);
      check(3, 2, 0, groups, layout, Pattern.P1_4, 0, random);
      check(1, 1, 0, groups, layout, null, 0, random);
      check(2, 1, 1, groups, layout, Pattern.P2_4, 0.5f, random);
    }
    check(3, 1, 1, 6, layout, null, 0, random); // depthwise, dense
  }

  private static void check(
      int k,
      int stride,
      int pad,
      int groups,
      ImageLayout layout,
      Pattern pattern,
      float factor,
      Random random) {
    int in = groups == 6 ? 6 : 8 * groups;
    Reference r = new Reference(3, 5, 4, in, 6, k, stride, pad, groups);
    int each = in / groups;
    float[] weights = Samples.floats(random, r.out * k * k * each);
    DenseMatrix w = Samples.matrix(weights, r.out, k * k * each);
    MaskedParameter.Builder builder =
        MaskedParameter.builder("conv.weight", w)
            .masked(DenseMatrix.allocate(w.rows(), w.cols()))
            .startOf(MaskRule.ste().prunedFactor(factor));
    MaskedParameter weight = (pattern == null ? builder : builder.pattern(pattern)).build();
    float[] b = Samples.floats(random, r.out);
    MaskedParameter bias = MaskedParameter.builder("b", Samples.matrix(b, 1, r.out)).build();
    float[] inputs = Samples.floats(random, r.n * r.h * r.w * r.in);
    Images x = images(layout, r.n, r.h, r.w, r.in, inputs);
    Images y = Images.allocate(layout, r.n, r.outH(), r.outW(), r.out);
    Images dx = Images.allocate(layout, r.n, r.h, r.w, r.in);
    float[] target = Samples.floats(random, r.outputs());
    double[] used = doubles(weights);
    for (int i = 0; i < used.length; i++) {
      used[i] *= weight.mask().get(i / w.cols(), i % w.cols()) ? 1 : factor;
    }
    SparseConv2d.Builder geometry =
        SparseConv2d.builder(r.in, r.out, k, k)
            .stride(stride, stride)
            .padding(pad, pad)
            .groups(groups);
    try (MaskedConv2d conv = new MaskedConv2d(geometry, weight, bias, DENSE)) {
      for (Execution execution : new Execution[] {CALLER, Execution.parallel()}) {
        conv.forward(x, y, execution);
        double[] source = doubles(inputs);
        double[] offset = doubles(b);
        float[] d = values(y);
        assertNear(r.forward(source, used, offset), d);
        for (int i = 0; i < d.length; i++) {
          d[i] -= target[i];
        }
        Images dy = images(layout, r.n, r.outH(), r.outW(), r.out, d);
        conv.backward(x, dy, dx, execution);
        assertNear(differences(source, () -> r.loss(source, used, offset, target)), values(dx));
        assertNear(
            differences(used, () -> r.loss(source, used, offset, target)),
            conv.gradient().toArray());
        assertNear(
            differences(offset, () -> r.loss(source, used, offset, target)),
            conv.biasGradient().toArray());
      }
    }
  }

  /** Layouts of X, Y, dY and dX are each their own; channels of a wider buffer may be a group's. */
  @Test
  void layoutsMayBeMixed(Random random) {
    SparseConv2d.Builder geometry = SparseConv2d.builder(24, 8, 3, 3).padding(1, 1).groups(2);
    DenseMatrix w = Samples.matrix(Samples.integers(random, 8 * 108), 8, 108);
    MaskedParameter weight = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    float[] x = Samples.integers(random, 2 * 30 * 24);
    float[] dy = Samples.integers(random, 2 * 30 * 8);
    float[][] expected = null;
    for (ImageLayout a : ImageLayout.values()) {
      for (ImageLayout b : ImageLayout.values()) {
        Images wide = Images.allocate(b, 2, 5, 6, 10);
        Images y = wide.channels(1, 8);
        Images dx = Images.allocate(b, 2, 5, 6, 24);
        try (MaskedConv2d conv = new MaskedConv2d(geometry, weight, null, DENSE)) {
          conv.forward(images(a, 2, 5, 6, 24, x), y, CALLER);
          conv.backward(images(a, 2, 5, 6, 24, x), images(a, 2, 5, 6, 8, dy), dx, CALLER);
          float[][] got = {values(y), values(dx), conv.gradient().toArray()};
          if (expected == null) {
            expected = got;
          }
          for (int i = 0; i < 3; i++) {
            assertArrayEquals(expected[i], got[i]);
          }
        }
        assertEquals(0, wide.get(1, 4, 5, 9));
      }
    }
  }

  /** As the packed convolution for inference, on images that take several parts. */
  @Test
  void trainedWeightsServeInference(Random random) {
    SparseConv2d.Builder geometry = SparseConv2d.builder(64, 16, 3, 3).padding(1, 1);
    float[] weights = Samples.integers(random, 16 * 9 * 64);
    DenseMatrix w = Samples.matrix(weights, 16, 9 * 64);
    MaskedParameter weight = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    Images x = Images.allocate(ImageLayout.NHWC, 3, 40, 40, 64); // 2.8 M columns
    x.matrix().copyFrom(Samples.integers(random, 3 * 1600 * 64));
    Images y = Images.allocate(ImageLayout.NHWC, 3, 40, 40, 16);
    Images inference = Images.allocate(ImageLayout.NHWC, 3, 40, 40, 16);
    try (MaskedConv2d conv = new MaskedConv2d(geometry, weight, null, DENSE)) {
      conv.forward(x, y, Execution.parallel());
      Images dx = Images.allocate(ImageLayout.NHWC, 3, 40, 40, 64);
      conv.backward(x, y, dx, Execution.parallel());
      conv.step(Optimizer.sgd(1e-3f), MaskRule.srSte(), CALLER);
      conv.forward(x, y, CALLER);
    }
    Mask mask = Mask.of(weight.mask().bits(), 16 * 9, 64);
    DenseMatrix ohwi = Samples.matrix(w.toArray(), 16 * 9, 64);
    try (SparseConv2d packed = geometry.pack(ohwi, mask, Pattern.P2_4)) {
      packed.apply(x, inference);
    }
    float[] expected = inference.matrix().toArray();
    float[] actual = y.matrix().toArray();
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < actual.length; i++) {
      // Two orders of summing 288 products, each addition rounded to 2^-24 of a sum.
      assertEquals(expected[i], actual[i], 288 * 0x1p-23 * largest, "element " + i);
    }
  }

  /** What was packed before a dense pass is no longer what the weights are. */
  @Test
  void aPatternThatComesBackFindsNewWeights(Random random) {
    SparseConv2d.Builder geometry = SparseConv2d.builder(8, 4, 3, 3).padding(1, 1);
    DenseMatrix w = Samples.matrix(Samples.integers(random, 4 * 72), 4, 72);
    MaskedParameter weight = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    Images x = images(ImageLayout.NHWC, 2, 3, 3, 8, Samples.integers(random, 2 * 72));
    Images y = Images.allocate(ImageLayout.NHWC, 2, 3, 3, 4);
    Images dy = images(ImageLayout.NHWC, 2, 3, 3, 4, Samples.integers(random, 2 * 36));
    Images dx = Images.allocate(ImageLayout.NHWC, 2, 3, 3, 8);
    Images expected = Images.allocate(ImageLayout.NHWC, 2, 3, 3, 8);
    try (MaskedConv2d conv = new MaskedConv2d(geometry, weight, null, DENSE);
        MaskedConv2d fresh = new MaskedConv2d(geometry, weight, null, DENSE)) {
      conv.backward(x, dy, dx, CALLER); // packs
      conv.step(Optimizer.sgd(1), MaskRule.ste(), CALLER);
      weight.setPattern(null);
      conv.forward(x, y, CALLER); // dense
      weight.setPattern(Pattern.P2_4);
      conv.backward(x, dy, dx, CALLER);
      fresh.backward(x, dy, expected, CALLER);
      assertArrayEquals(values(expected), values(dx));
    }
  }

  /** Training is in fp32 and refuses NaN, whatever else the builder is used for. */
  @Test
  void onlyTheSizesOfTheBuilderCount(Random random) {
    SparseConv2d.Builder builder =
        SparseConv2d.builder(8, 4, 1, 1).dtype(DType.S8).nan(NanPolicy.KEEP);
    DenseMatrix w = Samples.matrix(Samples.floats(random, 32), 4, 8);
    MaskedParameter weight = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    Images x = images(ImageLayout.NHWC, 1, 3, 3, 8, Samples.integers(random, 72));
    Images y = Images.allocate(ImageLayout.NHWC, 1, 3, 3, 4);
    Images expected = Images.allocate(ImageLayout.NHWC, 1, 3, 3, 4);
    try (MaskedConv2d conv = new MaskedConv2d(builder, weight, null, DENSE);
        SparseConv2d packed = SparseConv2d.builder(8, 4, 1, 1).prune(w, Pattern.P2_4)) {
      builder.padding(1, 1).stride(2, 2);
      conv.forward(x, y, CALLER);
      packed.apply(x, expected);
      assertArrayEquals(values(expected), values(y));
      w.set(1, weight.mask().get(1, 0) ? 0 : weight.mask().get(1, 1) ? 1 : 2, Float.NaN);
      conv.weightsChanged();
      Misuse.fails(ErrorCode.NAN, () -> conv.forward(x, y, CALLER), "w: ");
    }
  }

  @Test
  void imagesOfOtherTypesAndSharedMemoryAreRefused(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, 64), 8, 8);
    MaskedParameter weight = MaskedParameter.builder("conv", w).pattern(Pattern.P2_4).build();
    Images memory = Images.allocate(ImageLayout.NHWC, 4, 3, 3, 8);
    Images x = memory.images(0, 2);
    Images more = memory.images(1, 2);
    Images other = memory.images(2, 2);
    Images half = Images.allocate(DType.BF16, ImageLayout.NHWC, 2, 3, 3, 8);
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, null}) {
      weight.setPattern(pattern);
      try (MaskedConv2d conv =
          new MaskedConv2d(SparseConv2d.builder(8, 8, 1, 1), weight, null, DENSE)) {
        Misuse.fails(
            ErrorCode.UNSUPPORTED,
            () -> conv.forward(half, other, CALLER),
            "conv: x must be of F32 on the CPU");
        Misuse.illegalArgument(() -> conv.forward(x, half, CALLER), "conv: y must be of F32");
        Misuse.illegalArgument(() -> conv.backward(x, half, null, CALLER), "dy must be of F32");
        Misuse.illegalArgument(() -> conv.backward(x, other, half, CALLER), "dx must be of F32");
        Misuse.illegalArgument(() -> conv.forward(x, more, CALLER), "conv: y must not overlap x");
        Misuse.illegalArgument(
            () -> conv.backward(x, other, x, CALLER), "conv: dx must not overlap x");
        Misuse.illegalArgument(
            () -> conv.backward(x, other, other, CALLER), "conv: dx must not overlap dy");
      }
    }
  }

  @Test
  void noImagesHaveNoGradients(Random random) {
    DenseMatrix w = Samples.matrix(Samples.integers(random, 32), 4, 8);
    MaskedParameter weight = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    Images x = Images.allocate(ImageLayout.NHWC, 0, 3, 3, 8);
    Images y = Images.allocate(ImageLayout.NHWC, 0, 3, 3, 4);
    try (MaskedConv2d conv =
        new MaskedConv2d(SparseConv2d.builder(8, 4, 1, 1), weight, null, DENSE)) {
      conv.gradient().set(0, 0, 1);
      conv.forward(x, y, CALLER);
      conv.backward(x, y, x, CALLER);
      assertArrayEquals(new float[32], conv.gradient().toArray());
    }
  }

  @Test
  void misuseIsRefused() {
    DenseMatrix w = DenseMatrix.allocate(4, 9 * 8);
    MaskedParameter weight = MaskedParameter.builder("conv", w).pattern(Pattern.P2_4).build();
    SparseConv2d.Builder geometry = SparseConv2d.builder(8, 4, 3, 3);
    Misuse.illegalArgument(
        () -> new MaskedConv2d(SparseConv2d.builder(8, 5, 3, 3), weight, null, DENSE),
        "conv",
        "5 x 72");
    MaskedParameter odd =
        MaskedParameter.builder("odd", DenseMatrix.allocate(4, 9 * 6))
            .pattern(Pattern.P2_4)
            .build();
    Misuse.illegalArgument(
        () -> new MaskedConv2d(SparseConv2d.builder(6, 4, 3, 3), odd, null, DENSE),
        "odd",
        "multiple of 4",
        "6");
    MaskedConv2d conv = new MaskedConv2d(geometry, weight, null, DENSE);
    Images x = Images.allocate(ImageLayout.NHWC, 2, 5, 5, 8);
    Images y = Images.allocate(ImageLayout.NHWC, 2, 3, 3, 4);
    Images more = Images.allocate(ImageLayout.NCHW, 2, 5, 5, 9);
    Misuse.illegalArgument(() -> conv.forward(more, y, CALLER), "x must be 2 x 5 x 5 x 8");
    Misuse.illegalArgument(() -> conv.forward(x, x, CALLER), "y must be 2 x 3 x 3 x 4");
    Misuse.illegalArgument(() -> conv.backward(x, x, null, CALLER), "dy must be");
    Misuse.illegalArgument(() -> conv.backward(x, y, y, CALLER), "dx must be");
    Misuse.nullPointer(() -> new MaskedConv2d(null, weight, null, DENSE));
    MaskedParameter depthwise =
        MaskedParameter.builder("dw", DenseMatrix.allocate(8, 9)).pattern(Pattern.P2_4).build();
    SparseConv2d.Builder eight = SparseConv2d.builder(8, 8, 3, 3).groups(8);
    Misuse.illegalArgument(
        () -> new MaskedConv2d(eight, depthwise, null, DENSE),
        "dw",
        "multiple of 4 input channels in each of the 8 groups, got 1");
    Misuse.illegalArgument(
        () -> new MaskedConv2d(geometry.groups(2), weight, null, DENSE), "4 x 36");
    geometry.groups(1);
    conv.forward(x, y, CALLER);
    weight.setPattern(Pattern.of(1, 16));
    Misuse.illegalArgument(() -> conv.forward(x, y, CALLER), "1:16", "multiple of 16");
    weight.setPattern(Pattern.P2_4);
    conv.close();
    conv.close();
    Misuse.illegalState(() -> conv.forward(x, y, CALLER), "conv", "closed");
  }
}
