/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedConv2d;
import org.nm4j.train.MaskedLinear;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.PatternSchedule;

/** Layers in training on a GPU against the same layers on the CPU, whose formulas are tested. */
@GpuTest
@RandomTest
class GpuMaskedLinearTest {
  private static final Device GPU = Device.cuda(0);
  private static final Execution CALLER = Execution.caller();

  private static final int OUTPUTS = 24;
  private static final int INPUTS = 40;

  /** The same layer on both devices. */
  private static final class Pair implements AutoCloseable {
    final HostGemm gemm = new HostGemm();
    final DType dtype;
    final DenseMatrix cpuW;
    final DenseMatrix gpuW;
    final MaskedParameter cpuWeight;
    final MaskedParameter gpuWeight;
    final MaskedLinear cpu;
    final MaskedLinear gpu;

    Pair(DType dtype, Pattern pattern, float prunedFactor, Random random) {
      this.dtype = dtype;
      this.cpuW = small(random, OUTPUTS, INPUTS);
      this.gpuW = cpuW.to(GPU);
      DenseMatrix b = small(random, 1, OUTPUTS);
      this.cpuWeight = parameter(cpuW, pattern, prunedFactor);
      this.gpuWeight = parameter(gpuW, pattern, prunedFactor);
      this.cpu =
          new MaskedLinear(
              cpuWeight, MaskedParameter.builder("fc.bias", b).build(), Gemm.openBlas());
      this.gpu =
          new MaskedLinear(gpuWeight, MaskedParameter.builder("fc.bias", b.to(GPU)).build(), gemm);
    }

    private static MaskedParameter parameter(DenseMatrix w, Pattern pattern, float factor) {
      MaskedParameter.Builder builder =
          MaskedParameter.builder("fc.weight", w)
              .masked(DenseMatrix.allocate(w.device(), DType.F32, OUTPUTS, INPUTS))
              .startOf(MaskRule.ste().prunedFactor(factor));
      return (pattern == null ? builder : builder.pattern(pattern)).build();
    }

    /** Both passes; integers are exact in every type, and in sums of fp32. */
    void check(int batch, Execution execution, Random random) {
      DenseMatrix x = small(random, batch, INPUTS);
      DenseMatrix dy = small(random, batch, OUTPUTS);
      DenseMatrix y = DenseMatrix.allocate(batch, OUTPUTS);
      DenseMatrix dx = DenseMatrix.allocate(batch, INPUTS);
      DenseMatrix gpuX = there(x, dtype);
      DenseMatrix gpuY = DenseMatrix.allocate(GPU, dtype, batch, OUTPUTS);
      DenseMatrix gpuDx = DenseMatrix.allocate(GPU, dtype, batch, INPUTS);
      cpu.forward(x, y, CALLER);
      gpu.forward(gpuX, gpuY, execution);
      cpu.backward(x, dy, dx, CALLER);
      gpu.backward(gpuX, there(dy, dtype), gpuDx, execution);
      GPU.synchronize();
      assertArrayEquals(rounded(y), gpuY.toArray());
      assertArrayEquals(rounded(dx), gpuDx.toArray());
      assertArrayEquals(cpu.gradient().toArray(), gpu.gradient().toArray());
      assertArrayEquals(cpu.biasGradient().toArray(), gpu.biasGradient().toArray());
    }

    private float[] rounded(DenseMatrix matrix) {
      DenseMatrix rounded = DenseMatrix.allocate(dtype, matrix.rows(), matrix.cols());
      rounded.copyFrom(matrix.toArray());
      return rounded.toArray();
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
      values[i] = random.nextInt(5) - 2;
    }
    return DenseMatrix.copyOf(values, rows, cols);
  }

