/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.train.Mvue;
import org.nm4j.train.SoftThreshold;

/** Masks by scores and by chance, soft thresholds, unbiased samples. */
@RandomTest
class SparsifyTest {
  private static final Execution CALLER = Execution.caller();
  private static final Execution THREE = Execution.parallel(3);

  private static DenseMatrix row(float... values) {
    return Samples.matrix(values, 1, values.length);
  }

  private static DenseMatrix drawn(Random random, int rows, int cols) {
    return Samples.matrix(Samples.floats(random, rows * cols), rows, cols);
  }

  @Test
  void scoresKeepTheirSign() {
    assertEquals(0b1100, Mask.ofScores(row(-4, -3, -2, -1), Pattern.P2_4).toBytes()[0]);
    assertEquals(0b0101, Mask.ofScores(row(1, -9, -0f, 0), Pattern.P2_4).toBytes()[0]);
    assertEquals(0b11, Mask.ofScores(row(-5, -5, -5), Pattern.P2_4).toBytes()[0]);
    DenseMatrix nan = row(1, 2, Float.NaN, 4);
    Misuse.fails(ErrorCode.NAN, () -> Mask.ofScores(nan, Pattern.P2_4), "scores", "column 2");
    Mask kept = Mask.ofScores(nan, Pattern.P2_4, NanPolicy.KEEP, CALLER);
    assertEquals(0b1100, kept.toBytes()[0]);
  }

  @Test
  void magnitudesAsScoresGiveTheMagnitudeMask(Random random) {
    float[] w = Samples.floats(random, 700 * 512);
    float[] scores = new float[w.length];
    for (int i = 0; i < w.length; i++) {
      scores[i] = Math.abs(w[i]);
    }
    Mask expected = Mask.magnitude(Samples.matrix(w, 700, 512), Pattern.P4_8);
    DenseMatrix matrix = Samples.matrix(scores, 700, 512);
    assertEquals(expected, Mask.ofScores(matrix, Pattern.P4_8, NanPolicy.REJECT, THREE));
  }

