/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedConv2d;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.PatternSchedule;

/** Convolutions in training on a GPU against the same on the CPU, whose formulas are tested. */
@GpuTest
@RandomTest
class GpuMaskedConv2dTest {
  private static final Device GPU = Device.cuda(0);
  private static final Execution CALLER = Execution.caller();

  private static final int GROUPS = 2;
  private static final int CHANNELS = 8;
  private static final int OUTPUTS = 6;
  private static final int H = 5;
  private static final int W = 6;

  /** The same convolution on both devices. */
  private static final class Pair implements AutoCloseable {
    final HostGemm gemm = new HostGemm();
    final SparseConv2d.Builder sizes =
        SparseConv2d.builder(GROUPS * CHANNELS, GROUPS * OUTPUTS, 3, 2)
            .groups(GROUPS)
            .stride(2, 1)
            .padding(1, 0, 1, 1);
    final DType dtype;
    final DenseMatrix cpuW;
    final DenseMatrix gpuW;
    final MaskedParameter cpuWeight;
    final MaskedParameter gpuWeight;
    final MaskedConv2d cpu;
    final MaskedConv2d gpu;

    Pair(DType dtype, Pattern pattern, float prunedFactor, Random random) {
      this.dtype = dtype;
      this.cpuW = small(random, GROUPS * OUTPUTS, 3 * 2 * CHANNELS);
      this.gpuW = cpuW.to(GPU);
      DenseMatrix b = small(random, 1, GROUPS * OUTPUTS);
      this.cpuWeight = parameter(cpuW, pattern, prunedFactor);
      this.gpuWeight = parameter(gpuW, pattern, prunedFactor);
      MaskedParameter bias = MaskedParameter.builder("conv.bias", b).build();
      MaskedParameter gpuBias = MaskedParameter.builder("conv.bias", b.to(GPU)).build();
      this.cpu = new MaskedConv2d(sizes, cpuWeight, bias, Gemm.openBlas());
      this.gpu = new MaskedConv2d(sizes, gpuWeight, gpuBias, gemm);
    }

    private static MaskedParameter parameter(DenseMatrix w, Pattern pattern, float factor) {
      MaskedParameter.Builder builder =
          MaskedParameter.builder("conv.weight", w)
              .masked(DenseMatrix.allocate(w.device(), DType.F32, w.rows(), w.cols()))
              .startOf(MaskRule.ste().prunedFactor(factor));
      return (pattern == null ? builder : builder.pattern(pattern)).build();
    }

    Images input(Random random, ImageLayout layout, int n) {
      return small(random, layout, n, H, W, GROUPS * CHANNELS);
    }

    Images output(Random random, ImageLayout layout, int n) {
      return small(random, layout, n, sizes.outH(H), sizes.outW(W), GROUPS * OUTPUTS);
    }

    /** Both passes; integers are exact in every type, and in sums of fp32. */
    void check(int n, Execution execution, Random random) {
      ImageLayout[] layouts = ImageLayout.values();
      Images x = input(random, layouts[random.nextInt(2)], n);
      Images dy = output(random, layouts[random.nextInt(2)], n);
      Images y = output(random, layouts[random.nextInt(2)], n);
      Images dx = input(random, layouts[random.nextInt(2)], n);
      Images gpuX = there(x);
      Images gpuY = there(y);
      Images gpuDx = there(dx);
      cpu.forward(x, y, CALLER);
      gpu.forward(gpuX, gpuY, execution);
      cpu.backward(x, dy, dx, CALLER);
      gpu.backward(gpuX, there(dy), gpuDx, execution);
      GPU.synchronize();
      assertArrayEquals(rounded(y), gpuY.matrix().toArray());
      assertArrayEquals(rounded(dx), gpuDx.matrix().toArray());
      assertArrayEquals(cpu.gradient().toArray(), gpu.gradient().toArray());
      assertArrayEquals(cpu.biasGradient().toArray(), gpu.biasGradient().toArray());
    }

    Images there(Images images) {
      return rounded(images.matrix(), images).to(GPU);
    }

    private float[] rounded(Images images) {
      return rounded(images.matrix(), images).matrix().toArray();
    }

    private Images rounded(DenseMatrix matrix, Images like) {
      DenseMatrix rounded = DenseMatrix.allocate(dtype, matrix.rows(), matrix.cols());
      rounded.copyFrom(matrix.toArray());
      return like.with(rounded);
    }

    void step(Optimizer optimizer, MaskRule rule, Execution execution) {
      assertEquals(
          cpu.step(optimizer, rule, CALLER), gpu.step(optimizer, rule, execution), "flips");
      assertEquals(cpuWeight.mask(), gpuWeight.mask());
    }

    @Override
    public void close() {
      cpu.close();
      gpu.close();
    }
  }

