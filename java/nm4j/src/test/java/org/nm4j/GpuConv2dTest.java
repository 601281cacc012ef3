/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Convolutions on a GPU against those of the CPU, on small integers, which every type has. */
@GpuTest
@RandomTest
class GpuConv2dTest {
  private static final Device GPU = Device.cuda(0);
  private static final Execution CALLER = Execution.caller();

  /** Channels, groups and window. */
  private record Case(int channels, int outputs, int groups, int kernel, int stride, int pad) {
    static Case random(Random random) {
      return new Case(
          8 * (1 + random.nextInt(2)),
          1 + random.nextInt(9),
          1 + random.nextInt(2),
          1 + random.nextInt(3),
          1 + random.nextInt(2),
          random.nextInt(2));
    }

    SparseConv2d.Builder builder() {
      return SparseConv2d.builder(groups * channels, groups * outputs, kernel, kernel + 1)
          .groups(groups)
          .stride(stride, 1)
          .dilation(1, stride)
          .padding(pad, 0, 1, pad);
    }
  }

  private static DenseMatrix small(Random random, long rows, long cols) {
    float[] values = new float[(int) (rows * cols)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(5) - 2;
    }
    return DenseMatrix.copyOf(values, rows, cols);
  }

  private static Images small(Random random, ImageLayout layout, long n, long h, long w, long c) {
    Images images = Images.allocate(layout, n, h, w, c);
    DenseMatrix matrix = images.matrix();
    matrix.copyFrom(small(random, matrix.rows(), matrix.cols()).toArray());
    return images;
  }

  /** The same numbers in a type, on the GPU, as channels amid others or as they are. */
  private static Images there(Images images, DType dtype, int gap) {
    DenseMatrix from = images.matrix();
    DenseMatrix wide = DenseMatrix.allocate(GPU, dtype, from.rows(), from.cols() + gap);
    DenseMatrix to = wide.columns(gap, from.cols());
    for (long row = 0; row < from.rows(); row++) {
      to.rows(row, 1).copyFrom(from.rows(row, 1).toArray());
    }
    return images.layout() == ImageLayout.NHWC
        ? Images.nhwc(to, images.h(), images.w())
        : Images.nchw(to, images.h(), images.w());
  }

  private static DenseMatrix there(DenseMatrix matrix, DType dtype) {
    DenseMatrix copy = DenseMatrix.allocate(GPU, dtype, matrix.rows(), matrix.cols());
    copy.copyFrom(matrix.toArray());
    return copy;
  }

  private static float[] rounded(Images images, DType dtype) {
    DenseMatrix from = images.matrix();
    DenseMatrix rounded = DenseMatrix.allocate(dtype, from.rows(), from.cols());
    rounded.copyFrom(from.toArray());
    return unsigned(rounded.toArray());
  }

  private static float[] values(Images images) {
    return unsigned(images.matrix().to(Device.cpu()).toArray());
  }

