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
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Masks that a GPU makes and uses are those of the CPU, bit for bit. */
@GpuTest
@RandomTest
class GpuMaskTest {
  private static final Device GPU = Device.cuda(0);

  /** With ties, among zeros too, and rows that end within a group and within a byte. */
  private static DenseMatrix weights(Random random, int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(7) - 3;
    }
    return DenseMatrix.copyOf(values, rows, cols);
  }

  private static DenseMatrix there(DenseMatrix matrix, DType dtype) {
    DenseMatrix copy = DenseMatrix.allocate(GPU, dtype, matrix.rows(), matrix.cols());
    copy.copyFrom(matrix.toArray());
    return copy;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "S8"})
  void magnitudes(DType dtype, Random random) {
    for (Pattern pattern : Samples.PATTERNS) {
      DenseMatrix w = weights(random, 1 + random.nextInt(9), 1 + random.nextInt(70));
      Mask mask = Mask.magnitude(there(w, dtype), pattern);
      assertSame(GPU, mask.device());
      assertEquals(Mask.magnitude(w, pattern), mask, () -> pattern + " of " + w);
      assertTrue(mask.check(pattern).ok());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "S8"})
  void transposable(DType dtype, Random random) {
    DenseMatrix w = weights(random, 13, 34);
    Mask mask = Mask.transposable(there(w, dtype), Pattern.P2_4);
    assertEquals(Mask.transposable(w, Pattern.P2_4), mask);
    assertTrue(mask.checkTransposable(Pattern.P2_4).ok());
    Misuse.fails(
        ErrorCode.UNSUPPORTED,
        () -> Mask.transposable(there(w, dtype), Pattern.P4_8),
        "2:4",
        "4:8");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void scores(DType dtype, Random random) {
    for (Pattern pattern : Samples.PATTERNS) {
      DenseMatrix scores = weights(random, 1 + random.nextInt(9), 1 + random.nextInt(70));
      Mask mask = Mask.ofScores(there(scores, dtype), pattern);
      assertSame(GPU, mask.device());
      assertEquals(Mask.ofScores(scores, pattern), mask, () -> pattern + " of " + scores);
    }
    DenseMatrix integers = there(weights(random, 2, 8), DType.S8);
    Misuse.fails(ErrorCode.UNSUPPORTED, () -> Mask.ofScores(integers, Pattern.P2_4), "dtype");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "S8"})
  void vnm(DType dtype, Random random) {
    for (String text : new String[] {"1:2:4", "4:2:8", "5:1:4", "16:4:16", "3:2:32"}) {
      VnmPattern pattern = VnmPattern.parse(text);
      DenseMatrix w = weights(random, 1 + random.nextInt(20), 1 + random.nextInt(70));
      Mask mask = Mask.vnm(there(w, dtype), pattern);
      assertSame(GPU, mask.device());
      assertEquals(Mask.vnm(w, pattern), mask, () -> pattern + " of " + w);
      assertTrue(mask.checkVnm(pattern).ok());
    }
  }

  @Test
  void random(Random random) {
    for (Pattern pattern : Samples.PATTERNS) {
      long seed = random.nextLong();
      Mask mask = Mask.random(GPU, 7, 53, pattern, seed);
      assertSame(GPU, mask.device());
      assertEquals(Mask.random(7, 53, pattern, seed), mask, () -> pattern + ", " + seed);
    }
    Misuse.illegalArgument(() -> Mask.random(GPU, -1, 8, Pattern.P2_4, 1), "-1 x 8");
    Misuse.nullPointer(() -> Mask.random(GPU, 1, 8, null, 1));
    Misuse.nullPointer(() -> Mask.random(null, 1, 8, Pattern.P2_4, 1));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "S8"})
  void keptShares(DType dtype, Random random) {
    DenseMatrix w = weights(random, 9, 37);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    assertEquals(mask.keptShare(w), mask.to(GPU).keptShare(there(w, dtype)));
  }

  @Test
  void nonZeros(Random random) {
    DenseMatrix w = weights(random, 7, 45);
    Mask.magnitude(w, Pattern.P2_8).apply(w);
    w.set(3, 0, -0f);
    assertEquals(Mask.nonZeros(w, Pattern.P2_8), Mask.nonZeros(there(w, DType.F16), Pattern.P2_8));
    w.copyFrom(new float[7 * 45]);
    for (int i = 0; i < 3; i++) {
      w.set(5, 16 + i, 1);
    }
    Misuse.fails(
        ErrorCode.PATTERN_BREACH,
        () -> Mask.nonZeros(there(w, DType.F32), Pattern.P2_8),
        "2:8",
        "row 5, column 16");
  }

  @Test
  void bitsGoThereAndBack(Random random) {
    Mask mask = Mask.random(9, 37, Pattern.P2_4, random.nextLong());
    Mask copy = mask.to(GPU);
    assertSame(GPU, copy.device());
    assertSame(copy, copy.to(GPU));
    assertSame(mask, mask.to(Device.cpu()));
    assertEquals(mask, copy);
    assertEquals(mask.hashCode(), copy.hashCode());
    assertEquals(mask, copy.to(Device.cpu()));
    assertArrayEquals(mask.toBytes(), copy.toBytes());
    assertEquals(mask.bits(), copy.bits());
    assertEquals(mask.count(), copy.count());
    for (int row = 0; row < 9; row++) {
      for (int col = 0; col < 37; col++) {
        assertEquals(mask.get(row, col), copy.get(row, col));
      }
    }
    assertTrue(copy.toString().contains("cuda:0"), copy.toString());
    assertNotEquals(copy, Mask.random(9, 37, Pattern.P1_4, 1).to(GPU));
  }

  @Test
  void checksFindTheFirstBreach(Random random) {
    Mask mask = Mask.random(6, 40, Pattern.P2_4, random.nextLong());
    assertEquals(mask.check(Pattern.P1_4), mask.to(GPU).check(Pattern.P1_4));
    assertEquals(mask.check(Pattern.P2_4), mask.to(GPU).check(Pattern.P2_4));
    assertEquals(-1, mask.to(GPU).check(Pattern.P2_4).firstRow());
    DenseMatrix w = weights(random, 6, 40);
    for (Pattern pattern : Samples.PATTERNS) {
      assertEquals(Compliance.of(w, pattern), Compliance.of(there(w, DType.BF16), pattern));
    }
    VnmPattern vnm = new VnmPattern(2, 2, 8);
    assertEquals(mask.checkVnm(vnm), mask.to(GPU).checkVnm(vnm));
    assertTrue(mask.checkVnm(vnm).breaches() > 0);
    Mask blocks = Mask.vnm(w, vnm);
    assertTrue(blocks.to(GPU).checkVnm(vnm).ok());
    Compliance both = mask.checkTransposable(Pattern.P2_4);
    assertTrue(both.breaches() > 0);
    assertEquals(both, mask.to(GPU).checkTransposable(Pattern.P2_4));
  }

  @Test
  void distances(Random random) {
    Mask a = Mask.random(11, 70, Pattern.P2_4, random.nextLong());
    Mask b = Mask.random(11, 70, Pattern.P2_4, random.nextLong());
    assertEquals(a.distance(b), a.to(GPU).distance(b.to(GPU)));
    assertEquals(0, a.to(GPU).distance(a.to(GPU)));
    Misuse.illegalArgument(() -> a.to(GPU).distance(b), "other must be in memory of cuda:0");
    Misuse.illegalArgument(() -> a.distance(b.to(GPU)), "host memory", "cuda:0");
    Misuse.illegalArgument(() -> a.to(GPU).distance(Mask.random(11, 69, Pattern.P2_4, 1)), "11");
  }

  @Test
  void applyingRoundsToTheTypeOfTheResult(Random random) {
    DenseMatrix w = DenseMatrix.copyOf(Samples.floats(random, 5 * 33), 5, 33);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    DenseMatrix there = w.to(GPU);
    DenseMatrix rounded = DenseMatrix.allocate(GPU, DType.BF16, 5, 33);
    mask.to(GPU).apply(there, rounded);
    DenseMatrix expected = DenseMatrix.allocate(5, 33);
    mask.apply(w, expected);
    DenseMatrix expectedRounded = DenseMatrix.allocate(DType.BF16, 5, 33);
    expectedRounded.copyFrom(expected.toArray());
    assertArrayEquals(expectedRounded.toArray(), rounded.toArray());
    mask.to(GPU).apply(there);
    assertArrayEquals(expected.toArray(), there.toArray());
    Misuse.illegalArgument(() -> mask.apply(there), "host memory");
    Misuse.illegalArgument(() -> mask.to(GPU).apply(w), "w must be in memory of cuda:0");
    Misuse.illegalArgument(() -> mask.keptShare(there), "host memory");
    Misuse.illegalArgument(() -> mask.to(GPU).keptShare(w), "w must be in memory of cuda:0");
  }

  @Test
  void masksOfQueuedWeightsQueueBehindThem(Random random) {
    DenseMatrix w = weights(random, 16, 64);
    DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 16, 64);
    DenseMatrix out = DenseMatrix.allocate(16, 64);
    try (DeviceStream stream = DeviceStream.create(GPU)) {
      Execution queued = Execution.on(stream);
      stream.copy(w, there);
      Mask mask = Mask.magnitude(there, Pattern.P2_4, NanPolicy.KEEP, queued);
      mask.apply(there, there, queued);
      stream.copy(there, out);
      stream.synchronize();
      assertEquals(Mask.magnitude(w, Pattern.P2_4), mask);
    }
    Mask.magnitude(w, Pattern.P2_4).apply(w);
    assertArrayEquals(w.toArray(), out.toArray());
  }

  /** Whatever uses or looks at a mask waits until it is made, on whatever stream. */
  @Test
  void aQueuedMaskServesAtOnce(Random random) {
    DenseMatrix w = weights(random, 16, 64);
    Mask expected = Mask.magnitude(w, Pattern.P2_4);
    Mask other = Mask.random(16, 64, Pattern.P1_4, random.nextLong());
    DenseMatrix kept = DenseMatrix.allocate(16, 64);
    expected.apply(w, kept);
    DenseMatrix ready = w.to(GPU);
    DenseMatrix out = DenseMatrix.allocate(GPU, DType.F32, 16, 64);
    List<Consumer<Mask>> uses =
        List.of(
            mask -> assertEquals(expected.count(), mask.count()),
            mask -> assertEquals(expected, mask),
            mask -> assertEquals(expected, mask.to(Device.cpu())),
            mask -> assertEquals(expected.check(Pattern.P1_4), mask.check(Pattern.P1_4)),
            mask -> assertTrue(mask.checkTransposable(Pattern.P4_8).breaches() >= 0),
            mask -> assertTrue(mask.checkVnm(new VnmPattern(2, 2, 8)).breaches() >= 0),
            mask -> assertEquals(expected.distance(other), mask.distance(other.to(GPU))),
            mask -> assertEquals(expected.distance(other), other.to(GPU).distance(mask)),
            mask -> assertEquals(expected.keptShare(w), mask.keptShare(ready)),
            mask -> {
              mask.apply(ready, out);
              assertArrayEquals(kept.toArray(), out.toArray());
            },
            mask -> {
              try (DeviceStream second = DeviceStream.create(GPU)) {
                mask.apply(ready, out, Execution.on(second));
                second.synchronize();
              }
              assertArrayEquals(kept.toArray(), out.toArray());
            });
    for (Consumer<Mask> use : uses) {
      DenseMatrix there = DenseMatrix.allocate(GPU, DType.F32, 16, 64);
      try (DeviceStream stream = DeviceStream.create(GPU)) {
        stream.copy(w, there);
        Mask mask = Mask.magnitude(there, Pattern.P2_4, NanPolicy.KEEP, Execution.on(stream));
        use.accept(mask);
        use.accept(mask);
      }
    }
  }

  @Test
  void nanIsRefusedOrKept() {
    DenseMatrix w = DenseMatrix.copyOf(new float[] {9, 8, 7, Float.NaN, 1, 2, 3, 4}, 2, 4);
    DenseMatrix there = there(w, DType.F16);
    Misuse.fails(ErrorCode.NAN, () -> Mask.magnitude(there, Pattern.P2_4), "row 0, column 3");
    Misuse.fails(ErrorCode.NAN, () -> Mask.transposable(there, Pattern.P2_4), "row 0, column 3");
    Mask kept = Mask.magnitude(there, Pattern.P1_4, NanPolicy.KEEP);
    assertEquals(Mask.magnitude(w, Pattern.P1_4, NanPolicy.KEEP), kept);
    Misuse.nullPointer(() -> Mask.magnitude(there, Pattern.P2_4, null));
    Misuse.nullPointer(() -> Mask.magnitude(there, null));
  }

  @Test
  void otherTypesAreRefused() {
    for (DType dtype : new DType[] {DType.U8, DType.S32, DType.E4M3}) {
      DenseMatrix w = DenseMatrix.allocate(GPU, dtype, 4, 8);
      Misuse.fails(ErrorCode.UNSUPPORTED, () -> Mask.magnitude(w, Pattern.P2_4), "dtype");
    }
  }

  @Test
  void closedMemoryIsRefused() {
    DeviceMemory memory = DeviceMemory.allocate(GPU, 4 * 64);
    DenseMatrix w = memory.matrix(0, DType.F32, 8, 8, 8);
    w.copyFrom(new float[64]);
    Mask mask = Mask.magnitude(w, Pattern.P2_4);
    memory.close();
    Misuse.illegalState(() -> Mask.magnitude(w, Pattern.P2_4), "closed");
    Misuse.illegalState(() -> mask.apply(w), "closed");
    Misuse.illegalState(() -> Compliance.of(w, Pattern.P2_4), "closed");
  }

  @Test
  void nothingIsLegal() {
    DenseMatrix none = DenseMatrix.allocate(GPU, DType.F32, 0, 8);
    assertEquals(0, Mask.magnitude(none, Pattern.P2_4).count());
    assertTrue(Compliance.of(none, Pattern.P2_4).ok());
    Mask empty = Mask.of(new byte[0], 3, 0).to(GPU);
    assertEquals(0, empty.count());
    assertEquals(0, empty.distance(empty));
  }
}