  private static DenseMatrix there(DenseMatrix matrix, DType dtype) {
    DenseMatrix copy = DenseMatrix.allocate(GPU, dtype, matrix.rows(), matrix.cols());
    copy.copyFrom(matrix.toArray());
    return copy;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void bothPassesAreThoseOfTheCpu(DType dtype, Random random) {
    Pattern[] patterns = {Pattern.P2_4, Pattern.P1_2, Pattern.of(3, 8), null};
    for (Pattern pattern : patterns) {
      try (Pair pair = new Pair(dtype, pattern, 0, random)) {
        pair.check(1, CALLER, random);
        pair.check(9, CALLER, random);
      }
    }
    try (Pair pair = new Pair(dtype, Pattern.P2_4, 0.5f, random)) {
      pair.check(5, CALLER, random);
    }
  }

  /** Integers stay integers: every step is exact on both sides. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void passesFollowSteps(DType dtype, Random random) {
    try (Pair pair = new Pair(dtype, Pattern.P2_4, 0, random);
        DeviceStream stream = DeviceStream.create(GPU)) {
      Execution queued = Execution.on(stream);
      for (int i = 0; i < 3; i++) {
        pair.check(2, queued, random);
        pair.step(Optimizer.sgd(0.25f), MaskRule.ste(), queued);
        assertArrayEquals(pair.cpuW.toArray(), pair.gpuW.toArray());
      }
    }
  }

  @Test
  void whatTheCallerChangesIsPackedAnew(Random random) {
    try (Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random)) {
      pair.check(3, CALLER, random);
      DenseMatrix next = small(random, OUTPUTS, INPUTS);
      pair.cpuW.copyFrom(next.toArray());
      pair.gpuW.copyFrom(next.toArray());
      pair.cpu.weightsChanged();
      pair.gpu.weightsChanged();
      pair.check(3, CALLER, random);
    }
  }

  @Test
  void aScheduleGoesFromDenseToSparse(Random random) {
    try (Pair pair = new Pair(DType.F16, null, 0, random)) {
      MaskRule rule =
          MaskRule.ste().schedule(PatternSchedule.structureDecay(Pattern.P2_4, 1, 3).denseFor(1));
      for (int i = 0; i < 4; i++) {
        pair.check(2, CALLER, random);
        pair.step(Optimizer.sgd(0.25f), rule, CALLER);
      }
      assertEquals(Pattern.P2_4, pair.gpuWeight.pattern());
      pair.check(2, CALLER, random);
    }
  }

  @Test
  void theTypeOfActivationsMayChange(Random random) {
    try (Pair pair = new Pair(DType.F32, Pattern.P2_4, 0, random)) {
      pair.check(3, CALLER, random);
      DenseMatrix x = small(random, 4, INPUTS);
      DenseMatrix y = DenseMatrix.allocate(4, OUTPUTS);
      DenseMatrix half = DenseMatrix.allocate(GPU, DType.F16, 4, OUTPUTS);
      pair.cpu.forward(x, y, CALLER);
      pair.gpu.forward(there(x, DType.F16), half, CALLER);
      assertArrayEquals(y.toArray(), half.toArray());
      pair.check(3, CALLER, random);
    }
  }

  /** A pass that is refused leaves the layer as it is. */
  @Test
  void aRefusedTypeChangesNothing(Random random) {
    try (Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random)) {
      pair.check(3, CALLER, random);
      DenseMatrix x = there(small(random, 4, INPUTS), DType.F16);
      DenseMatrix y = DenseMatrix.allocate(GPU, DType.F16, 4, 3);
      Misuse.illegalArgument(() -> pair.gpu.forward(x, y, CALLER), "4 x 24");
      DenseMatrix dy = DenseMatrix.allocate(GPU, DType.BF16, 4, OUTPUTS);
      Misuse.illegalArgument(() -> pair.gpu.backward(x, dy, null, CALLER), "dy must be of F16");
      pair.check(3, CALLER, random);
    }
  }

