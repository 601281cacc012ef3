/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that are packed on a GPU, changed there and read back: as on the CPU. */
@GpuTest
@RandomTest
class GpuWeightsTest {
  private static final Device GPU = Device.cuda(0);
  private static final Execution CALLER = Execution.caller();

  private static DenseMatrix integers(Random random, int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (random.nextBoolean() ? 1 : -1) * (1 + random.nextInt(4));
    }
    return DenseMatrix.copyOf(values, rows, cols);
  }

  private static DenseMatrix there(DenseMatrix matrix, DType dtype) {
    DenseMatrix copy = DenseMatrix.allocate(GPU, dtype, matrix.rows(), matrix.cols());
    copy.copyFrom(matrix.toArray());
    return copy;
  }

  /** 2:4 runs on tensor cores, fp32 and what keeps more or other shares on ordinary ones. */
  private static Pattern[] patterns() {
    return new Pattern[] {
      Pattern.P2_4, Pattern.P1_2, Pattern.P1_4, Pattern.P4_8, Pattern.of(3, 5), Pattern.of(7, 32)
    };
  }

  private static float[] product(SparseMatrix w, DenseMatrix x, DType dtype) {
    DenseMatrix y = DenseMatrix.allocate(GPU, dtype, x.rows(), w.rows());
    w.linear(there(x, dtype), y);
    return y.toArray();
  }

  /** Sums are exact in fp32; then one rounding. */
  private static float[] expected(SparseMatrix w, DenseMatrix x, DType dtype) {
    DenseMatrix y = DenseMatrix.allocate(x.rows(), w.rows());
    w.linear(x, y);
    return rounded(y, dtype);
  }

  private static float[] rounded(DenseMatrix matrix, DType dtype) {
    DenseMatrix rounded = DenseMatrix.allocate(dtype, matrix.rows(), matrix.cols());
    rounded.copyFrom(matrix.toArray());
    return rounded.toArray();
  }

  private static void assertSameWeights(SparseMatrix cpu, SparseMatrix gpu) {
    assertSame(GPU, gpu.device());
    assertEquals(cpu.pattern(), gpu.pattern());
    assertArrayEquals(cpu.decompress().toArray(), gpu.decompress().toArray(), gpu::toString);
    assertEquals(cpu.compressed().mask(), gpu.compressed().mask());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void everyPatternIsPrunedAndMultiplied(DType dtype, Random random) {
    for (Pattern pattern : patterns()) {
      DenseMatrix dense = integers(random, 37, 70);
      DenseMatrix x = integers(random, 5, 70);
      try (SparseMatrix cpu = SparseMatrix.prune(dense, pattern);
          SparseMatrix gpu = SparseMatrix.prune(there(dense, dtype), pattern, dtype);
          SparseMatrix copy = cpu.to(GPU, dtype)) {
        assertEquals(dtype, gpu.dtype());
        assertSameWeights(cpu, gpu);
        assertSameWeights(cpu, copy);
        assertArrayEquals(expected(cpu, x, dtype), product(gpu, x, dtype), gpu::toString);
        assertArrayEquals(expected(cpu, x, dtype), product(copy, x, dtype), copy::toString);
        boolean tensorCores =
            pattern.m() % (dtype == DType.F32 ? 2 : 4) == 0
                && pattern.n() <= (dtype == DType.F32 ? 1 : 2);
        String kernel = gpu.kernel(Layout.BATCH_MAJOR, 5, dtype);
        assertTrue(kernel.startsWith(tensorCores ? "cusparselt_" : "panels_"), kernel);
      }
    }
  }

  /** What is told apart: epilogues and layouts on ordinary cores, with all there is. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void panelsTakeEveryEpilogue(DType dtype, Random random) {
    DenseMatrix dense = integers(random, 33, 48);
    DenseMatrix bias = integers(random, 1, 33);
    DenseMatrix c = integers(random, 33, 6);
    DenseMatrix x = integers(random, 48, 6);
    DenseMatrix y = DenseMatrix.allocate(33, 6);
    DenseMatrix gpuY = DenseMatrix.allocate(GPU, dtype, 33, 6);
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.of(1, 3));
        SparseMatrix gpu = cpu.to(GPU, dtype)) {
      Epilogue relu = Epilogue.NONE.alpha(2).activation(Activation.RELU);
      cpu.multiply(x, y, relu.bias(bias).add(-3, c));
      gpu.multiply(there(x, dtype), gpuY, relu.bias(there(bias, dtype)).add(-3, there(c, dtype)));
      assertArrayEquals(rounded(y, dtype), gpuY.toArray());
      DenseMatrix scale = integers(random, 1, 33);
      cpu.multiply(x, y, Epilogue.NONE.scale(scale));
      gpu.multiply(there(x, dtype), gpuY, Epilogue.NONE.scale(there(scale, DType.F32)));
      assertArrayEquals(rounded(y, dtype), gpuY.toArray());
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> gpu.multiply(there(x, DType.S8), gpuY),
          "x must be of " + dtype);
      Misuse.illegalArgument(
          () -> gpu.multiply(DenseMatrix.allocate(dtype, 48, 6), gpuY),
          "x must be in memory of cuda:0");
    }
  }

  @Test
  void integersAreQuantizedOnTheGpu(Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, 24 * 64), 24, 64);
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4, DType.S8);
        SparseMatrix gpu = SparseMatrix.prune(dense.to(GPU), Pattern.P2_4, DType.S8);
        SparseMatrix copy = cpu.to(GPU)) {
      assertArrayEquals(cpu.scales(), gpu.scales());
      assertSameWeights(cpu, gpu);
      assertSameWeights(cpu, copy);
    }
    dense.set(3, 7, Float.POSITIVE_INFINITY);
    Misuse.fails(
        ErrorCode.NAN,
        () -> SparseMatrix.prune(dense.to(GPU), Pattern.P2_4, DType.S8),
        "row 3, column 7");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void aMaskDecides(DType dtype, Random random) {
    for (Pattern pattern : patterns()) {
      DenseMatrix dense = integers(random, 18, 36);
      Mask mask = Mask.random(18, 36, pattern, random.nextLong());
      try (SparseMatrix cpu = SparseMatrix.of(dense, mask, pattern);
          SparseMatrix gpu = SparseMatrix.of(there(dense, dtype), mask.to(GPU), pattern)) {
        assertSameWeights(cpu, gpu);
      }
      Mask more = Mask.random(18, 36, Pattern.of(31, 32), 1).to(GPU);
      Misuse.fails(
          ErrorCode.PATTERN_BREACH,
          () -> SparseMatrix.of(there(dense, dtype), more, pattern),
          "mask",
          "row 0, column 0");
      Misuse.illegalArgument(
          () -> SparseMatrix.of(there(dense, dtype), mask, pattern), "mask must be on cuda:0");
    }
    DenseMatrix nan = DenseMatrix.allocate(18, 36);
    nan.set(2, 3, Float.NaN);
    Mask all = Mask.magnitude(nan, Pattern.P2_4, NanPolicy.KEEP).to(GPU);
    Misuse.fails(
        ErrorCode.NAN,
        () -> SparseMatrix.of(there(nan, dtype), all, Pattern.P2_4),
        "row 2, column 3");
  }

  @Test
  void weightsThatDoNotObeyAreNamed(Random random) {
    DenseMatrix dense = integers(random, 8, 32);
    Mask.magnitude(dense, Pattern.P1_4).apply(dense);
    for (int col = 20; col < 24; col++) {
      dense.set(6, col, col < 22 ? 1 : 0); // 2:4, but not 1:4
    }
    SparseMatrix.ofSparse(there(dense, DType.BF16), Pattern.P2_4).close();
    Misuse.fails(
        ErrorCode.PATTERN_BREACH,
        () -> SparseMatrix.ofSparse(there(dense, DType.BF16), Pattern.P1_4),
        "1:4",
        "row 6, column 20");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void refreshReplacesTheWeights(DType dtype, Random random) {
    for (Pattern pattern : patterns()) {
      DenseMatrix x = integers(random, 3, 40);
      try (SparseMatrix cpu = SparseMatrix.prune(integers(random, 20, 40), pattern);
          SparseMatrix gpu = cpu.to(GPU, dtype)) {
        long bytes = gpu.bytes();
        for (int i = 0; i < 3; i++) {
          DenseMatrix next = integers(random, 20, 40);
          Mask mask = Mask.random(20, 40, pattern, random.nextLong());
          cpu.refresh(next, mask, CALLER);
          gpu.refresh(there(next, i == 0 ? DType.F32 : dtype), mask.to(GPU), CALLER);
          assertSameWeights(cpu, gpu);
          assertArrayEquals(expected(cpu, x, dtype), product(gpu, x, dtype));
          mask.apply(next);
          next.set(0, 0, 0);
          cpu.refresh(next, Execution.parallel());
          gpu.refresh(there(next, dtype), CALLER);
          assertSameWeights(cpu, gpu);
        }
        assertEquals(bytes, gpu.bytes());
      }
    }
  }

  @Test
  void refreshedIntegersHaveNewScales(Random random) {
    DenseMatrix x = integers(random, 4, 32);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
    DenseMatrix expected = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
    DenseMatrix first = DenseMatrix.copyOf(Samples.floats(random, 16 * 32), 16, 32);
    DenseMatrix next = DenseMatrix.copyOf(Samples.floats(random, 16 * 32), 16, 32);
    Mask mask = Mask.magnitude(next, Pattern.P2_4);
    try (SparseMatrix gpu = SparseMatrix.prune(first.to(GPU), Pattern.P2_4, DType.S8);
        SparseMatrix fresh = SparseMatrix.prune(next.to(GPU), Pattern.P2_4, DType.S8)) {
      gpu.linear(there(x, DType.S8), y);
      gpu.refresh(next.to(GPU), mask.to(GPU), CALLER);
      assertArrayEquals(fresh.scales(), gpu.scales());
      gpu.linear(there(x, DType.S8), y);
      fresh.linear(there(x, DType.S8), expected);
      assertArrayEquals(expected.toArray(), y.toArray());
    }
  }

  /** Products queued before see the old weights, on whatever stream. */
  @Test
  void queuedProductsKeepTheWeightsTheyWereQueuedWith(Random random) {
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, Pattern.of(3, 4)}) {
      DenseMatrix before = integers(random, 16, 32);
      DenseMatrix after = integers(random, 16, 32);
      DenseMatrix x = there(integers(random, 4, 32), DType.BF16);
      DenseMatrix early = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
      DenseMatrix late = DenseMatrix.allocate(GPU, DType.BF16, 4, 16);
      Mask mask = Mask.magnitude(after, pattern).to(GPU);
      try (SparseMatrix w = SparseMatrix.prune(there(before, DType.BF16), pattern, DType.BF16);
          DeviceStream products = DeviceStream.create(GPU);
          DeviceStream updates = DeviceStream.create(GPU)) {
        w.linear(x, early, Epilogue.NONE, Execution.on(products));
        w.refresh(there(after, DType.BF16), mask, Execution.on(updates));
        w.linear(x, late, Epilogue.NONE, Execution.on(products));
        products.synchronize();
        DenseMatrix hostX = DenseMatrix.copyOf(x.toArray(), 4, 32);
        try (SparseMatrix old = SparseMatrix.prune(before, pattern);
            SparseMatrix young = SparseMatrix.prune(after, pattern)) {
          assertArrayEquals(expected(old, hostX, DType.BF16), early.toArray());
          assertArrayEquals(expected(young, hostX, DType.BF16), late.toArray());
        }
      }
    }
  }

  /** Weights and mask that are queued on a stream are those that a refresh on it packs. */
  @Test
  void refreshFollowsAQueuedMask(Random random) {
    for (Pattern pattern : new Pattern[] {Pattern.P2_4, Pattern.of(3, 4)}) {
      DenseMatrix next = integers(random, 16, 32);
      DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 16, 32);
      try (SparseMatrix cpu = SparseMatrix.prune(next, pattern);
          SparseMatrix w = SparseMatrix.prune(integers(random, 16, 32).to(GPU), pattern);
          DeviceStream stream = DeviceStream.create(GPU)) {
        Execution queued = Execution.on(stream);
        stream.copy(next, there);
        Mask mask = Mask.magnitude(there, pattern, NanPolicy.KEEP, queued);
        w.refresh(there, mask, queued);
        stream.synchronize();
        assertSameWeights(cpu, w);
      }
    }
  }

  /** A product that had to wait has the scales of the integers that it finds. */
  @Test
  void scalesAreThoseOfTheIntegers() throws Exception {
    DenseMatrix ones = DenseMatrix.copyOf(constant(8 * 32, 1), 8, 32);
    DenseMatrix threes = DenseMatrix.copyOf(constant(8 * 32, 3), 8, 32).to(GPU);
    Mask mask = Mask.magnitude(threes, Pattern.P2_4);
    DenseMatrix x = there(ones.rows(0, 2), DType.S8);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 2, 8);
    try (SparseMatrix w = SparseMatrix.prune(ones.to(GPU), Pattern.P2_4, DType.S8)) {
      Thread product = new Thread(() -> w.linear(x, y));
      synchronized (GPU) { // the shared stream cannot be had meanwhile
        product.start();
        while (product.getState() != Thread.State.BLOCKED) {
          Thread.onSpinWait();
        }
        w.refresh(threes, mask, CALLER);
      }
      product.join();
      assertArrayEquals(constant(16, 48), y.toArray(), 0.5f);
    }
  }

  /** A product has integers and scales of one moment, whoever replaces them meanwhile. */
  @Test
  void productsBesideARefreshAreOldOrNew(Random random) throws Exception {
    DenseMatrix ones = DenseMatrix.copyOf(constant(8 * 32, 1), 8, 32);
    DenseMatrix threes = DenseMatrix.copyOf(constant(8 * 32, 3), 8, 32);
    DenseMatrix[] weights = {ones.to(GPU), threes.to(GPU)};
    Mask mask = Mask.magnitude(ones, Pattern.P2_4).to(GPU);
    DenseMatrix x = there(ones.rows(0, 2), DType.S8);
    try (SparseMatrix w = SparseMatrix.prune(weights[0], Pattern.P2_4, DType.S8)) {
      AtomicBoolean done = new AtomicBoolean();
      CompletableFuture<Void> products =
          CompletableFuture.runAsync(
              () -> {
                DenseMatrix y = DenseMatrix.allocate(GPU, DType.BF16, 2, 8);
                ProductBatch batch = new ProductBatch();
                whenFree(() -> batch.linear(w, x, y));
                while (!done.get()) {
                  whenFree(() -> w.linear(x, y));
                  assertOldOrNew(y.toArray());
                  whenFree(() -> batch.run(CALLER));
                  assertOldOrNew(y.toArray());
                  DenseMatrix dense = DenseMatrix.allocate(8, 32);
                  whenFree(() -> w.decompress(0, dense));
                  assertEquals(dense.get(0, 0), dense.get(7, 0), 1e-3);
                  assertTrue(Math.abs(dense.get(0, 0) - 2) > 0.9, () -> "got " + dense.get(0, 0));
                }
              });
      try {
        for (int i = 1; i < 30 && !products.isDone(); i++) {
          DenseMatrix next = weights[i % 2];
          whenFree(() -> w.refresh(next, mask, CALLER));
        }
      } finally {
        done.set(true);
      }
      products.get();
    }
  }

  private static float[] constant(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }

  /** 16 products of ones and ones, or of ones and threes. */
  private static void assertOldOrNew(float[] y) {
    for (float value : y) {
      assertTrue(
          Math.abs(value - 32) < 17 && Math.abs(Math.abs(value - 32) - 16) < 0.5, "" + value);
      assertEquals(y[0], value);
    }
  }

  /** Exclusive calls and others refuse each other. */
  private static void whenFree(Runnable call) {
    while (true) {
      try {
        call.run();
        return;
      } catch (IllegalStateException e) {
        assertTrue(e.getMessage().contains("in use"), e.getMessage());
        Thread.yield();
      }
    }
  }

  @Test
  void closingBesideProductsIsRefusedOrSeen(Random random) throws Exception {
    DenseMatrix dense = integers(random, 16, 32).to(GPU);
    DenseMatrix x = integers(random, 4, 32).to(GPU);
    for (int round = 0; round < 8; round++) {
      SparseMatrix w = SparseMatrix.prune(dense, Pattern.P1_2);
      CountDownLatch started = new CountDownLatch(1);
      CompletableFuture<Void> products =
          CompletableFuture.runAsync(
              () -> {
                DenseMatrix y = DenseMatrix.allocate(GPU, DType.F32, 4, 16);
                try {
                  while (true) {
                    w.linear(x, y);
                    started.countDown();
                  }
                } catch (IllegalStateException e) {
                  assertTrue(e.getMessage().contains("closed"), e.getMessage());
                }
              });
      started.await();
      whenFree(w::close);
      products.get();
      assertTrue(w.isClosed());
    }
  }

  @Test
  void integersThatStandForOtherNumbersAreRefused(Random random) {
    DenseMatrix dense = there(integers(random, 16, 32), DType.S8);
    Mask mask = Mask.magnitude(dense, Pattern.P2_4);
    DenseMatrix obey = DenseMatrix.allocate(GPU, DType.S8, 16, 32);
    mask.apply(dense, obey);
    try (SparseMatrix w = SparseMatrix.of(dense, mask, Pattern.P2_4)) {
      float[] before = w.decompress().toArray();
      for (DenseMatrix q : new DenseMatrix[] {obey.quantized(0.1f, 0), obey.quantized(1, 3)}) {
        List<Executable> calls =
            List.of(
                () -> SparseMatrix.of(q, mask, Pattern.P2_4),
                () -> SparseMatrix.ofSparse(q, Pattern.P2_4),
                () -> SparseMatrix.prune(q, Pattern.P2_4, DType.S8),
                () -> SparseMatrix.prune(q, Pattern.P2_4, DType.BF16),
                () -> w.refresh(q, mask, CALLER),
                () -> w.refresh(q, CALLER));
        for (Executable call : calls) {
          Misuse.fails(
              ErrorCode.UNSUPPORTED,
              call,
              "w must be integers of scale 1 and zero 0",
              q.scale() + " and " + q.zero());
        }
      }
      assertArrayEquals(before, w.decompress().toArray());
    }
  }

  /** Without a type a GPU keeps that of the weights: bf16 and fp16 stay on tensor cores. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "S8"})
  void prunedWeightsKeepTheirType(DType dtype, Random random) {
    DenseMatrix dense = there(integers(random, 16, 32), dtype);
    try (SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4)) {
      assertEquals(dtype, w.dtype());
      String kernel = w.kernel(Layout.BATCH_MAJOR, 4);
      assertTrue(kernel.startsWith(dtype == DType.F32 ? "panels_" : "cusparselt_"), kernel);
      assertTrue(kernel.contains(dtype.name().toLowerCase(Locale.ROOT)), kernel);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8"})
  void weightsComeBackToTheCpu(DType dtype, Random random) {
    DenseMatrix dense = DenseMatrix.copyOf(Samples.floats(random, 20 * 70), 20, 70);
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4, dtype);
        SparseMatrix gpu = cpu.to(GPU);
        SparseMatrix back = gpu.to(Device.cpu())) {
      assertTrue(back.device().isCpu());
      assertEquals(dtype, back.dtype());
      assertEquals(cpu.pattern(), back.pattern());
      assertArrayEquals(cpu.decompress().toArray(), back.decompress().toArray());
      assertArrayEquals(cpu.scales(), back.scales());
      assertEquals(cpu.compressed().mask().count(), back.compressed().mask().count());
    }
  }

  @Test
  void typesThatTheCpuLacksComeBackAsOthers(Random random) {
    DenseMatrix dense = integers(random, 16, 32);
    Mask both = Mask.transposable(dense, Pattern.P2_4);
    try (SparseMatrix gpu = SparseMatrix.prune(there(dense, DType.F16), Pattern.P2_4);
        SparseMatrix wide = gpu.to(Device.cpu(), DType.F32);
        SparseMatrix narrow = gpu.to(Device.cpu(), DType.BF16);
        SparseMatrix square = SparseMatrix.of(there(dense, DType.F16), both.to(GPU), Pattern.P2_4);
        SparseMatrix turned = square.transposed()) {
      assertArrayEquals(gpu.decompress().toArray(), wide.decompress().toArray());
      assertArrayEquals(gpu.decompress().toArray(), narrow.decompress().toArray());
      Misuse.illegalArgument(() -> gpu.to(Device.cpu()), "F32, BF16 or S8", "F16");
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> gpu.to(Device.cpu(), DType.S8), "S8", "cpu");
      assertThrows(UnsupportedOperationException.class, () -> turned.to(Device.cpu(), DType.F32));
    }
  }

  @Test
  void aRefreshThatIsRefusedChangesNothing(Random random) {
    DenseMatrix dense = integers(random, 16, 32);
    try (SparseMatrix w = SparseMatrix.prune(there(dense, DType.BF16), Pattern.P2_4, DType.BF16)) {
      float[] before = w.decompress().toArray();
      DenseMatrix full = there(dense, DType.BF16);
      Misuse.fails(ErrorCode.PATTERN_BREACH, () -> w.refresh(full, CALLER), "row 0, column 0");
      DenseMatrix nan = DenseMatrix.allocate(16, 32);
      nan.set(9, 2, Float.NaN);
      Misuse.fails(
          ErrorCode.NAN, () -> w.refresh(there(nan, DType.BF16), CALLER), "row 9, column 2");
      Misuse.illegalArgument(() -> w.refresh(dense, CALLER), "w must be on cuda:0");
      DenseMatrix wrong = DenseMatrix.allocate(GPU, DType.BF16, 16, 31);
      Misuse.illegalArgument(() -> w.refresh(wrong, CALLER), "16 x 32", "16 x 31");
      Misuse.fails(
          ErrorCode.UNSUPPORTED,
          () -> w.refresh(DenseMatrix.allocate(GPU, DType.U8, 16, 32), CALLER));
      assertArrayEquals(before, w.decompress().toArray());
    }
  }

  @Test
  void aClosedMatrixRefusesEveryCall(Random random) {
    DenseMatrix dense = there(integers(random, 16, 32), DType.BF16);
    SparseMatrix w = SparseMatrix.prune(dense, Pattern.P2_4, DType.BF16);
    w.close();
    Mask mask = Mask.magnitude(dense, Pattern.P2_4);
    Misuse.illegalState(() -> w.refresh(dense, mask, CALLER), "the matrix is closed");
    Misuse.illegalState(w::decompress, "closed");
    Misuse.illegalState(w::compressed, "closed");
    Misuse.illegalState(w::transposed, "closed");
    Misuse.illegalState(() -> w.tune(Layout.BATCH_MAJOR, 4, DType.BF16, CALLER), "closed");
  }

  @Test
  void someRowsAreReadIntoAnyMemory(Random random) {
    DenseMatrix dense = integers(random, 20, 300); // more than one block of columns
    try (SparseMatrix cpu = SparseMatrix.prune(dense, Pattern.P2_4);
        SparseMatrix gpu = cpu.to(GPU, DType.F16)) {
      DenseMatrix expected = DenseMatrix.allocate(4, 300);
      DenseMatrix out = DenseMatrix.allocate(GPU, DType.F32, 4, 300);
      cpu.decompress(7, expected);
      gpu.decompress(7, out);
      assertArrayEquals(expected.toArray(), out.toArray());
      Misuse.outOfBounds(() -> gpu.decompress(17, out));
    }
  }

  @Test
  void weightsThatAreNotFiniteAreNotReadBack() {
    DenseMatrix w = DenseMatrix.allocate(4, 8);
    w.set(2, 5, Float.POSITIVE_INFINITY);
    w.set(1, 1, 3);
    try (SparseMatrix gpu = SparseMatrix.prune(there(w, DType.BF16), Pattern.P2_4, DType.BF16)) {
      DenseMatrix row = DenseMatrix.allocate(1, 8);
      gpu.decompress(1, row);
      assertEquals(3, row.get(0, 1));
      Misuse.fails(ErrorCode.NAN, gpu::decompress, "row 2");
      Misuse.fails(ErrorCode.NAN, gpu::transposed, "row 2");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void aTransposeNeedsATransposableMask(DType dtype, Random random) {
    DenseMatrix dense = integers(random, 20, 36);
    Mask mask = Mask.transposable(dense, Pattern.P2_4);
    DenseMatrix dy = integers(random, 3, 20);
    try (SparseMatrix cpu = SparseMatrix.of(dense, mask, Pattern.P2_4);
        SparseMatrix gpu = SparseMatrix.of(there(dense, dtype), mask.to(GPU), Pattern.P2_4);
        SparseMatrix cpuT = cpu.transposed();
        SparseMatrix gpuT = gpu.transposed()) {
      assertSame(GPU, gpuT.device());
      assertTrue(gpuT.isTransposed());
      assertArrayEquals(expected(cpuT, dy, dtype), product(gpuT, dy, dtype));
      assertEquals(cpuT.nonZeros(), gpuT.nonZeros());
    }
    try (SparseMatrix gpu = SparseMatrix.prune(there(columnOnly(), dtype), Pattern.P2_4, dtype)) {
      Misuse.fails(ErrorCode.PATTERN_BREACH, gpu::transposed);
      assertFalse(gpu.isClosed());
    }
    try (SparseMatrix gpu = SparseMatrix.prune(dense.to(GPU), Pattern.P2_4, DType.S8)) {
      Misuse.fails(ErrorCode.UNSUPPORTED, gpu::transposed, "S8");
    }
  }

  private static DenseMatrix columnOnly() {
    DenseMatrix w = DenseMatrix.allocate(8, 8);
    for (int i = 0; i < 8; i++) {
      w.set(i, 0, i + 1);
    }
    return w;
  }

  /** Zero times infinity is no part of a panel product, and says which weights are kept. */
  @Test
  void panelsLeaveOutWhatIsNotKept() {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 2, 3, 0}, 1, 4);
    DenseMatrix x = DenseMatrix.copyOf(new float[] {1, 1, 1, Float.NaN}, 1, 4);
    try (SparseMatrix gpu = SparseMatrix.prune(w.to(GPU), Pattern.of(3, 4))) {
      assertArrayEquals(new float[] {6}, product(gpu, x, DType.F32));
    }
  }

  @Test
  void sizesThatPanelsLackAreRefused() {
    DenseMatrix w = DenseMatrix.allocate(GPU, DType.F32, 0, 4);
    Misuse.illegalArgument(() -> SparseMatrix.prune(w, Pattern.of(3, 4)), "at least 1");
  }
}
