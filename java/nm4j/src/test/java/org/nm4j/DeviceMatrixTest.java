/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Matrices in memory of a GPU. */
@GpuTest
class DeviceMatrixTest {
  private static final Device GPU = Device.cuda(0);

  private final Random random = new Random(3);

  private static float[] counting(int count, DType dtype) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = dtype.isFloat8() ? i % 8 : i % 100 - (dtype == DType.U8 ? 0 : 50);
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource
  void elementsOfEveryTypeGoThereAndBack(DType dtype) {
    float[] values = counting(7 * 13, dtype);
    DenseMatrix matrix = DenseMatrix.allocate(GPU, dtype, 7, 13);
    assertSame(GPU, matrix.device());
    assertTrue(matrix.toString().contains("cuda:0"), matrix.toString());
    matrix.copyFrom(values);
    assertArrayEquals(values, matrix.toArray());
    DenseMatrix back = matrix.to(Device.cpu());
    assertSame(Device.cpu(), back.device());
    assertEquals(dtype, back.dtype());
    assertArrayEquals(values, back.toArray());
    DenseMatrix again = back.to(GPU);
    DenseMatrix copy = again.to(GPU);
    assertNotSame(again, copy);
    again.copyFrom(new float[7 * 13]);
    assertArrayEquals(values, copy.toArray());
  }

  @Test
  void emptyMatricesAreLegal() {
    assertEquals(0, DenseMatrix.allocate(GPU, DType.F32, 0, 5).toArray().length);
    assertEquals(0, DenseMatrix.allocate(GPU, DType.BF16, 5, 0).to(Device.cpu()).toArray().length);
  }

  @Test
  void gapsBetweenRowsStayAsTheyAre() {
    try (DeviceMemory memory = DeviceMemory.allocate(GPU, 4 * 100)) {
      DenseMatrix all = memory.matrix(0, DType.F32, 10, 10, 10);
      all.copyFrom(counting(100, DType.F32));
      DenseMatrix window = memory.matrix(4 * 23, DType.F32, 3, 4, 10);
      assertArrayEquals(
          new float[] {-27, -26, -25, -24, -17, -16, -15, -14, -7, -6, -5, -4}, window.toArray());
      window.copyFrom(new float[12]);
      float[] expected = counting(100, DType.F32);
      for (int row = 2; row < 5; row++) {
        Arrays.fill(expected, 10 * row + 3, 10 * row + 7, 0);
      }
      assertArrayEquals(expected, all.toArray());
      assertArrayEquals(Arrays.copyOfRange(expected, 30, 50), all.rows(3, 2).toArray());
    }
  }

  @Test
  void quantisationGoesAlong() {
    DenseMatrix matrix = DenseMatrix.allocate(DType.S8, 2, 2).quantized(0.5f, 3);
    DenseMatrix there = matrix.to(GPU);
    assertEquals(0.5f, there.scale());
    assertEquals(3, there.zero());
  }

  @Test
  void onlyCopiesReachTheElements() {
    DenseMatrix matrix = DenseMatrix.allocate(GPU, DType.F32, 4, 8);
    String where = "host memory";
    Misuse.illegalState(() -> matrix.get(0, 0), where, "cuda:0");
    Misuse.illegalState(() -> matrix.set(0, 0, 1), where);
    Misuse.illegalState(matrix::buffer, where);
    assertFalse(matrix.readOnly());
  }