  /** Devices agree on numbers, not on the signs of zeros. */
  private static float[] unsigned(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] += 0f;
    }
    return values;
  }

  /** 1/2, 1 or 2. */
  private static DenseMatrix powers(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 0.5f * (1 << random.nextInt(3));
    }
    return DenseMatrix.copyOf(values, 1, count);
  }

  /** Integer weights, in fp32 and as S8, there times powers of 2. */
  private static SparseConv2d pack(Case g, Pattern pattern, DType dtype, Random random) {
    SparseConv2d.Builder builder = g.builder();
    DenseMatrix w = small(random, builder.weightRows(), builder.weightCols());
    Mask mask = Mask.magnitude(w, pattern);
    if (dtype != DType.S8) {
      return builder.pack(w, mask, pattern);
    }
    DenseMatrix integers = DenseMatrix.allocate(DType.S8, w.rows(), w.cols());
    integers.copyFrom(w.toArray());
    DenseMatrix scales = powers(random, g.groups * g.outputs);
    return builder.dtype(DType.S8).pack(integers, mask, pattern, scales);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "S8"})
  void resultsAreThoseOfTheCpu(DType dtype, Random random) {
    DType results = dtype == DType.S8 ? DType.F16 : dtype;
    List<Pattern> patterns =
        dtype == DType.S8
            ? List.of(Pattern.P2_4, Pattern.P1_4)
            : List.of(Pattern.P2_4, Pattern.P1_2, Pattern.of(3, 8));
    for (int i = 0; i < 24; i++) {
      Case g = Case.random(random);
      Pattern pattern = patterns.get(i % patterns.size());
      try (SparseConv2d cpu = pack(g, pattern, dtype, random);
          SparseConv2d gpu = cpu.to(GPU, dtype)) {
        assertArrayEquals(cpu.decompress().toArray(), gpu.decompress().toArray());
        assertArrayEquals(cpu.scales(), gpu.scales());
        int n = random.nextInt(4);
        int h = 4 + random.nextInt(5);
        int w = 7 + random.nextInt(4);
        ImageLayout in = ImageLayout.values()[random.nextInt(2)];
        ImageLayout out = ImageLayout.values()[i % 2];
        Images x = small(random, in, n, h, w, (long) g.groups * g.channels);
        long outC = (long) g.groups * g.outputs;
        Images c = small(random, out, n, cpu.outH(h), cpu.outW(w), outC);
        Images y = Images.allocate(out, n, c.h(), c.w(), outC);
        DenseMatrix bias = small(random, 1, outC);
        Epilogue plain = Epilogue.NONE.alpha(-2).activation(Activation.RELU);
        DenseMatrix scale = powers(random, (int) outC);
        boolean scales = dtype != DType.S8 && random.nextBoolean();
        boolean adds = random.nextBoolean();
        boolean inPlace = adds && random.nextBoolean();
        int gap = random.nextInt(2) * random.nextInt(9);
        Images there = there(inPlace ? c : y, results, gap);
        Images added = inPlace ? there : there(c, results, random.nextInt(2) * 8);
        Epilogue here = (scales ? plain.scale(scale) : plain).bias(bias);
        Epilogue with =
            (scales ? plain.scale(scale.to(GPU)) : plain)
                .bias(there(bias, dtype == DType.S8 ? DType.F32 : results));
        cpu.apply(x, y, adds ? here.add(-1, c.matrix()) : here);
        gpu.apply(
            there(x, dtype, random.nextInt(2) * 8),
            there,
            adds ? with.add(-1, added.matrix()) : with);
        assertArrayEquals(rounded(y, results), values(there), () -> g + " " + gpu + " " + x);
      }
    }
  }

  /** Masks whose rows are whole bytes, and others. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void weightsOfTheGpuArePackedThere(DType dtype, Random random) {
    for (int channels : new int[] {4, 8, 12}) {
      Case g = new Case(channels, 3, 2, 2, 1, 1);
      SparseConv2d.Builder builder = g.builder();
      DenseMatrix w = small(random, builder.weightRows(), builder.weightCols());
      DenseMatrix onGpu = there(w, dtype);
      try (SparseConv2d cpu = builder.prune(w, Pattern.P2_4);
          SparseConv2d gpu = builder.prune(onGpu, Pattern.P2_4);
          SparseConv2d rounded = builder.dtype(DType.BF16).prune(w.to(GPU), Pattern.P2_4)) {
        assertArrayEquals(cpu.decompress().toArray(), gpu.decompress().toArray());
        assertArrayEquals(cpu.decompress().toArray(), rounded.decompress().toArray());
        assertSame(GPU, gpu.device());
        assertEquals(dtype, gpu.dtype());
        assertEquals(DType.BF16, rounded.dtype());
        assertTrue(gpu.bytes() > 0);
        String type = dtype.name().toLowerCase(java.util.Locale.ROOT);
        assertTrue(gpu.kernel().startsWith("conv2d_columns_"), gpu.kernel());
        assertTrue(gpu.kernel().contains("_" + type), gpu.kernel());
        assertTrue(gpu.toString().contains("cuda:0"), gpu.toString());
      }
    }
  }

  @Test
  void weightsOfPyTorchAreTurnedAround(Random random) {
    SparseConv2d.Builder builder = SparseConv2d.builder(8, 3, 2, 3);
    DenseMatrix oihw = small(random, 3, 8 * 6);
    DenseMatrix there = builder.fromOihw(oihw.to(GPU));
    assertSame(GPU, there.device());
    assertArrayEquals(builder.fromOihw(oihw).toArray(), there.to(Device.cpu()).toArray());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8"})
  void copiesGoBothWays(DType dtype, Random random) {
    SparseConv2d.Builder builder = new Case(16, 5, 2, 3, 1, 1).builder().dtype(dtype);
    DenseMatrix w =
        DenseMatrix.copyOf(
            Samples.floats(random, (int) (builder.weightRows() * builder.weightCols())),
            builder.weightRows(),
            builder.weightCols());
    try (SparseConv2d cpu = builder.prune(w, Pattern.P2_4);
        SparseConv2d gpu = cpu.to(GPU);
        SparseConv2d again = gpu.to(GPU);
        SparseConv2d back = again.to(Device.cpu());
        SparseConv2d copy = cpu.to(Device.cpu())) {
      for (SparseConv2d other : new SparseConv2d[] {gpu, again, back, copy}) {
        assertArrayEquals(cpu.decompress().toArray(), other.decompress().toArray());
        assertArrayEquals(cpu.scales(), other.scales());
        assertEquals(dtype, other.dtype());
      }
      assertEquals(cpu.bytes(), back.bytes());
      assertSame(Device.cpu(), back.device());
      Images x = small(random, ImageLayout.NCHW, 2, 5, 6, 32);
      Images y = Images.allocate(ImageLayout.NHWC, 2, cpu.outH(5), cpu.outW(6), 10);
      Images z = Images.allocate(ImageLayout.NHWC, 2, cpu.outH(5), cpu.outW(6), 10);
      cpu.apply(x, y);
      back.apply(x, z);
      assertArrayEquals(values(y), values(z));
    }
  }

  /** An image whose columns are not made at once. */
  @ParameterizedTest
  @EnumSource
  void aLargeImageComesInParts(ImageLayout out, Random random) {
    SparseConv2d.Builder builder = SparseConv2d.builder(16, 2, 3, 3).padding(1, 1);
    DenseMatrix w = small(random, builder.weightRows(), builder.weightCols());
    try (SparseConv2d cpu = builder.prune(w, Pattern.P2_4);
        SparseConv2d gpu = cpu.to(GPU, DType.F16)) {
      Images x = small(random, ImageLayout.NHWC, 1, 240, 251, 16);
      Images y = Images.allocate(out, 1, 240, 251, 2);
      Images there = Images.allocate(GPU, DType.F16, out, 1, 240, 251, 2);
      cpu.apply(x, y);
      gpu.apply(there(x, DType.F16, 0), there);
      assertArrayEquals(rounded(y, DType.F16), values(there));
    }
  }

  /** Threads and streams each have columns of their own. */
  @Test
  void severalThreadsApplyIt(Random random) {
    Case g = new Case(8, 4, 2, 3, 1, 1);
    try (SparseConv2d cpu = pack(g, Pattern.P2_4, DType.F16, random);
        SparseConv2d gpu = cpu.to(GPU, DType.F16);
        DeviceStream stream = DeviceStream.create(GPU)) {
      Images x = small(random, ImageLayout.NCHW, 3, 6, 8, 16);
      Images y = Images.allocate(ImageLayout.NHWC, 3, cpu.outH(6), cpu.outW(8), 8);
      cpu.apply(x, y);
      Images onGpu = there(x, DType.F16, 0);
      float[] expected = rounded(y, DType.F16);
      IntStream.range(0, 12)
          .parallel()
          .forEach(
              i -> {
                Images to = Images.allocate(GPU, DType.F16, ImageLayout.NHWC, 3, y.h(), y.w(), 8);
                Execution[] executions = {CALLER, Execution.auto(), Execution.on(stream)};
                gpu.apply(onGpu, to, Epilogue.NONE, executions[i % 3]);
                stream.synchronize();
                assertArrayEquals(expected, values(to));
              });
    }
  }

  /** The twin of the tests above: they would notice another weight. */
  @Test
  void anotherWeightGivesAnotherResult(Random random) {
    SparseConv2d.Builder builder = SparseConv2d.builder(4, 1, 1, 1);
    Images x = Images.allocate(ImageLayout.NHWC, 1, 1, 1, 4);
    x.matrix().copyFrom(new float[] {1, 2, 3, 4});
    float[] results = new float[2];
    float[][] weights = {{1, 1, 0, 0}, {1, 0, 1, 0}};
    for (int i = 0; i < 2; i++) {
      DenseMatrix w = DenseMatrix.copyOf(weights[i], 1, 4).to(GPU);
      try (SparseConv2d conv = builder.prune(w, Pattern.P2_4)) {
        Images y = Images.allocate(GPU, DType.F32, ImageLayout.NHWC, 1, 1, 1, 1);
        conv.apply(x.to(GPU), y);
        results[i] = values(y)[0];
      }
    }
    assertEquals(3, results[0]);
    assertNotEquals(3, results[1]);
  }

  @Test
  void misuseIsRefused(Random random) {
    Case g = new Case(8, 4, 1, 1, 1, 0);
    SparseConv2d cpu = pack(g, Pattern.P2_4, DType.F32, random);
    SparseConv2d gpu = cpu.to(GPU, DType.BF16);
    Images x = there(small(random, ImageLayout.NHWC, 1, 4, 5, 8), DType.BF16, 0);
    Images y = Images.allocate(GPU, DType.BF16, ImageLayout.NHWC, 1, 5, 4, 4);
    gpu.apply(x, y);
    Misuse.illegalArgument(() -> gpu.apply(x, there(y, DType.BF16, 0).channels(0, 3)), "x 4, got");
    Misuse.illegalArgument(
        () -> gpu.apply(Images.allocate(DType.BF16, ImageLayout.NHWC, 1, 4, 5, 8), y),
        "in memory of cuda:0");
    Misuse.illegalArgument(
        () -> gpu.apply(x, Images.allocate(DType.BF16, ImageLayout.NHWC, 1, 5, 4, 4)),
        "y",
        "in memory of cuda:0");
    Misuse.fails(
        ErrorCode.UNSUPPORTED,
        () -> gpu.apply(there(x.to(Device.cpu()), DType.F16, 0), y),
        "x must be of BF16");
    Misuse.illegalArgument(() -> cpu.apply(x, y), "host memory");
    DenseMatrix memory = DenseMatrix.allocate(GPU, DType.BF16, 20, 12);
    Images wide = Images.nhwc(memory.columns(0, 8), 4, 5);
    Images part = Images.nhwc(memory.columns(6, 4), 5, 4);
    Misuse.illegalArgument(() -> gpu.apply(wide, part), "y must not overlap x");
    Images shifted = Images.nhwc(DenseMatrix.allocate(GPU, DType.BF16, 21, 4).rows(0, 20), 5, 4);
    Misuse.illegalArgument(
        () -> gpu.apply(x, shifted, Epilogue.NONE.add(1, moved(shifted))), "y must not overlap c");
    Misuse.fails(ErrorCode.UNSUPPORTED, () -> gpu.to(GPU, DType.S8), "BF16", "S8");
    Misuse.fails(ErrorCode.UNSUPPORTED, () -> cpu.to(GPU, DType.E4M3), "F16 or S8", "E4M3");
    Misuse.illegalArgument(() -> gpu.to(Device.cpu(), DType.F16), "F32, BF16 or S8");
    SparseConv2d.Builder odd = SparseConv2d.builder(6, 4, 1, 1);
    DenseMatrix w = small(random, 4, 6);
    Misuse.fails(
        ErrorCode.UNSUPPORTED, () -> odd.prune(w.to(GPU), Pattern.P2_4), "multiple of 4", "got 6");
    try (SparseConv2d conv = odd.prune(w, Pattern.P2_4)) {
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> conv.to(GPU), "multiple of 4", "got 6");
    }
    SparseConv2d.Builder builder = g.builder();
    Mask mask = Mask.magnitude(small(random, builder.weightRows(), 8), Pattern.P2_4);
    DenseMatrix weights = small(random, builder.weightRows(), 8);
    Misuse.illegalArgument(
        () -> builder.pack(weights.to(GPU), mask, Pattern.P2_4), "mask must be on cuda:0");
    Misuse.illegalArgument(
        () -> builder.pack(weights, mask.to(GPU), Pattern.P2_4), "mask must be on cpu");
    gpu.close();
    gpu.close();
    assertTrue(gpu.isClosed());
    Misuse.illegalState(() -> gpu.apply(x, y), "closed");
    Misuse.illegalState(gpu::decompress, "closed");
    Misuse.illegalState(gpu::scales, "closed");
    cpu.close();
  }

  /** The matrix of images one row further on, which overlaps it. */
  private static DenseMatrix moved(Images images) {
    DenseMatrix m = images.matrix();
    return DenseMatrix.on(m.device(), m.memory(), m.ld(), m.dtype(), m.rows(), m.cols(), m.ld());
  }

  @Test
  void zerosOfIntegersStayZeros(Random random) {
    try (SparseConv2d cpu = pack(new Case(8, 4, 1, 1, 1, 1), Pattern.P2_4, DType.S8, random);
        SparseConv2d gpu = cpu.to(GPU)) {
      Images x = small(random, ImageLayout.NCHW, 1, 4, 4, 8);
      Images y = Images.allocate(ImageLayout.NCHW, 1, cpu.outH(4), cpu.outW(4), 4);
      Images integers = Images.allocate(DType.S8, ImageLayout.NCHW, 1, 4, 4, 8);
      integers.matrix().copyFrom(x.matrix().toArray());
      cpu.apply(integers.quantized(0.5f, 0), y);
      Images there = Images.allocate(GPU, DType.F16, ImageLayout.NCHW, 1, y.h(), y.w(), 4);
      gpu.apply(integers.to(GPU).quantized(0.5f, 0), there);
      assertArrayEquals(values(y), values(there));
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> gpu.apply(integers.to(GPU).quantized(0.5f, 3), there),
          "zero 0");
    }
  }
}
