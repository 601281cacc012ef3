/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

@RandomTest
class SparseMatrixTest {
  private static final Iterable<Pattern> PATTERNS = Samples.PATTERNS;

  @ParameterizedTest
  @FieldSource("PATTERNS")
  void whatIsPackedComesBackBitForBit(Pattern pattern, Random random) {
    for (Workload workload : Workload.values()) {
      for (int cols : new int[] {1, pattern.m() - 1, pattern.m(), pattern.m() + 1, 100}) {
        int rows = 1 + random.nextInt(70);
        float[] w = Samples.floats(random, rows * cols);
        w[0] = -0f;
        boolean[] kept = Reference.magnitude(w, rows, cols, pattern);
        float[] expected = Reference.apply(w, kept);
        GuardedMatrix in = new GuardedMatrix(w, rows, cols, 1);
        try (SparseMatrix.Builder builder = SparseMatrix.builder(rows, cols, pattern);
            SparseMatrix matrix = builder.workload(workload).prune(0, in.view()).build()) {
          assertArrayEquals(expected, matrix.decompress().toArray());
          GuardedMatrix part = new GuardedMatrix(rows / 2 + 1, cols, 3);
          matrix.decompress(rows - rows / 2 - 1, part.view());
          part.assertGuardsIntact();
          int from = (rows - rows / 2 - 1) * cols;
          assertArrayEquals(
              java.util.Arrays.copyOfRange(expected, from, rows * cols), part.view().toArray());
          CompressedMatrix compressed = matrix.compressed();
          assertArrayEquals(Reference.bytes(kept, rows, cols), compressed.mask().toBytes());
          assertArrayEquals(expected, compressed.decompress().toArray());
          assertEquals(workload, matrix.workload());
        }
      }
    }
  }