  private static DenseMatrix small(Random random, int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(3) - 1;
    }
    return DenseMatrix.copyOf(values, rows, cols);
  }

  private static Images small(
      Random random, ImageLayout layout, int n, long h, long w, int channels) {
    Images images = Images.allocate(layout, n, h, w, channels);
    DenseMatrix matrix = images.matrix();
    return images.with(small(random, (int) matrix.rows(), (int) matrix.cols()));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void bothPassesAreThoseOfTheCpu(DType dtype, Random random) {
    Pattern[] patterns = {Pattern.P2_4, Pattern.P1_2, Pattern.of(3, 8), null};
    for (Pattern pattern : patterns) {
      try (Pair pair = new Pair(dtype, pattern, 0, random)) {
        for (int n = 0; n < 4; n++) {
          pair.check(n, CALLER, random);
        }
      }
    }
    try (Pair pair = new Pair(dtype, Pattern.P2_4, 0.5f, random)) {
      pair.check(2, CALLER, random);
    }
  }

  /** Small integers times 1/4 stay exact: every step is the same on both sides. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void passesFollowSteps(DType dtype, Random random) {
    try (Pair pair = new Pair(dtype, Pattern.P2_4, 0, random);
        DeviceStream stream = DeviceStream.create(GPU)) {
      Execution queued = Execution.on(stream);
      for (int i = 0; i < 2; i++) {
        pair.check(2, queued, random);
        pair.step(Optimizer.sgd(0.25f), MaskRule.ste(), queued);
        assertArrayEquals(pair.cpuW.toArray(), pair.gpuW.toArray());
      }
    }
  }

  @Test
  void aScheduleGoesFromDenseToSparse(Random random) {
    try (Pair pair = new Pair(DType.F32, null, 0, random)) {
      MaskRule rule =
          MaskRule.ste().schedule(PatternSchedule.structureDecay(Pattern.P2_4, 1, 3).denseFor(1));
      for (int i = 0; i < 4; i++) {
        pair.check(2, CALLER, random);
        pair.step(Optimizer.sgd(0.25f), rule, CALLER);
      }
      assertEquals(Pattern.P2_4, pair.gpuWeight.pattern());
      pair.check(1, CALLER, random);
    }
  }

  /** More columns than are made at once, with products that are late: as on a card. */
  @Test
  void manyImagesComeInParts(Random random) {
    assumeTrue(GPU.denseProducts().isAvailable(), GPU.denseProducts().text());
    SparseConv2d.Builder sizes = SparseConv2d.builder(16, 2, 3, 3).padding(1, 1);
    DenseMatrix w = small(random, 2, 9 * 16);
    Images x = small(random, ImageLayout.NHWC, 3, 100, 200, 16);
    Images dy = small(random, ImageLayout.NCHW, 3, 100, 200, 2);
    Images y = Images.allocate(ImageLayout.NCHW, 3, 100, 200, 2);
    Images dx = Images.allocate(ImageLayout.NHWC, 3, 100, 200, 16);
    Images gpuY = Images.allocate(GPU, DType.F32, ImageLayout.NCHW, 3, 100, 200, 2);
    Images gpuDx = Images.allocate(GPU, DType.F32, ImageLayout.NHWC, 3, 100, 200, 16);
    MaskedParameter here = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    MaskedParameter there = MaskedParameter.builder("w", w.to(GPU)).pattern(Pattern.P2_4).build();
    try (MaskedConv2d cpu = new MaskedConv2d(sizes, here, null, Gemm.openBlas());
        MaskedConv2d gpu = new MaskedConv2d(sizes, there, null, Gemm.cuBlas());
        DeviceStream stream = DeviceStream.create(GPU)) {
      Images gpuX = x.to(GPU);
      Images gpuDy = dy.to(GPU);
      cpu.forward(x, y, CALLER);
      cpu.backward(x, dy, dx, CALLER);
      gpu.forward(gpuX, gpuY, Execution.on(stream));
      gpu.backward(gpuX, gpuDy, gpuDx, Execution.on(stream));
      stream.synchronize();
      assertArrayEquals(y.matrix().toArray(), gpuY.matrix().toArray());
      assertArrayEquals(dx.matrix().toArray(), gpuDx.matrix().toArray());
      assertArrayEquals(cpu.gradient().toArray(), gpu.gradient().toArray());
    }
  }

  /** Only dX and dW are dense. */
  @Test
  void theForwardPassIsSparse(Random random) {
    try (Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random)) {
      Images x = pair.there(pair.input(random, ImageLayout.NHWC, 2));
      Images y = pair.there(pair.output(random, ImageLayout.NHWC, 2));
      pair.gpu.forward(x, y, CALLER);
      assertEquals(0, pair.gemm.calls());
      pair.gpu.backward(x, y, null, CALLER);
      assertEquals(2 * GROUPS, pair.gemm.calls());
      assertSame(GPU, pair.gpu.gradient().device());
    }
  }

  @Test
  void misuseIsRefused(Random random) {
    Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random);
    Images x = pair.input(random, ImageLayout.NHWC, 2);
    Images y = pair.output(random, ImageLayout.NHWC, 2);
    Images gpuX = pair.there(x);
    Images gpuY = pair.there(y);
    Misuse.illegalArgument(
        () -> pair.gpu.forward(x, gpuY, CALLER), "conv.weight", "x must be on cuda:0");
    Misuse.illegalArgument(() -> pair.gpu.forward(gpuX, y, CALLER), "y must be on cuda:0");
    Misuse.illegalArgument(() -> pair.cpu.forward(gpuX, y, CALLER), "x must be on cpu");
    Misuse.illegalArgument(
        () -> pair.gpu.forward(gpuX, y.to(GPU), CALLER), "y must be of BF16 as x is");
    Misuse.illegalArgument(
        () -> pair.gpu.backward(gpuX, y.to(GPU), null, CALLER), "dy must be of BF16");
    Images integers = Images.allocate(GPU, DType.S8, ImageLayout.NHWC, 2, H, W, GROUPS * CHANNELS);
    Misuse.fails(
        ErrorCode.UNSUPPORTED,
        () -> pair.gpu.forward(integers, gpuY, CALLER),
        "x must be of F32, BF16 or F16");
    pair.gpu.forward(gpuX, gpuY, CALLER);
    pair.close();
    Misuse.illegalState(() -> pair.gpu.forward(gpuX, gpuY, CALLER), "closed");
  }
}
