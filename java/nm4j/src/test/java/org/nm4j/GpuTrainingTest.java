/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.train.Grouping;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.Placement;

/** Masked training on a GPU against the same steps on the CPU, whose formulas are tested there. */
@GpuTest
@RandomTest
class GpuTrainingTest {
  private static final Device GPU = Device.cuda(0);

  private enum Kind {
    SGD(Optimizer.sgd(0.05f).weightDecay(0.01f)),
    NESTEROV(Optimizer.sgd(0.05f).momentum(0.9f).nesterov(true)),
    DAMPENED(Optimizer.sgd(0.05f).momentum(0.8f).dampening(0.3f)),
    ADAM(Optimizer.adam(0.003f).weightDecay(0.01f)),
    ADAMW(Optimizer.adamW(0.003f));

    private final Optimizer optimizer;

    Kind(Optimizer optimizer) {
      this.optimizer = optimizer;
    }
  }

  /** The same parameter on both devices. */
  private static final class Pair {
    final DenseMatrix cpuW;
    final DenseMatrix gpuW;
    final DenseMatrix cpuMasked;
    final DenseMatrix gpuMasked;
    final DenseMatrix gpuBf16;
    final MaskedParameter cpu;
    final MaskedParameter gpu;

    Pair(Random random, int rows, int cols, Pattern pattern, Grouping grouping) {
      this(random, rows, cols, pattern, grouping, MaskKind.MAGNITUDE);
    }

    Pair(Random random, int rows, int cols, Pattern pattern, Grouping grouping, MaskKind masks) {
      cpuW = DenseMatrix.copyOf(Samples.floats(random, rows * cols), rows, cols);
      gpuW = cpuW.to(GPU);
      cpuMasked = DenseMatrix.allocate(rows, cols);
      gpuMasked = DenseMatrix.allocate(GPU, DType.F32, rows, cols);
      gpuBf16 = DenseMatrix.allocate(GPU, DType.BF16, rows, cols);
      MaskedParameter.Builder here =
          MaskedParameter.builder("w", cpuW).masked(cpuMasked).grouping(grouping).masks(masks);
      MaskedParameter.Builder there =
          MaskedParameter.builder("w", gpuW)
              .masked(gpuMasked)
              .maskedBf16(gpuBf16)
              .grouping(grouping)
              .masks(masks);
      cpu = (pattern == null ? here : here.pattern(pattern)).build();
      gpu = (pattern == null ? there : there.pattern(pattern)).build();
    }

    void step(Random random, Optimizer optimizer, MaskRule rule, Execution execution) {
      int count = (int) (cpuW.rows() * cpuW.cols());
      DenseMatrix grad =
          DenseMatrix.copyOf(Samples.floats(random, count), cpuW.rows(), cpuW.cols());
      DenseMatrix there = grad.to(GPU);
      long flips = cpu.step(grad, optimizer, rule, Execution.caller());
      assertEquals(flips, gpu.step(there, optimizer, rule, execution));
    }

    void assertSame() {
      assertEquals(cpu.mask(), gpu.mask());
      assertEquals(cpu.flips(), gpu.flips());
      float[] expected = cpuMasked.toArray();
      assertArrayEquals(cpuW.toArray(), gpuW.toArray(), 1e-6f);
      assertArrayEquals(expected, gpuMasked.toArray(), 1e-6f);
      DenseMatrix rounded = DenseMatrix.allocate(DType.BF16, cpuW.rows(), cpuW.cols());
      rounded.copyFrom(gpuMasked.toArray());
      assertArrayEquals(rounded.toArray(), gpuBf16.toArray());
    }
  }

  @ParameterizedTest
  @EnumSource
  void stepsAreThoseOfTheCpu(Kind kind, Random random) {
    Pattern[] patterns = {Pattern.P2_4, Pattern.of(3, 5), null};
    for (Placement placement : Placement.values()) {
      Pattern pattern = patterns[placement.ordinal()];
      Pair pair = new Pair(random, 5, 37, pattern, Grouping.ALONG_ROWS);
      pair.assertSame();
      MaskRule rule = MaskRule.srSte(0.02f).placement(placement);
      for (int t = 1; t <= 20; t++) {
        pair.step(random, kind.optimizer, rule, Execution.caller());
      }
      pair.assertSame();
    }
  }