  /** Only dX and dW are dense. */
  @Test
  void theForwardPassIsSparse(Random random) {
    try (Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random)) {
      DenseMatrix x = there(small(random, 4, INPUTS), DType.BF16);
      DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, OUTPUTS);
      pair.gpu.forward(x, y, CALLER);
      assertEquals(0, pair.gemm.calls());
      pair.gpu.backward(x, y, null, CALLER);
      assertEquals(2, pair.gemm.calls());
      assertSame(GPU, pair.gpu.gradient().device());
    }
  }

  /** The twin of the tests above: they would notice another mask. */
  @Test
  void anotherMaskGivesAnotherResult(Random random) {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {4, 3, 2, 1, 1, 2, 3, 4}, 1, 8);
    DenseMatrix x = DenseMatrix.copyOf(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 1, 8).to(GPU);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.F32, 1, 1);
    MaskedParameter weight = MaskedParameter.builder("w", w.to(GPU)).pattern(Pattern.P1_4).build();
    try (MaskedLinear layer = new MaskedLinear(weight, null, new HostGemm())) {
      layer.forward(x, y, CALLER);
      assertEquals(8, y.toArray()[0]);
    }
    MaskedParameter more = MaskedParameter.builder("w", w.to(GPU)).pattern(Pattern.P2_4).build();
    try (MaskedLinear layer = new MaskedLinear(more, null, new HostGemm())) {
      layer.forward(x, y, CALLER);
      assertNotEquals(8, y.toArray()[0]);
    }
  }

  @Test
  void nanIsRefusedByName(Random random) {
    try (Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random)) {
      float[] values = pair.cpuW.toArray();
      int col = 0;
      while (!pair.gpuWeight.mask().get(1, col)) {
        col++;
      }
      values[INPUTS + col] = Float.NaN;
      pair.gpuW.copyFrom(values);
      DenseMatrix x = there(small(random, 4, INPUTS), DType.BF16);
      DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, OUTPUTS);
      Misuse.fails(
          ErrorCode.NAN, () -> pair.gpu.forward(x, y, CALLER), "fc.weight", "row 1, column " + col);
    }
  }

  @Test
  void misuseIsRefused(Random random) {
    Pair pair = new Pair(DType.BF16, Pattern.P2_4, 0, random);
    DenseMatrix x = there(small(random, 4, INPUTS), DType.BF16);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, OUTPUTS);
    Misuse.illegalArgument(
        () -> pair.gpu.forward(small(random, 4, INPUTS), y, CALLER), "x must be on cuda:0");
    Misuse.illegalArgument(
        () -> pair.gpu.forward(x, DenseMatrix.allocate(4, OUTPUTS), CALLER), "y must be on cuda:0");
    Misuse.illegalArgument(
        () -> pair.cpu.forward(x, DenseMatrix.allocate(4, OUTPUTS), CALLER), "x must be on cpu");
    Misuse.illegalArgument(
        () -> pair.gpu.forward(x, DenseMatrix.allocate(GPU, DType.F32, 4, OUTPUTS), CALLER),
        "y must be of BF16");
    Misuse.fails(
        ErrorCode.UNSUPPORTED,
        () -> pair.gpu.forward(DenseMatrix.allocate(GPU, DType.S8, 4, INPUTS), y, CALLER),
        "x must be of F32, BF16 or F16");
    Misuse.illegalArgument(
        () -> pair.gpu.forward(x, DenseMatrix.allocate(GPU, DType.BF16, 4, 3), CALLER), "4 x 24");
    MaskedParameter bias = MaskedParameter.builder("b", DenseMatrix.allocate(1, OUTPUTS)).build();
    Misuse.illegalArgument(
        () -> new MaskedLinear(pair.gpuWeight, bias, pair.gemm), "b", "on cuda:0", "on cpu");
    DenseMatrix w = DenseMatrix.allocate(4, 8);
    MaskedParameter here = MaskedParameter.builder("w", w).build();
    MaskedParameter there =
        MaskedParameter.builder("b", DenseMatrix.allocate(1, 4).to(GPU)).build();
    SparseConv2d.Builder sizes = SparseConv2d.builder(8, 4, 1, 1);
    Misuse.illegalArgument(
        () -> new MaskedConv2d(sizes, here, there, pair.gemm), "b", "on cpu", "on cuda:0");
    pair.close();
    Misuse.illegalState(() -> pair.gpu.forward(x, y, CALLER), "closed");
  }
}