  @Test
  void randomMasksFollowTheirSeed() {
    Mask mask = Mask.random(64, 77, Pattern.P2_4, 1);
    assertEquals(64 * Pattern.P2_4.keptPerRow(77), mask.count());
    assertTrue(mask.check(Pattern.P2_4).ok());
    assertEquals(mask, Mask.random(64, 77, Pattern.P2_4, 1));
    assertNotEquals(mask, Mask.random(64, 77, Pattern.P2_4, 2));
    assertEquals(0, Mask.random(0, 8, Pattern.P2_4, 1).count());
    Misuse.illegalArgument(() -> Mask.random(-1, 8, Pattern.P2_4, 1), "-1 x 8");
    Misuse.nullPointer(() -> Mask.random(1, 8, null, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "1:4", "4:8", "3:5"})
  void softThresholdsShrinkByTheLargestThatIsPruned(String text, Random random) {
    Pattern pattern = Pattern.parse(text);
    int cols = 3 * pattern.m() + 1;
    DenseMatrix w = drawn(random, 500, cols);
    SoftThreshold soft = SoftThreshold.of(w, pattern);
    assertTrue(soft.scale() > 1, soft::toString);
    DenseMatrix out = DenseMatrix.allocate(500, cols);
    soft.apply(w, out, THREE);
    assertTrue(Compliance.of(out, pattern).ok());
    Mask mask = Mask.magnitude(w, pattern);
    for (int i = 0; i < 500 * cols; i++) {
      int row = i / cols;
      int first = i % cols / pattern.m() * pattern.m();
      float t = 0;
      for (int c = first; c < Math.min(cols, first + pattern.m()); c++) {
        t = mask.get(row, c) ? t : Math.max(t, Math.abs(w.get(row, c)));
      }
      float value = w.get(row, i % cols);
      float expected = Math.signum(value) * Math.max(Math.abs(value) - t, 0);
      assertEquals(soft.scale() * expected, out.get(row, i % cols), 0f);
    }
  }

  @Test
  void softThresholdsRefuse() {
    DenseMatrix w = row(1, 2, Float.POSITIVE_INFINITY, 4);
    SoftThreshold soft = new SoftThreshold(Pattern.P2_4, 1);
    DenseMatrix out = DenseMatrix.allocate(1, 4);
    Misuse.fails(ErrorCode.NAN, () -> SoftThreshold.of(w, Pattern.P2_4), "column 2");
    Misuse.fails(ErrorCode.NAN, () -> soft.apply(w, out, CALLER), "column 2");
    Misuse.illegalArgument(() -> soft.apply(out, out, CALLER), "w and out");
    Misuse.illegalArgument(() -> soft.apply(row(1), out, CALLER), "1 x 1", "1 x 4");
    DenseMatrix readOnly = DenseMatrix.of(out.buffer().asReadOnlyBuffer(), 1, 4);
    Misuse.illegalArgument(() -> soft.apply(row(1, 2, 3, 4), readOnly, CALLER), "read-only");
    DenseMatrix bf16 = DenseMatrix.allocate(DType.BF16, 1, 4);
    Misuse.illegalArgument(() -> soft.apply(bf16, out, CALLER), "F32");
    Misuse.illegalArgument(() -> soft.apply(out, bf16, CALLER), "F32");
    Misuse.illegalArgument(() -> new SoftThreshold(Pattern.P2_4, Float.NaN), "NaN");
    Misuse.nullPointer(() -> new SoftThreshold(null, 1));
  }

  @Test
  void samplesAreTheSameOnManyThreads(Random random) {
    DenseMatrix g = drawn(random, 1001, 517);
    Mvue mvue = new Mvue(Pattern.P2_4);
    DenseMatrix one = DenseMatrix.allocate(1001, 517);
    DenseMatrix three = DenseMatrix.allocate(1001, 517);
    Mask mask = mvue.sample(g, one, 9, CALLER);
    assertEquals(mask, mvue.sample(g, three, 9, THREE));
    assertArrayEquals(one.toArray(), three.toArray());
    assertEquals(1001 * Pattern.P2_4.keptPerRow(517), mask.count());
    assertTrue(Compliance.of(one, Pattern.P2_4).ok());
    assertNotEquals(mask, mvue.sample(g, three, 10, THREE));
  }

  @Test
  void samplesAreUnbiased() {
    int draws = 20_000;
    float[] group = {1, -2, 3, 4};
    double[] sums = new double[4];
    DenseMatrix g = row(group);
    DenseMatrix out = DenseMatrix.allocate(1, 4);
    Mvue mvue = new Mvue(Pattern.P2_4);
    for (int seed = 0; seed < draws; seed++) {
      mvue.sample(g, out, seed, CALLER);
      for (int i = 0; i < 4; i++) {
        sums[i] += out.get(0, i);
      }
    }
    for (int i = 0; i < 4; i++) {
      // p = |g| / 5, variance g g (1 / p - 1); five standard deviations.
      double spread = Math.sqrt(Math.abs(group[i]) * (5 - Math.abs(group[i])) / draws);
      assertEquals(group[i], sums[i] / draws, 5 * spread);
    }
  }

  @Test
  void samplesRefuse() {
    DenseMatrix g = row(1, Float.NaN, 3, 4);
    DenseMatrix out = DenseMatrix.allocate(1, 4);
    Mvue mvue = new Mvue(Pattern.P2_4);
    Misuse.fails(ErrorCode.NAN, () -> mvue.sample(g, out, 1, CALLER), "row 0", "column 0");
    Misuse.illegalArgument(() -> mvue.sample(out, out, 1, CALLER), "g and out");
    Misuse.illegalArgument(() -> mvue.sample(row(1), out, 1, CALLER), "1 x 1");
    Misuse.nullPointer(() -> mvue.sample(null, out, 1, CALLER));
    Misuse.nullPointer(() -> mvue.sample(g, null, 1, CALLER));
    Misuse.nullPointer(() -> mvue.sample(out, DenseMatrix.allocate(1, 4), 1, null));
    Misuse.nullPointer(() -> new Mvue(null));
  }
}