  @Test
  void everyRuleWorks(Random random) {
    Optimizer adam = Optimizer.adam(0.01f);
    Pair pair = new Pair(random, 8, 64, Pattern.P2_4, Grouping.ALONG_ROWS);
    MaskRule[] rules = {
      MaskRule.ste(),
      MaskRule.fixedMask(),
      MaskRule.srSte().refreshEvery(3),
      MaskRule.ste().prunedFactor(0.5f),
      MaskRule.ste().freezeSecondMoment(true)
    };
    for (MaskRule rule : rules) {
      pair.step(random, adam, rule, Execution.caller());
      pair.step(random, adam, rule, Execution.caller());
      pair.assertSame();
    }
  }

  @Test
  void groupsMayHaveAStride(Random random) {
    Pair pair = new Pair(random, 4, 9 * 8, Pattern.P2_4, Grouping.inputChannels(3, 3));
    for (int t = 0; t < 5; t++) {
      pair.step(random, Optimizer.sgd(0.1f), MaskRule.srSte(), Execution.caller());
    }
    pair.assertSame();
  }

  @ParameterizedTest
  @ValueSource(strings = {"transposable", "vnm 4", "random 7", "scores", "wanda"})
  void masksOfEveryKindAreThoseOfTheCpu(String name, Random random) {
    MaskKind kind = MaskKind.parse(name);
    Pair pair = new Pair(random, 14, 70, Pattern.P2_4, Grouping.ALONG_ROWS, kind);
    pair.assertSame();
    MaskRule rule = MaskRule.srSte(0.02f).refreshEvery(2).prunedFactor(0.5f);
    for (int t = 0; t < 6; t++) {
      if (kind.equals(MaskKind.SCORES) || kind.equals(MaskKind.WANDA)) {
        DenseMatrix scores = pair.cpu.scores();
        scores.copyFrom(Samples.floats(random, (int) (scores.rows() * scores.cols())));
        pair.gpu.scores().copyFrom(scores.toArray());
      }
      pair.step(random, Optimizer.adam(0.01f), rule, Execution.caller());
      pair.assertSame();
    }
    assertTrue(pair.gpu.flips() > 0);
    pair.cpu.refreshMask(Execution.caller());
    pair.gpu.refreshMask(Execution.caller());
    pair.assertSame();
    assertTrue(pair.gpu.mask().check(Pattern.P2_4).ok());
  }

  @Test
  void transposableMasksHoldAlongColumns(Random random) {
    MaskKind kind = MaskKind.TRANSPOSABLE;
    Pair pair = new Pair(random, 16, 72, Pattern.P2_4, Grouping.ALONG_ROWS, kind);
    assertTrue(pair.gpu.mask().checkTransposable(Pattern.P2_4).ok());
    Misuse.illegalArgument(() -> pair.gpu.setPattern(Pattern.P4_8), "w: ", "2:4", "4:8");
  }

  @Test
  void scoresThatAreNotFiniteAreRefused(Random random) {
    Pair pair = new Pair(random, 4, 8, Pattern.P2_4, Grouping.ALONG_ROWS, MaskKind.SCORES);
    float[] scores = pair.gpu.scores().toArray();
    scores[9] = Float.NaN;
    pair.gpu.scores().copyFrom(scores);
    Mask before = pair.cpu.mask();
    DenseMatrix grad = DenseMatrix.allocate(4, 8).to(GPU);
    Misuse.fails(
        ErrorCode.NAN,
        () -> pair.gpu.step(grad, Optimizer.sgd(1), MaskRule.ste(), Execution.caller()),
        "w: scores",
        "row 1, column 1");
    assertEquals(before, pair.gpu.mask());
  }

  @Test
  void kindsOfMasksThatNoKernelMakesAreRefused() {
    DenseMatrix w = DenseMatrix.allocate(GPU, DType.F32, 8, 36);
    MaskedParameter.Builder builder = MaskedParameter.builder("fc", w).masks(MaskKind.TRANSPOSABLE);
    Misuse.illegalArgument(() -> builder.pattern(Pattern.P4_8).build(), "fc: ", "4:8");
    for (MaskKind kind : new MaskKind[] {MaskKind.TRANSPOSABLE, MaskKind.vnm(4), MaskKind.WANDA}) {
      MaskedParameter.Builder strided =
          MaskedParameter.builder("fc", w).masks(kind).grouping(Grouping.inputChannels(3, 3));
      Misuse.illegalArgument(
          () -> strided.pattern(Pattern.P2_4).build(), "fc: ", "stride of 9", kind.toString());
    }
  }