  @Test
  void allWaysToMakeOneGiveTheSame(Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, 9 * 30), 9, 30);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    CompressedMatrix compressed = CompressedMatrix.compress(w, mask, Pattern.P2_4);
    DenseMatrix pruned = compressed.decompress();
    try (SparseMatrix a = SparseMatrix.prune(w, Pattern.P2_4);
        SparseMatrix b = SparseMatrix.of(w, mask, Pattern.P2_4);
        SparseMatrix c = SparseMatrix.ofSparse(pruned, Pattern.P2_4);
        SparseMatrix d = SparseMatrix.of(compressed)) {
      for (SparseMatrix matrix : new SparseMatrix[] {a, b, c, d}) {
        assertArrayEquals(pruned.toArray(), matrix.decompress().toArray());
        assertEquals(mask, matrix.compressed().mask());
        assertEquals(Workload.ANY_BATCH, matrix.workload());
      }
    }
  }

  @Test
  void itKnowsItsSizes() {
    try (SparseMatrix matrix = SparseMatrix.prune(DenseMatrix.allocate(64, 1026), Pattern.P2_4)) {
      assertEquals(64, matrix.rows());
      assertEquals(1026, matrix.cols());
      assertEquals(Pattern.P2_4, matrix.pattern());
      assertEquals(64 * 514, matrix.nonZeros());
      assertEquals(64 * 1026 * 4, matrix.denseBytes());
      assertTrue(matrix.bytes() >= 64 * 514 * 4, () -> "bytes " + matrix.bytes());
      assertTrue(matrix.toString().contains("64 x 1026, 2:4"), matrix::toString);
    }
  }

  @Test
  void oneWorkloadTakesLessMemoryThanBothAndThanDense() {
    DenseMatrix w = DenseMatrix.allocate(256, 1024);
    long any = bytes(w, Workload.ANY_BATCH);
    for (Workload workload : new Workload[] {Workload.SMALL_BATCH, Workload.LARGE_BATCH}) {
      long bytes = bytes(w, workload);
      assertTrue(bytes < any, workload + " takes " + bytes);
      assertTrue(bytes < 256 * 1024 * 4 * 0.75, workload + " takes " + bytes);
    }
  }

  private static long bytes(DenseMatrix w, Workload workload) {
    try (SparseMatrix.Builder builder = SparseMatrix.builder(w.rows(), w.cols(), Pattern.P2_4);
        SparseMatrix matrix = builder.workload(workload).prune(0, w).build()) {
      return matrix.bytes();
    }
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void theKernelHasAName(Layout layout) {
    try (SparseMatrix matrix = SparseMatrix.prune(DenseMatrix.allocate(64, 64), Pattern.P2_4)) {
      String best = Nm4j.info().isa();
      // What follows AVX-512 is for other types.
      String isa = List.of("scalar", "avx2").contains(best) ? best : "avx512";
      assertTrue(matrix.kernel(layout, 1).endsWith("_" + isa), matrix.kernel(layout, 1));
      assertTrue(matrix.kernel(layout, 1000).endsWith("_" + isa), matrix.kernel(layout, 1000));
      Misuse.illegalArgument(() -> matrix.kernel(layout, -1), "batch", "-1");
      Misuse.nullPointer(() -> matrix.kernel(null, 1));
    }
  }

  @Test
  void arraysAreMultipliedInBothLayouts() {
    DenseMatrix w = Samples.matrix(new float[] {1, 0, 0, 2, 0, 3, 4, 0}, 2, 4);
    try (SparseMatrix matrix = SparseMatrix.ofSparse(w, Pattern.P2_4)) {
      float[] batchMajor = {1, 10, 100, 1000, 2, 20, 200, 2000};
      float[] featureMajor = {1, 2, 10, 20, 100, 200, 1000, 2000};
      assertArrayEquals(new float[] {2001, 430, 4002, 860}, matrix.linear(batchMajor, 2));
      assertArrayEquals(new float[] {2001, 4002, 430, 860}, matrix.multiply(featureMajor, 2));
      Misuse.illegalArgument(() -> matrix.linear(batchMajor, 1), "4 elements", "got 8");
      Misuse.illegalArgument(() -> matrix.multiply(featureMajor, 3), "12 elements", "got 8");
      Misuse.illegalArgument(() -> matrix.multiply(featureMajor, -1), "-1");
      Misuse.nullPointer(() -> matrix.multiply(null, 1));
    }
  }

  @Test
  void blocksMayComeInAnyOrderAndAgain(Random random) {
    float[] w = Samples.floats(random, 50 * 20);
    DenseMatrix dense = Samples.matrix(w, 50, 20);
    try (SparseMatrix.Builder builder = SparseMatrix.builder(50, 20, Pattern.P1_4)) {
      DenseMatrix middle = dense.rows(7, 30);
      builder.prune(40, dense.rows(40, 10));
      builder.prune(7, DenseMatrix.allocate(30, 20));
      builder.put(0, dense.rows(0, 7), Mask.magnitude(dense.rows(0, 7), Pattern.P1_4));
      Misuse.illegalState(builder::build, "row 37");
      builder.put(
          7, CompressedMatrix.compress(middle, Mask.magnitude(middle, Pattern.P1_4), Pattern.P1_4));
      builder.prune(37, dense.rows(37, 3));
      builder.prune(50, dense.rows(0, 0));
      try (SparseMatrix matrix = builder.build()) {
        float[] expected = Reference.apply(w, Reference.magnitude(w, 50, 20, Pattern.P1_4));
        assertArrayEquals(expected, matrix.decompress().toArray());
      }
    }
  }

  @Test
  void threadsMaySetDisjointBlocksAtOnce(Random random) {
    float[] w = Samples.floats(random, 400 * 64);
    DenseMatrix dense = Samples.matrix(w, 400, 64);
    try (SparseMatrix.Builder builder = SparseMatrix.builder(400, 64, Pattern.P2_4)) {
      java.util.stream.IntStream.range(0, 100)
          .parallel()
          .forEach(i -> builder.prune(4 * i, dense.rows(4 * i, 4)));
      try (SparseMatrix matrix = builder.build()) {
        float[] expected = Reference.apply(w, Reference.magnitude(w, 400, 64, Pattern.P2_4));
        assertArrayEquals(expected, matrix.decompress().toArray());
      }
    }
  }

  @Test
  void aFailedBlockCountsAsNotSet() {
    DenseMatrix bad = Samples.matrix(new float[] {1, 2, 3, Float.NaN}, 1, 4);
    Mask last = Mask.of(new byte[] {0b1100}, 1, 4);
    try (SparseMatrix.Builder builder = SparseMatrix.builder(1, 4, Pattern.P2_4)) {
      builder.prune(0, DenseMatrix.allocate(1, 4));
      Misuse.fails(ErrorCode.NAN, () -> builder.put(0, bad, last), "row 0", "column 3");
      Misuse.illegalState(builder::build, "row 0");
      builder.nan(NanPolicy.KEEP).put(0, bad, last);
      try (SparseMatrix matrix = builder.build()) {
        assertTrue(Float.isNaN(matrix.decompress().get(0, 3)));
      }
    }
  }

  @Test
  void nanIsRefusedUnlessPruned() {
    DenseMatrix w = Samples.matrix(new float[] {1, 2, 3, Float.NaN}, 1, 4);
    Misuse.fails(ErrorCode.NAN, () -> SparseMatrix.prune(w, Pattern.P2_4));
    Misuse.fails(ErrorCode.NAN, () -> SparseMatrix.ofSparse(w, Pattern.of(3, 4)));
    try (SparseMatrix matrix =
        SparseMatrix.of(w, Mask.of(new byte[] {0b0011}, 1, 4), Pattern.P2_4)) {
      assertArrayEquals(new float[] {1, 2, 0, 0}, matrix.decompress().toArray());
    }
    CompressedMatrix kept =
        CompressedMatrix.of(
            FloatBuffer.wrap(new float[] {1, Float.NaN}),
            Mask.of(new byte[] {3}, 1, 4),
            Pattern.P2_4,
            NanPolicy.KEEP);
    Misuse.fails(ErrorCode.NAN, () -> SparseMatrix.of(kept));
  }

  @Test
  void matricesThatBreakThePatternAreRefused() {
    DenseMatrix w = Samples.matrix(new float[] {1, 2, 3, 4}, 1, 4);
    Misuse.fails(ErrorCode.PATTERN_BREACH, () -> SparseMatrix.ofSparse(w, Pattern.P2_4), "row 0");
    Misuse.fails(
        ErrorCode.PATTERN_BREACH,
        () -> SparseMatrix.of(w, Mask.of(new byte[] {7}, 1, 4), Pattern.P2_4),
        "row 0");
  }

  @ParameterizedTest
  @CsvSource({"0,4", "4,0", "0,0", "-1,4", "4,-1"})
  void emptyAndNegativeSizesAreRefused(long rows, long cols) {
    Misuse.illegalArgument(
        () -> SparseMatrix.builder(rows, cols, Pattern.P2_4), "got " + rows + " x " + cols);
  }

  @Test
  void emptyMatricesAreRefused() {
    DenseMatrix empty = DenseMatrix.allocate(0, 4);
    Misuse.illegalArgument(() -> SparseMatrix.prune(empty, Pattern.P2_4), "0 x 4");
    Misuse.illegalArgument(() -> SparseMatrix.ofSparse(empty, Pattern.P2_4), "0 x 4");
    Mask mask = Mask.magnitude(empty, Pattern.P2_4);
    Misuse.illegalArgument(() -> SparseMatrix.of(empty, mask, Pattern.P2_4), "0 x 4");
    CompressedMatrix compressed = CompressedMatrix.compress(empty, mask, Pattern.P2_4);
    Misuse.illegalArgument(() -> SparseMatrix.of(compressed), "0 x 4");
  }

  @Test
  void sizesThatOverflowAreRefused() {
    Misuse.illegalArgument(
        () -> SparseMatrix.builder(1L << 40, 1L << 40, Pattern.P2_4), "2^63 - 1");
    Misuse.illegalArgument(() -> SparseMatrix.builder(Long.MAX_VALUE, 1, Pattern.P2_4), "2^63 - 1");
  }

  @Test
  void moreThanTheMachineHasIsOutOfMemory() {
    try (SparseMatrix.Builder builder = SparseMatrix.builder(1L << 40, 1L << 18, Pattern.P2_4)) {
      DenseMatrix row = DenseMatrix.allocate(1, 1 << 18);
      Misuse.fails(ErrorCode.OUT_OF_MEMORY, () -> builder.prune(0, row));
    }
  }

  @Test
  void blocksOfTheWrongShapeAreRefused() {
    DenseMatrix w = DenseMatrix.allocate(3, 8);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    CompressedMatrix block = CompressedMatrix.compress(w, mask, Pattern.P2_4);
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 8, Pattern.P2_4)) {
      Misuse.outOfBounds(() -> builder.prune(2, w));
      Misuse.outOfBounds(() -> builder.prune(-1, w));
      Misuse.outOfBounds(() -> builder.put(2, block));
      Misuse.outOfBounds(() -> builder.prune(Long.MAX_VALUE, w));
      Misuse.illegalArgument(() -> builder.prune(0, DenseMatrix.allocate(2, 7)), "2 x 8", "2 x 7");
      Misuse.illegalArgument(() -> builder.put(0, w.rows(0, 2), mask), "2 x 8", "3 x 8");
    }
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 8, Pattern.P1_4)) {
      Misuse.illegalArgument(() -> builder.put(0, block), "1:4", "2:4");
    }
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 9, Pattern.P2_4)) {
      Misuse.illegalArgument(() -> builder.put(0, block), "9 columns", "3 x 8");
    }
    Misuse.illegalArgument(() -> SparseMatrix.of(w.rows(0, 2), mask, Pattern.P2_4), "3 x 8");
  }

  @Test
  void theWorkloadIsChosenBeforeTheFirstBlock() {
    try (SparseMatrix.Builder builder = SparseMatrix.builder(2, 4, Pattern.P2_4)) {
      builder.prune(0, DenseMatrix.allocate(1, 4));
      Misuse.illegalState(() -> builder.workload(Workload.SMALL_BATCH), "before the first block");
    }
  }

  @Test
  void productsOfTheWrongShapeAreRefused() {
    DenseMatrix y = DenseMatrix.allocate(5, 3);
    DenseMatrix x = DenseMatrix.allocate(8, 3);
    try (SparseMatrix matrix = SparseMatrix.prune(DenseMatrix.allocate(5, 8), Pattern.P2_4)) {
      Misuse.illegalArgument(
          () -> matrix.multiply(DenseMatrix.allocate(7, 3), y), "8 x 3", "7 x 3");
      Misuse.illegalArgument(
          () -> matrix.multiply(x, DenseMatrix.allocate(5, 4)), "5 x 3", "5 x 4");
      Misuse.illegalArgument(
          () -> matrix.multiply(x, DenseMatrix.allocate(4, 3)), "5 x 3", "4 x 3");
      Misuse.illegalArgument(() -> matrix.linear(x, y), "8 x 8", "8 x 3");
      Misuse.illegalArgument(() -> matrix.linear(DenseMatrix.allocate(3, 8), y), "3 x 5", "5 x 3");
      DenseMatrix bias = DenseMatrix.allocate(1, 4);
      Misuse.illegalArgument(
          () -> matrix.multiply(x, y, Epilogue.NONE.bias(bias)), "bias", "1 x 5", "1 x 4");
      Epilogue wrongC = Epilogue.NONE.add(1, DenseMatrix.allocate(3, 5));
      Misuse.illegalArgument(() -> matrix.multiply(x, y, wrongC), "c must be 5 x 3", "3 x 5");
    }
  }

  @Test
  void resultsThatCannotBeWrittenAreRefused() {
    try (SparseMatrix matrix = SparseMatrix.prune(DenseMatrix.allocate(4, 4), Pattern.P2_4)) {
      DenseMatrix x = DenseMatrix.allocate(4, 3);
      DenseMatrix readOnly = DenseMatrix.of(Samples.direct(12).asReadOnlyBuffer(), 4, 3);
      Misuse.illegalArgument(() -> matrix.multiply(x, readOnly), "y", "read-only");
      Misuse.illegalArgument(() -> matrix.decompress(0, readOnly), "4 x 4");
      DenseMatrix square = DenseMatrix.of(Samples.direct(16).asReadOnlyBuffer(), 4, 4);
      Misuse.illegalArgument(() -> matrix.decompress(0, square), "read-only");
    }
  }

  @Test
  void resultsThatOverlapAnOperandAreRefused() {
    try (SparseMatrix matrix = SparseMatrix.prune(DenseMatrix.allocate(4, 4), Pattern.P2_4)) {
      DenseMatrix memory = DenseMatrix.allocate(12, 4);
      DenseMatrix x = memory.rows(0, 4);
      Misuse.illegalArgument(() -> matrix.multiply(x, x), "overlap");
      Misuse.illegalArgument(() -> matrix.multiply(x, memory.rows(3, 4)), "overlap");
      DenseMatrix y = memory.rows(4, 4);
      Epilogue shifted = Epilogue.NONE.add(1, memory.rows(5, 4));
      Misuse.illegalArgument(() -> matrix.multiply(x, y, shifted), "overlap");
      Epilogue bias = Epilogue.NONE.bias(memory.rows(7, 1));
      Misuse.illegalArgument(() -> matrix.multiply(x, y, bias), "overlap");
      matrix.multiply(x, y, Epilogue.NONE.add(1, y).bias(memory.rows(8, 1)));
      matrix.multiply(x, y, shifted.add(0, memory.rows(5, 4)));
    }
  }

  @Test
  void rowsOutsideCannotBeRead() {
    try (SparseMatrix matrix = SparseMatrix.prune(DenseMatrix.allocate(4, 4), Pattern.P2_4)) {
      DenseMatrix out = DenseMatrix.allocate(3, 4);
      Misuse.outOfBounds(() -> matrix.decompress(2, out));
      Misuse.outOfBounds(() -> matrix.decompress(-1, out));
      matrix.decompress(4, DenseMatrix.allocate(0, 4));
    }
  }

  @Test
  void nullIsRefused() {
    DenseMatrix w = DenseMatrix.allocate(4, 4);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    Misuse.nullPointer(() -> SparseMatrix.prune(null, Pattern.P2_4));
    Misuse.nullPointer(() -> SparseMatrix.prune(w, null));
    Misuse.nullPointer(() -> SparseMatrix.of(w, null, Pattern.P2_4));
    Misuse.nullPointer(() -> SparseMatrix.of(w, mask, null));
    Misuse.nullPointer(() -> SparseMatrix.of(null));
    Misuse.nullPointer(() -> SparseMatrix.ofSparse(null, Pattern.P2_4));
    Misuse.nullPointer(() -> SparseMatrix.builder(1, 1, null));
    try (SparseMatrix.Builder builder = SparseMatrix.builder(4, 4, Pattern.P2_4)) {
      Misuse.nullPointer(() -> builder.workload(null));
      Misuse.nullPointer(() -> builder.nan(null));
      Misuse.nullPointer(() -> builder.prune(0, null));
      Misuse.nullPointer(() -> builder.put(0, null));
      Misuse.nullPointer(() -> builder.put(0, w, null));
      Misuse.nullPointer(() -> builder.put(0, null, mask));
    }
    try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
      DenseMatrix y = DenseMatrix.allocate(4, 4);
      Misuse.nullPointer(() -> matrix.multiply(null, y));
      Misuse.nullPointer(() -> matrix.multiply(w, null));
      Misuse.nullPointer(() -> matrix.multiply(w, y, null));
      Misuse.nullPointer(() -> matrix.linear(w, y, Epilogue.NONE, null));
      Misuse.nullPointer(() -> matrix.decompress(0, null));
    } // closing would fail if a refused call still counted as in progress
  }

  @Test
  void epiloguesAreCheckedWhenMade() {
    assertThrows(
        IllegalArgumentException.class, () -> Epilogue.NONE.bias(DenseMatrix.allocate(2, 4)));
    Misuse.illegalArgument(() -> Epilogue.NONE.bias(FloatBuffer.allocate(4)), "heap");
    Misuse.nullPointer(() -> Epilogue.NONE.bias((DenseMatrix) null));
    Misuse.nullPointer(() -> Epilogue.NONE.bias((FloatBuffer) null));
    Misuse.nullPointer(() -> Epilogue.NONE.add(1, null));
    Misuse.nullPointer(() -> Epilogue.NONE.activation(null));
  }

  @Test
  void epiloguesAreImmutable() {
    Epilogue changed = Epilogue.NONE.alpha(2).activation(Activation.RELU);
    assertEquals(1, Epilogue.NONE.alpha());
    assertEquals(Activation.IDENTITY, Epilogue.NONE.activation());
    assertEquals(2, changed.alpha());
    assertEquals(0, changed.beta());
    assertFalse(changed.toString().equals(Epilogue.NONE.toString()));
  }

  /** NaN that was kept included. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "S8"})
  void copiesDoNotNeedTheirSource(DType dtype, Random random) {
    DenseMatrix w = Samples.matrix(Samples.floats(random, 21 * 50), 21, 50);
    if (dtype != DType.S8) {
      w.set(4, 7, Float.NaN);
    }
    SparseMatrix source;
    try (SparseMatrix.Builder builder = SparseMatrix.builder(21, 50, Pattern.P2_4)) {
      builder.dtype(dtype).workload(Workload.SMALL_BATCH).nan(NanPolicy.KEEP);
      source = builder.prune(0, w).build();
    }
    float[] expected = source.decompress().toArray();
    try (SparseMatrix copy = source.to(Device.cpu());
        SparseMatrix turned = source.transposed()) {
      Misuse.illegalArgument(() -> source.to(Device.cpu(), DType.F16), "F32, BF16 or S8", "F16");
      assertThrows(UnsupportedOperationException.class, () -> turned.to(Device.cpu()));
      assertArrayEquals(source.scales(), copy.scales());
      source.close();
      assertEquals(dtype, copy.dtype());
      assertEquals(Workload.SMALL_BATCH, copy.workload());
      assertArrayEquals(expected, copy.decompress().toArray());
      Misuse.illegalState(() -> source.to(Device.cpu()), "closed");
    }
  }
}
