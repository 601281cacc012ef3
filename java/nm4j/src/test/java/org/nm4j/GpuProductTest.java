/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Products on a GPU against those of the CPU: exactly on integers, within the rounding else. */
@GpuTest
@RandomTest
class GpuProductTest {
  private static final Device GPU = Device.cuda(0);

  private static final int[][] SHAPES = {
    {32, 64, 16}, {64, 32, 8}, {33, 70, 5}, {1, 4, 1}, {130, 52, 19}, {16, 128, 1}
  };

  private static Stream<Arguments> cases() {
    return Stream.of(DType.F32, DType.BF16, DType.F16, DType.S8)
        .flatMap(
            dtype ->
                Stream.of(Layout.values())
                    .filter(layout -> dtype != DType.S8 || layout == Layout.BATCH_MAJOR)
                    .map(layout -> Arguments.of(dtype, layout)));
  }

  /** Integers of magnitude 1 and 2, whose sums all these types hold exactly. */
  private static float[] small(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (random.nextBoolean() ? 1 : -1) * (1 + random.nextInt(2));
    }
    return values;
  }

  private static Pattern pattern(DType dtype, Random random) {
    Pattern[] patterns =
        dtype == DType.F32
            ? new Pattern[] {Pattern.P1_2, Pattern.P1_4, Pattern.of(1, 6)}
            : new Pattern[] {Pattern.P2_4, Pattern.P1_4, Pattern.P2_8, Pattern.of(1, 16)};
    return patterns[random.nextInt(patterns.length)];
  }

  private static DenseMatrix there(float[] values, DType dtype, int rows, int cols) {
    DenseMatrix matrix = DenseMatrix.allocate(GPU, dtype, rows, cols);
    matrix.copyFrom(values);
    return matrix;
  }

  /** The same in memory with gaps between rows. */
  private static DenseMatrix spread(float[] values, DType dtype, int rows, int cols, int gap) {
    DeviceMemory memory =
        DeviceMemory.allocate(GPU, (long) rows * (cols + gap) * dtype.bytes() + dtype.bytes());
    DenseMatrix matrix = memory.matrix(dtype.bytes(), dtype, rows, cols, cols + gap);
    matrix.copyFrom(values);
    return matrix;
  }

  /** Weights of int8 have a scale per row, here a power of two: integers stay exact. */
  private static SparseMatrix weights(float[] values, int rows, int cols, Pattern p, DType dtype) {
    DenseMatrix w = DenseMatrix.copyOf(values, rows, cols);
    if (dtype != DType.S8) {
      return SparseMatrix.prune(w, p);
    }
    DenseMatrix integers = DenseMatrix.allocate(DType.S8, rows, cols);
    integers.copyFrom(values);
    DenseMatrix scales = DenseMatrix.allocate(1, rows);
    for (int row = 0; row < rows; row++) {
      scales.set(0, row, row % 2 == 0 ? 1 : 0.5f);
    }
    try (SparseMatrix.Builder builder = SparseMatrix.builder(rows, cols, p)) {
      return builder.dtype(DType.S8).put(0, integers, Mask.magnitude(w, p), scales).build();
    }
  }

  private static DType result(DType weights) {
    return weights == DType.S8 ? DType.BF16 : weights;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void integersAreExact(DType dtype, Layout layout, Random random) {
    for (int[] shape : SHAPES) {
      int rows = shape[0];
      int cols = shape[1];
      int batch = shape[2];
      Pattern p = pattern(dtype, random);
      float[] x = small(random, cols * batch);
      float[] c = small(random, rows * batch);
      float[] bias = small(random, rows);
      boolean batchMajor = layout == Layout.BATCH_MAJOR;
      DType out = result(dtype);
      DType biasType = dtype == DType.S8 ? DType.F32 : out;
      try (SparseMatrix w = weights(small(random, rows * cols), rows, cols, p, dtype);
          SparseMatrix onGpu = w.to(GPU, dtype)) {
        assertSame(GPU, onGpu.device());
        DenseMatrix y = DenseMatrix.allocate(batchMajor ? batch : rows, batchMajor ? rows : batch);
        DenseMatrix gpuY =
            spread(new float[rows * batch], out, (int) y.rows(), (int) y.cols(), random.nextInt(3));
        DenseMatrix hostX =
            DenseMatrix.copyOf(x, batchMajor ? batch : cols, batchMajor ? cols : batch);
        DenseMatrix gpuX =
            spread(x, dtype, (int) hostX.rows(), (int) hostX.cols(), random.nextInt(3));
        Epilogue cpu =
            Epilogue.NONE
                .alpha(2)
                .bias(DenseMatrix.copyOf(bias, 1, rows))
                .activation(Activation.RELU);
        Epilogue gpu =
            Epilogue.NONE.alpha(2).bias(there(bias, biasType, 1, rows)).activation(Activation.RELU);
        cpu = cpu.add(-3, DenseMatrix.copyOf(c, y.rows(), y.cols()));
        gpu = gpu.add(-3, there(c, out, (int) y.rows(), (int) y.cols()));
        if (batchMajor) {
          w.linear(hostX, y, cpu);
          onGpu.linear(gpuX, gpuY, gpu);
        } else {
          w.multiply(hostX, y, cpu);
          onGpu.multiply(gpuX, gpuY, gpu);
        }
        String what = w + " " + layout + " batch " + batch;
        assertArrayEquals(positiveZeros(y.toArray()), positiveZeros(gpuY.toArray()), what);
      }
    }
  }

  /** Which zero ReLU gives depends on the architecture. */
  private static float[] positiveZeros(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] += 0f;
    }
    return values;
  }

  /** n additions in fp32 in any order, then one rounding to the type of the result. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void sumsAreThoseOfFp32(DType dtype, Random random) {
    int rows = 48;
    int cols = 200;
    int batch = 11;
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, rows * cols), rows, cols);
    DenseMatrix x = there(Samples.floats(random, batch * cols), dtype, batch, cols);
    DenseMatrix y = DenseMatrix.allocate(GPU, dtype, batch, rows);
    try (SparseMatrix w = SparseMatrix.prune(rounded(dense, dtype), Pattern.P2_4);
        SparseMatrix onGpu = w.to(GPU, dtype)) {
      onGpu.linear(x, y);
      float[] weights = w.decompress().toArray();
      float[] activations = x.toArray();
      float[] results = y.toArray();
      double unit = dtype == DType.BF16 ? 0x1p-8 : 0x1p-11; // rounding to nearest: half an ulp
      for (int i = 0; i < results.length; i++) {
        double sum = 0;
        double magnitude = 0;
        for (int k = 0; k < cols; k++) {
          double product = (double) weights[i % rows * cols + k] * activations[i / rows * cols + k];
          sum += product;
          magnitude += Math.abs(product);
        }
        double error = cols * 0x1p-23 * magnitude;
        assertEquals(sum, results[i], error + unit * (Math.abs(sum) + error), "element " + i);
      }
    }
  }

  /** A second pass over results that are rounded already. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void geluIsExact(DType dtype, Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    DenseMatrix x = there(small(random, 4 * 32), dtype, 4, 32);
    DenseMatrix y = DenseMatrix.allocate(GPU, dtype, 4, 16);
    DenseMatrix plain = DenseMatrix.allocate(GPU, dtype, 4, 16);
    Epilogue quarter = Epilogue.NONE.alpha(0.25f);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P1_4).to(GPU, dtype)) {
      w.linear(x, plain, quarter);
      w.linear(x, y, quarter.activation(Activation.GELU));
    }
    float[] sums = plain.toArray();
    float[] results = y.toArray();
    double unit = dtype == DType.F32 ? 0x1p-24 : dtype == DType.BF16 ? 0x1p-8 : 0x1p-11;
    for (int i = 0; i < sums.length; i++) {
      double expected = Reference.gelu(sums[i]);
      double error = 4e-7 * Math.max(1, Math.abs(sums[i])); // of the function, as on the CPU
      assertEquals(expected, results[i], error + unit * Math.abs(expected), "of " + sums[i]);
    }
  }

  private static DenseMatrix rounded(DenseMatrix matrix, DType dtype) {
    DenseMatrix rounded = DenseMatrix.allocate(dtype, matrix.rows(), matrix.cols());
    rounded.copyFrom(matrix.toArray());
    return DenseMatrix.copyOf(rounded.toArray(), matrix.rows(), matrix.cols());
  }

  /** A wrong mask bit has to show: another weight is kept, and the product differs. */
  @Test
  void anotherMaskGivesAnotherProduct(Random random) {
    float[] values = small(random, 32 * 64);
    DenseMatrix dense = DenseMatrix.copyOf(values, 32, 64);
    byte[] bits = Mask.magnitude(dense, Pattern.P2_4).toBytes();
    bits[5] ^= 0xf; // of the four weights of a group, the other two
    DenseMatrix x = there(small(random, 64 * 8), DType.BF16, 8, 64);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 8, 32);
    DenseMatrix other = DenseMatrix.allocate(GPU, DType.BF16, 8, 32);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4).to(GPU, DType.BF16);
        SparseMatrix v =
            SparseMatrix.of(dense, Mask.of(bits, 32, 64), Pattern.P2_4).to(GPU, DType.BF16)) {
      w.linear(x, y);
      v.linear(x, other);
      int differ = 0;
      for (int i = 0; i < 8; i++) {
        for (int row = 0; row < 32; row++) {
          boolean same = y.toArray()[i * 32 + row] == other.toArray()[i * 32 + row];
          assertTrue(same || row == 0, "row " + row);
          differ += same ? 0 : 1;
        }
      }
      assertTrue(differ > 0, "the products do not differ");
    }
  }

  @Test
  void queuedProductsFollowEachOther(Random random) {
    try (SparseMatrix w = SparseMatrix.prune(square(random), Pattern.P2_4);
        SparseMatrix onGpu = w.to(GPU, DType.BF16);
        DeviceStream stream = DeviceStream.create(GPU)) {
      Execution queued = Execution.on(stream);
      DenseMatrix host = DenseMatrix.allocate(DType.BF16, 8, 32);
      DenseMatrix x = DenseMatrix.allocate(GPU, DType.BF16, 8, 32);
      DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 8, 32);
      DenseMatrix z = DenseMatrix.allocate(GPU, DType.BF16, 8, 32);
      DenseMatrix out = DenseMatrix.allocate(DType.BF16, 8, 32);
      host.copyFrom(units(random));
      stream.copy(host, x);
      onGpu.linear(x, y, Epilogue.NONE, queued);
      onGpu.linear(y, z, Epilogue.NONE.alpha(0.5f), queued);
      stream.copy(z, out);
      stream.synchronize();
      DenseMatrix between = DenseMatrix.allocate(8, 32);
      DenseMatrix expected = DenseMatrix.allocate(8, 32);
      w.linear(DenseMatrix.copyOf(host.toArray(), 8, 32), between);
      w.linear(between, expected, Epilogue.NONE.alpha(0.5f));
      assertArrayEquals(expected.toArray(), out.toArray());
    }
  }

  /** One in four weights of +-1, so that two products in a row stay exact in bf16. */
  private static DenseMatrix square(Random random) {
    DenseMatrix w = DenseMatrix.allocate(32, 32);
    for (int i = 0; i < 32 * 32; i += 8) {
      w.set(i / 32, i % 32 + random.nextInt(8), random.nextBoolean() ? 1 : -1);
    }
    return w;
  }

  private static float[] units(Random random) {
    float[] values = new float[8 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextBoolean() ? 1 : -1;
    }
    return values;
  }

  @Test
  void severalBlocksAreMultiplied(Random random) {
    try (SparseMatrix w =
            SparseMatrix.prune(DenseMatrix.copyOf(small(random, 24 * 32), 24, 32), Pattern.P2_4);
        SparseMatrix onGpu = w.to(GPU, DType.F16)) {
      float[] x = small(random, 3 * 32 * 9);
      DenseMatrix y = DenseMatrix.allocate(3 * 24, 9);
      DenseMatrix gpuY = DenseMatrix.allocate(GPU, DType.F16, 3 * 24, 9);
      Execution caller = Execution.caller();
      w.multiplyEach(3, DenseMatrix.copyOf(x, 3 * 32, 9), y, Epilogue.NONE, caller);
      onGpu.multiplyEach(3, there(x, DType.F16, 3 * 32, 9), gpuY, Epilogue.NONE, caller);
      assertArrayEquals(y.toArray(), gpuY.toArray());
    }
  }

  @Test
  void weightsThatLieOnTheGpuStayThere(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 32 * 64), 32, 64);
    Mask.magnitude(dense, Pattern.P2_4).apply(dense);
    DenseMatrix there = there(dense.toArray(), DType.BF16, 32, 64);
    float[] x = small(random, 8 * 64);
    DenseMatrix y = DenseMatrix.allocate(8, 32);
    DenseMatrix gpuY = DenseMatrix.allocate(GPU, DType.BF16, 8, 32);
    try (SparseMatrix w = SparseMatrix.ofSparse(dense, Pattern.P2_4);
        SparseMatrix onGpu = SparseMatrix.ofSparse(there, Pattern.P2_4)) {
      assertSame(GPU, onGpu.device());
      assertEquals(DType.BF16, onGpu.dtype());
      w.linear(DenseMatrix.copyOf(x, 8, 64), y);
      onGpu.linear(there(x, DType.BF16, 8, 64), gpuY);
      assertArrayEquals(y.toArray(), gpuY.toArray());
    }
    DenseMatrix full = there(small(random, 32 * 64), DType.BF16, 32, 64);
    Misuse.fails(ErrorCode.PATTERN_BREACH, () -> SparseMatrix.ofSparse(full, Pattern.P2_4));
  }

  @Test
  void aTransposeIsCopiedIfItObeysThePatternToo() {
    DenseMatrix both = DenseMatrix.allocate(8, 8);
    DenseMatrix onlyRows = DenseMatrix.allocate(8, 8);
    for (int i = 0; i < 8; i++) {
      both.set(i, i, i + 1);
      onlyRows.set(i, 0, i + 1);
    }
    DenseMatrix x = there(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, DType.BF16, 1, 8);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 1, 8);
    try (SparseMatrix w = SparseMatrix.prune(both, Pattern.P2_4);
        SparseMatrix onGpu = w.transposed().to(GPU, DType.BF16)) {
      assertTrue(onGpu.isTransposed());
      onGpu.linear(x, y);
      assertArrayEquals(new float[] {1, 4, 9, 16, 25, 36, 49, 64}, y.toArray());
    }
    try (SparseMatrix w = SparseMatrix.prune(onlyRows, Pattern.P2_4);
        SparseMatrix t = w.transposed()) {
      Misuse.fails(ErrorCode.PATTERN_BREACH, () -> t.to(GPU, DType.BF16));
    }
  }

  @Test
  void whatTheGpuLacksIsRefused(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    ErrorCode unsupported = ErrorCode.UNSUPPORTED;
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.of(3, 4), DType.S8)) {
      Misuse.fails(unsupported, () -> w.to(GPU), "3:4");
    }
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4)) {
      Misuse.fails(unsupported, () -> w.to(GPU, DType.U8));
      Misuse.fails(unsupported, () -> w.to(GPU, DType.S8), "cannot become S8");
      try (SparseMatrix g = w.to(GPU, DType.BF16)) {
        DenseMatrix x = DenseMatrix.allocate(GPU, DType.BF16, 4, 32);
        DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
        DenseMatrix floats = DenseMatrix.allocate(GPU, DType.F32, 4, 32);
        Misuse.fails(unsupported, () -> g.linear(floats, y), "x must be of BF16");
        Misuse.fails(unsupported, () -> g.linear(x, DenseMatrix.allocate(GPU, DType.F32, 4, 16)));
        Misuse.fails(
            unsupported,
            () -> g.linear(x, y, Epilogue.NONE.bias(DenseMatrix.allocate(GPU, DType.F32, 1, 16))),
            "bias must be of BF16");
        Misuse.fails(
            unsupported, () -> g.linear(x, y, Epilogue.NONE.activation(Activation.GELU_TANH)));
      }
    }
  }

  @Test
  void operandsElsewhereAreRefused(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4).to(GPU, DType.BF16)) {
      DenseMatrix x = DenseMatrix.allocate(DType.BF16, 4, 32);
      DenseMatrix y = DenseMatrix.allocate(DType.BF16, 4, 16);
      DenseMatrix gpuX = x.to(GPU);
      DenseMatrix gpuY = y.to(GPU);
      Misuse.illegalArgument(() -> w.linear(x, gpuY), "x must be in memory of cuda:0");
      Misuse.illegalArgument(() -> w.linear(gpuX, y), "y must be in memory of cuda:0");
      Misuse.illegalArgument(
          () -> w.linear(gpuX, gpuY, Epilogue.NONE.bias(DenseMatrix.allocate(DType.BF16, 1, 16))),
          "bias must be in memory of cuda:0");
      Misuse.illegalArgument(
          () -> w.linear(gpuX, gpuY, Epilogue.NONE.add(1, y)), "c must be in memory of cuda:0");
      Misuse.illegalArgument(() -> w.linear(gpuX, gpuX));
      Misuse.illegalArgument(
          () -> w.linear(DenseMatrix.allocate(GPU, DType.BF16, 4, 31), gpuY), "4 x 32", "4 x 31");
    }
  }

  @Test
  void aClosedMatrixRefusesEveryCall(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    DenseMatrix x = DenseMatrix.allocate(GPU, DType.BF16, 4, 32);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
    SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4).to(GPU, DType.BF16);
    assertTrue(w.bytes() > 0);
    assertTrue(w.kernel(Layout.BATCH_MAJOR, 4, DType.BF16).startsWith("cusparselt_"));
    assertEquals(
        Nm4j.cuda().simulated(),
        w.kernel(Layout.BATCH_MAJOR, 4, DType.BF16).endsWith("_simulated"));
    w.close();
    w.close();
    assertTrue(w.isClosed());
    assertTrue(w.toString().contains("closed"));
    Misuse.illegalState(() -> w.linear(x, y), "the matrix is closed");
    Misuse.illegalState(() -> w.kernel(Layout.BATCH_MAJOR, 4, DType.BF16), "closed");
  }

  @Test
  void closingWaitsForQueuedProducts(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    DenseMatrix x = there(small(random, 4 * 32), DType.BF16, 4, 32);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
    DenseMatrix again = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4);
        DeviceStream stream = DeviceStream.create(GPU)) {
      try (SparseMatrix w = cpu.to(GPU, DType.BF16)) {
        w.linear(x, y, Epilogue.NONE, Execution.on(stream));
      } // freed here, without synchronisation
      stream.synchronize();
      try (SparseMatrix w = cpu.to(GPU, DType.BF16)) {
        w.linear(x, again);
      }
      assertArrayEquals(again.toArray(), y.toArray());
    }
  }

  @Test
  void nothingHappensForAnEmptyBatch(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(small(random, 16 * 32), 16, 32);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4).to(GPU, DType.BF16)) {
      w.linear(
          DenseMatrix.allocate(GPU, DType.BF16, 0, 32),
          DenseMatrix.allocate(GPU, DType.BF16, 0, 16));
    }
  }

  @Test
  void quantizedResults() {
    float[] values = new float[8 * 32];
    for (int i = 0; i < values.length; i += 32) {
      values[i] = 3;
    }
    DenseMatrix x = there(new float[] {10, 20, 60}, DType.S8, 3, 1);
    DenseMatrix wide = DenseMatrix.allocate(GPU, DType.S8, 3, 32);
    float[] activations = new float[3 * 32];
    float[] column = x.toArray();
    for (int i = 0; i < 3; i++) {
      activations[32 * i] = column[i];
    }
    wide.copyFrom(activations);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.S8, 3, 8);
    try (SparseMatrix w = weights(values, 8, 32, Pattern.P2_4, DType.S8).to(GPU)) {
      w.linear(wide.quantized(0.5f, 0), y.quantized(2, 0));
      // row 0: 3 * (0.5 * x) / 2 to nearest, ties to even; row 1 half of it
      float[] results = y.toArray();
      assertArrayEquals(new float[] {8, 15, 45}, new float[] {results[0], results[8], results[16]});
      assertArrayEquals(new float[] {4, 8, 22}, new float[] {results[1], results[9], results[17]});
      ErrorCode unsupported = ErrorCode.UNSUPPORTED;
      Misuse.fails(unsupported, () -> w.linear(wide.quantized(1, 3), y), "zero");
      DenseMatrix one = DenseMatrix.allocate(GPU, DType.F32, 1, 8);
      Misuse.fails(unsupported, () -> w.linear(wide, y, Epilogue.NONE.scale(one)), "factors");
      Misuse.fails(
          unsupported, () -> w.linear(wide, y.quantized(2, 0), Epilogue.NONE.bias(one)), "bias");
    }
  }
}