  @Test
  void stepsQueueBehindOtherWorkOfTheirStream(Random random) {
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      Pair pair = new Pair(random, 16, 32, Pattern.P2_4, Grouping.ALONG_ROWS);
      DenseMatrix grad = DenseMatrix.copyOf(Samples.floats(random, 16 * 32), 16, 32);
      DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 16, 32);
      stream.copy(grad, there);
      Optimizer sgd = Optimizer.sgd(0.1f).momentum(0.9f);
      pair.gpu.step(there, sgd, MaskRule.srSte(), Execution.on(stream));
      pair.cpu.step(grad, sgd, MaskRule.srSte(), Execution.caller());
      pair.assertSame();
    }
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothing(Random random) {
    Pair pair = new Pair(random, 3, 40, Pattern.P2_4, Grouping.ALONG_ROWS);
    Optimizer adam = Optimizer.adam(0.01f);
    pair.step(random, adam, MaskRule.srSte(), Execution.caller());
    float[] grad = Samples.floats(random, 120);
    for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1 / 0f}) {
      grad[2 * 40 + 7] = wrong;
      DenseMatrix there = DenseMatrix.copyOf(grad, 3, 40).to(GPU);
      Misuse.fails(
          ErrorCode.NAN,
          () -> pair.gpu.step(there, adam, MaskRule.srSte(), Execution.caller()),
          "w: gradient",
          "row 2, column 7");
    }
    assertEquals(1, pair.gpu.steps());
    pair.assertSame();
    pair.step(random, adam, MaskRule.srSte(), Execution.caller());
    pair.assertSame();
  }

  @Test
  void weightsWithNanAreRefused() {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 2, Float.NaN, 4}, 1, 4).to(GPU);
    Misuse.fails(
        ErrorCode.NAN, () -> MaskedParameter.builder("fc", w).pattern(Pattern.P2_4).build(), "fc");
  }

  /** On the double alone: a card's memory is not the test's to fill. */
  @Test
  void whatFindsNoMemoryChangesNothing(Random random) throws IOException {
    Assumptions.assumeTrue(Nm4j.cuda().simulated());
    int moment = 4 * 256 * 256;
    Pair pair = new Pair(random, 256, 256, Pattern.P2_4, Grouping.ALONG_ROWS);
    Pair other = new Pair(random, 256, 256, Pattern.P2_4, Grouping.ALONG_ROWS);
    DenseMatrix grad = DenseMatrix.copyOf(Samples.floats(random, 256 * 256), 256, 256).to(GPU);
    Optimizer adam = Optimizer.adam(0.01f);
    other.step(random, adam, MaskRule.srSte(), Execution.caller()); // has what steps need once
    byte[] state = saved(other.cpu);
    pair.assertSame();
    DeviceMemory room = DeviceMemory.allocate(GPU, 3 * moment / 2); // for one of two moments
    List<DeviceMemory> rest = allButLessThan(moment / 2);
    room.close();
    try {
      Misuse.fails(
          ErrorCode.OUT_OF_MEMORY,
          () -> pair.gpu.step(grad, adam, MaskRule.srSte(), Execution.caller()));
      Misuse.fails(ErrorCode.OUT_OF_MEMORY, () -> pair.gpu.load(new ByteArrayInputStream(state)));
    } finally {
      rest.forEach(DeviceMemory::close);
    }
    assertEquals(0, pair.gpu.steps());
    pair.assertSame();
    pair.step(random, Optimizer.sgd(0.1f), MaskRule.srSte(), Execution.caller());
    pair.step(random, Optimizer.sgd(0.1f), MaskRule.srSte(), Execution.caller());
    pair.assertSame();
  }

  private static List<DeviceMemory> allButLessThan(long bytes) {
    List<DeviceMemory> all = new ArrayList<>();
    for (long size = 1 << 28; size >= bytes; ) {
      try {
        all.add(DeviceMemory.allocate(GPU, size));
      } catch (Nm4jException e) {
        assertEquals(ErrorCode.OUT_OF_MEMORY, e.code());
        size /= 2;
      }
    }
    return all;
  }

  /** As on the CPU: nobody looks at weights that no mask is made of. */
  @Test
  void denseParametersMayHoldNan() {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 2, Float.NaN, 4}, 1, 4);
    assertEquals(4, MaskedParameter.builder("fc", w).build().mask().count());
    assertEquals(4, MaskedParameter.builder("fc", w.to(GPU)).build().mask().count());
  }

  @Test
  void closedMemoryIsAnIllegalState() {
    DeviceMemory memory = DeviceMemory.allocate(GPU, 4 * 32);
    MaskedParameter.Builder builder =
        MaskedParameter.builder("fc", memory.matrix(0, DType.F32, 4, 8, 8)).pattern(Pattern.P2_4);
    memory.close();
    Misuse.illegalState(builder::build, "fc: ", "closed");
  }

  @Test
  void matricesElsewhereAreRefused(Random random) {
    DenseMatrix here = DenseMatrix.allocate(4, 8);
    DenseMatrix there = here.to(GPU);
    Misuse.illegalArgument(
        () -> MaskedParameter.builder("fc", there).masked(here), "masked must be on cuda:0");
    Misuse.illegalArgument(
        () -> MaskedParameter.builder("fc", here).masked(there), "masked must be on cpu");
    MaskedParameter gpu = MaskedParameter.builder("fc", there).pattern(Pattern.P2_4).build();
    MaskedParameter cpu = MaskedParameter.builder("fc", here).pattern(Pattern.P2_4).build();
    Optimizer sgd = Optimizer.sgd(0.1f);
    MaskRule ste = MaskRule.ste();
    Misuse.illegalArgument(() -> gpu.step(here, sgd, ste, Execution.caller()), "on cuda:0");
    Misuse.illegalArgument(() -> cpu.step(there, sgd, ste, Execution.caller()), "on cpu");
    assertEquals(0, gpu.steps());
    assertEquals(0, cpu.steps());
  }

  /** A state is the same on both devices: training may move from one to the other. */
  @Test
  void statesMoveBetweenDevices(Random random) throws IOException {
    Optimizer adam = Optimizer.adam(0.01f);
    Pair pair = new Pair(random, 6, 33, Pattern.P2_4, Grouping.ALONG_ROWS);
    pair.step(random, adam, MaskRule.srSte(), Execution.caller());
    byte[] fromGpu = saved(pair.gpu);
    Pair next = new Pair(random, 6, 33, Pattern.P2_4, Grouping.ALONG_ROWS);
    next.cpuW.copyFrom(pair.gpuW.toArray());
    next.gpuW.copyFrom(pair.gpuW.toArray());
    next.cpu.load(new ByteArrayInputStream(fromGpu));
    next.gpu.load(new ByteArrayInputStream(saved(next.cpu)));
    assertArrayEquals(fromGpu, saved(next.gpu));
    next.assertSame();
    next.step(random, adam, MaskRule.srSte(), Execution.caller());
    next.assertSame();
    assertEquals(2, next.gpu.steps());
  }

  private static byte[] saved(MaskedParameter p) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    p.save(out);
    return out.toByteArray();
  }

  @Test
  void whatTrainingMasksInferenceCompresses(Random random) {
    Pair pair = new Pair(random, 32, 64, Pattern.P2_4, Grouping.ALONG_ROWS);
    pair.step(random, Optimizer.sgd(0.1f), MaskRule.srSte(), Execution.caller());
    DenseMatrix x = DenseMatrix.allocate(GPU, DType.BF16, 4, 64);
    float[] ones = new float[4 * 64];
    java.util.Arrays.fill(ones, 1);
    x.copyFrom(ones);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, 32);
    try (SparseMatrix w = SparseMatrix.ofSparse(pair.gpuBf16, Pattern.P2_4)) {
      w.linear(x, y);
    }
    float[] weights = pair.gpuBf16.toArray();
    for (int row = 0; row < 32; row++) {
      double sum = 0;
      double magnitude = 0;
      for (int i = 0; i < 64; i++) {
        sum += weights[row * 64 + i];
        magnitude += Math.abs(weights[row * 64 + i]);
      }
      float got = y.rows(1, 1).toArray()[row];
      assertTrue(Math.abs(sum - got) <= 0x1p-8 * Math.abs(sum) + 1e-5 * magnitude, "row " + row);
    }
  }
}