  @Test
  void callsOfTheCpuRefuseThem() {
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 4, 8);
    DenseMatrix here = DenseMatrix.allocate(4, 8);
    DenseMatrix x = DenseMatrix.allocate(GPU, DType.F32, 1, 8);
    DenseMatrix y = DenseMatrix.allocate(GPU, DType.F32, 1, 4);
    String where = "host memory";
    Mask mask = Mask.magnitude(here, Pattern.P2_4);
    Misuse.illegalArgument(() -> mask.apply(there), where);
    Misuse.illegalArgument(() -> mask.keptShare(there), where);
    Misuse.illegalArgument(() -> CompressedMatrix.compress(there, mask, Pattern.P2_4), where);
    Misuse.illegalArgument(
        () -> CompressedMatrix.compress(here, mask, Pattern.P2_4).decompress(there), where);
    try (SparseMatrix w = SparseMatrix.prune(here, Pattern.P2_4)) {
      Misuse.illegalArgument(() -> w.linear(x, DenseMatrix.allocate(1, 4)), where);
      Misuse.illegalArgument(() -> w.linear(DenseMatrix.allocate(1, 8), y), where);
      Misuse.illegalArgument(
          () ->
              w.linear(
                  DenseMatrix.allocate(1, 8),
                  DenseMatrix.allocate(1, 4),
                  Epilogue.NONE.bias(DenseMatrix.allocate(GPU, DType.F32, 1, 4))),
          where);
      Misuse.illegalArgument(() -> w.decompress(0, there), where);
      try (DeviceStream stream = DeviceStream.create(GPU)) {
        Misuse.illegalArgument(
            () ->
                w.linear(
                    DenseMatrix.allocate(1, 8),
                    DenseMatrix.allocate(1, 4),
                    Epilogue.NONE,
                    Execution.on(stream)),
            "the execution's stream must be of cpu");
      }
    }
  }

  @Test
  void memoryIsViewedWithinItsBounds() {
    try (DeviceMemory memory = DeviceMemory.allocate(GPU, 64)) {
      assertEquals(64, memory.bytes());
      assertSame(GPU, memory.device());
      memory.matrix(0, DType.F32, 4, 4, 4);
      memory.matrix(64, DType.F32, 0, 4, 4);
      Misuse.illegalArgument(() -> memory.matrix(4, DType.F32, 4, 4, 4), "64 bytes from 4");
      Misuse.illegalArgument(() -> memory.matrix(2, DType.F32, 1, 1, 1), "multiple of 4", "2");
      Misuse.illegalArgument(() -> memory.matrix(-4, DType.F32, 1, 1, 1), "-4");
      Misuse.illegalArgument(() -> memory.matrix(0, DType.F32, 2, 4, 3), "ld");
      Misuse.illegalArgument(() -> memory.matrix(0, DType.F32, 1L << 40, 1L << 40, 1L << 40));
    }
    Misuse.illegalArgument(() -> DeviceMemory.allocate(GPU, -1), "-1");
  }

  @Test
  void tooMuchMemoryIsAnErrorThatSaysSo() {
    Misuse.fails(ErrorCode.OUT_OF_MEMORY, () -> DeviceMemory.allocate(GPU, 1L << 50));
    Misuse.fails(
        ErrorCode.OUT_OF_MEMORY, () -> DenseMatrix.allocate(GPU, DType.F32, 1L << 24, 1L << 24));
  }

  @Test
  void closedMemoryIsFreeAgain() {
    long size = GPU.totalBytes() / 8;
    long before = GPU.freeBytes();
    assertTrue(before <= GPU.totalBytes());
    try (DeviceMemory memory = DeviceMemory.allocate(GPU, size)) {
      assertTrue(GPU.freeBytes() <= before - memory.bytes() / 2);
    }
    assertTrue(GPU.freeBytes() >= before - size / 2);
  }

  /** The heap is not short of anything, only the GPU is. */
  @Test
  void forgottenMatricesMakeRoom() {
    long rows = GPU.totalBytes() / 4 / 1024;
    for (int i = 0; i < 12; i++) {
      DenseMatrix.allocate(GPU, DType.U8, rows, 1024);
    }
  }

  @Test
  void pinnedMemoryIsOrdinaryForTheCpu() {
    DenseMatrix pinned = DenseMatrix.allocatePinned(DType.F32, 5, 8);
    assertSame(Device.cpu(), pinned.device());
    assertArrayEquals(new float[40], pinned.toArray());
    float[] values = Samples.floats(random, 40);
    pinned.copyFrom(values);
    DenseMatrix there = pinned.to(GPU);
    assertArrayEquals(values, there.toArray());
    assertEquals(
        Mask.magnitude(DenseMatrix.copyOf(values, 5, 8), Pattern.P2_4),
        Mask.magnitude(pinned, Pattern.P2_4));
    Misuse.illegalArgument(() -> DenseMatrix.allocatePinned(DType.F32, 1 << 20, 1 << 20), "buffer");
  }
}
