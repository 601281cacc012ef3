/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.nm4j.train.Grouping;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedLinear;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.PatternSchedule;

@RandomTest
class MaskedLinearTest {
  private static final Execution CALLER = Execution.caller();
  private static final Gemm DENSE = Gemm.openBlas();

  /** A layer and all it works on. */
  private static final class Case implements AutoCloseable {
    final int outputs;
    final int inputs;
    final DenseMatrix w;
    final DenseMatrix b;
    final MaskedParameter weight;
    final MaskedLinear layer;

    Case(int outputs, int inputs, Pattern pattern, float prunedFactor, float[] w, float[] b) {
      this.outputs = outputs;
      this.inputs = inputs;
      this.w = Samples.matrix(w, outputs, inputs);
      this.b = Samples.matrix(b, 1, outputs);
      MaskedParameter.Builder builder =
          MaskedParameter.builder("fc.weight", this.w)
              .masked(DenseMatrix.allocate(outputs, inputs))
              .startOf(MaskRule.ste().prunedFactor(prunedFactor));
      weight = (pattern == null ? builder : builder.pattern(pattern)).build();
      MaskedParameter bias = MaskedParameter.builder("fc.bias", this.b).build();
      layer = new MaskedLinear(weight, bias, DENSE);
    }

    static Case integers(int outputs, int inputs, Pattern pattern, Random random) {
      return new Case(
          outputs,
          inputs,
          pattern,
          0,
          Samples.integers(random, outputs * inputs),
          Samples.integers(random, outputs));
    }

    /** What the network uses, by outputs. */
    double[] used(float prunedFactor) {
      double[] used = new double[outputs * inputs];
      for (int i = 0; i < used.length; i++) {
        boolean kept = weight.mask().get(i / inputs, i % inputs);
        used[i] = w.get(i / inputs, i % inputs) * (kept ? 1.0 : prunedFactor);
      }
      return used;
    }

    double[] forward(double[] used, float[] x, int batch) {
      double[] y = new double[batch * outputs];
      for (int s = 0; s < batch; s++) {
        for (int o = 0; o < outputs; o++) {
          double sum = b.get(0, o);
          for (int i = 0; i < inputs; i++) {
            sum += used[o * inputs + i] * x[s * inputs + i];
          }
          y[s * outputs + o] = sum;
        }
      }
      return y;
    }

    @Override
    public void close() {
      layer.close();
    }
  }

  /** Half the squared distance from a target. */
  private static double loss(double[] y, float[] target) {
    double loss = 0;
    for (int i = 0; i < y.length; i++) {
      loss += (y[i] - target[i]) * (y[i] - target[i]) / 2;
    }
    return loss;
  }

  @Test
  void gradientsAreThoseOfCentralDifferences(Random random) {
    checkGradients(Pattern.P2_4, 0, random);
    checkGradients(Pattern.of(1, 3), 0, random);
    checkGradients(null, 0, random);
    checkGradients(Pattern.P2_4, 0.25f, random);
  }

  private static void checkGradients(Pattern pattern, float prunedFactor, Random random) {
    int outputs = 11;
    int inputs = 22;
    int batch = 7;
    float[] w = Samples.floats(random, outputs * inputs);
    float[] b = Samples.floats(random, outputs);
    float[] x = Samples.floats(random, batch * inputs);
    float[] target = Samples.floats(random, batch * outputs);
    try (Case c = new Case(outputs, inputs, pattern, prunedFactor, w, b)) {
      DenseMatrix in = Samples.matrix(x, batch, inputs);
      DenseMatrix y = DenseMatrix.allocate(batch, outputs);
      DenseMatrix dx = DenseMatrix.allocate(batch, inputs);
      c.layer.forward(in, y, CALLER);
      double[] used = c.used(prunedFactor);
      assertNear(c.forward(used, x, batch), y);
      DenseMatrix dy = DenseMatrix.allocate(batch, outputs);
      for (int i = 0; i < batch * outputs; i++) {
        dy.set(i / outputs, i % outputs, y.get(i / outputs, i % outputs) - target[i]);
      }
      c.layer.backward(in, dy, dx, CALLER);

      // The loss is quadratic in each of them, so that a central difference is exact for any step.
      double[] numeric = new double[used.length]; // pruned weights too: the gradient is dense
      for (int i = 0; i < used.length; i++) {
        double before = used[i];
        used[i] = before + 0.5;
        double above = loss(c.forward(used, x, batch), target);
        used[i] = before - 0.5;
        numeric[i] = above - loss(c.forward(used, x, batch), target);
        used[i] = before;
      }
      assertNear(numeric, c.layer.gradient());
      numeric = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        float before = x[i];
        x[i] = before + 0.5f;
        double above = loss(c.forward(used, x, batch), target);
        double high = x[i];
        x[i] = before - 0.5f;
        numeric[i] = (above - loss(c.forward(used, x, batch), target)) / (high - x[i]);
        x[i] = before;
      }
      assertNear(numeric, dx);
      numeric = new double[outputs];
      for (int o = 0; o < outputs; o++) {
        float before = c.b.get(0, o);
        c.b.set(0, o, before + 0.5f);
        double high = c.b.get(0, o);
        double above = loss(c.forward(used, x, batch), target);
        c.b.set(0, o, before - 0.5f);
        numeric[o] = (above - loss(c.forward(used, x, batch), target)) / (high - c.b.get(0, o));
        c.b.set(0, o, before);
      }
      assertNear(numeric, c.layer.biasGradient());
    }
  }

  /** Sums of some tens of products of a few units each, in fp32. */
  private static void assertNear(double[] expected, DenseMatrix actual) {
    float[] values = actual.toArray();
    for (int i = 0; i < values.length; i++) {
      assertEquals(expected[i], values[i], 2e-4, "element " + i);
    }
  }

  @Test
  void integersAreExactAtEveryBatchAndExecution(Random random) {
    ExecutorService executor = Executors.newFixedThreadPool(3);
    try (Case c = Case.integers(150, 90, Pattern.P2_4, random)) {
      for (int batch : new int[] {0, 1, 2, 3, 15, 16, 17, 64, 130}) {
        check(c, batch, CALLER, random);
        check(c, batch, Execution.parallel(), random);
        check(c, batch, Execution.on(executor, 4), random);
      }
    } finally {
      executor.shutdown();
    }
    for (Pattern pattern : Samples.PATTERNS) {
      try (Case c =
          Case.integers(1 + random.nextInt(140), 1 + random.nextInt(70), pattern, random)) {
        check(c, 1 + random.nextInt(20), CALLER, random);
      }
    }
  }

  private static void check(Case c, int batch, Execution execution, Random random) {
    float[] x = Samples.integers(random, batch * c.inputs);
    float[] dy = Samples.integers(random, batch * c.outputs);
    DenseMatrix in = Samples.matrix(x, batch, c.inputs);
    DenseMatrix y = DenseMatrix.allocate(batch, c.outputs);
    DenseMatrix dx = DenseMatrix.allocate(batch, c.inputs);
    c.layer.forward(in, y, execution);
    double[] used = c.used(0);
    assertArrayEquals(floats(c.forward(used, x, batch)), y.toArray());
    c.layer.backward(in, Samples.matrix(dy, batch, c.outputs), dx, execution);
    double[] wantedDx = new double[batch * c.inputs];
    double[] wantedDw = new double[c.outputs * c.inputs];
    double[] wantedDb = new double[c.outputs];
    for (int s = 0; s < batch; s++) {
      for (int o = 0; o < c.outputs; o++) {
        double d = dy[s * c.outputs + o];
        wantedDb[o] += d;
        for (int i = 0; i < c.inputs; i++) {
          wantedDx[s * c.inputs + i] += d * used[o * c.inputs + i];
          wantedDw[o * c.inputs + i] += d * x[s * c.inputs + i];
        }
      }
    }
    assertArrayEquals(floats(wantedDx), dx.toArray());
    assertArrayEquals(floats(wantedDw), c.layer.gradient().toArray());
    assertArrayEquals(floats(wantedDb), c.layer.biasGradient().toArray());
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** The twin of the tests above: they would notice one weight kept that is not. */
  @Test
  void oneCorruptedMaskBitShows(Random random) {
    try (Case c = Case.integers(20, 40, Pattern.P2_4, random)) {
      float[] x = new float[40];
      Arrays.fill(x, 1);
      DenseMatrix y = DenseMatrix.allocate(1, 20);
      c.layer.forward(Samples.matrix(x, 1, 40), y, CALLER);
      double[] used = c.used(0);
      int i = 0;
      while (used[i] == 0) {
        i++;
      }
      used[i] = 0;
      assertFalse(Arrays.equals(floats(c.forward(used, x, 1)), y.toArray()));
    }
  }

  @Test
  void passesFollowStepsAndChangedWeights(Random random) {
    try (Case c = Case.integers(130, 64, Pattern.P2_4, random)) {
      for (int step = 0; step < 5; step++) {
        check(c, 9, Execution.parallel(), random);
        Mask before = c.weight.mask();
        long flips = c.layer.step(Optimizer.sgd(1), MaskRule.ste(), Execution.parallel());
        assertEquals(before.distance(c.weight.mask()), flips);
      }
      c.w.copyFrom(Samples.integers(random, 130 * 64));
      c.layer.weightsChanged();
      check(c, 9, CALLER, random);
    }
  }

  @Test
  void aScheduleGoesFromDenseToSparse(Random random) {
    try (Case c = Case.integers(40, 32, null, random)) {
      MaskRule rule =
          MaskRule.ste().schedule(PatternSchedule.structureDecay(Pattern.P2_4, 2, 5).denseFor(1));
      for (int step = 0; step < 6; step++) {
        check(c, 5, CALLER, random);
        c.layer.step(Optimizer.sgd(1), rule, CALLER);
      }
      assertEquals(Pattern.P2_4, c.weight.pattern());
      check(c, 5, CALLER, random);
    }
  }

  /** A pattern that is set holds from the next refresh on; until then the mask is what it was. */
  @Test
  void aPatternSetAheadWaitsForItsRefresh(Random random) {
    try (Case c = Case.integers(24, 32, Pattern.P4_8, random)) {
      c.weight.setPattern(Pattern.P1_4);
      check(c, 5, CALLER, random);
      c.layer.step(Optimizer.sgd(1), MaskRule.ste().refreshEvery(2), CALLER);
      check(c, 5, CALLER, random);
      c.layer.step(Optimizer.sgd(1), MaskRule.ste().refreshEvery(2), CALLER);
      check(c, 5, CALLER, random);
    }
  }

  @Test
  void partsOfABatchAddUp(Random random) {
    float[] x = Samples.integers(random, 10 * 32);
    float[] dy = Samples.integers(random, 10 * 24);
    DenseMatrix in = Samples.matrix(x, 10, 32);
    DenseMatrix out = Samples.matrix(dy, 10, 24);
    try (Case c = Case.integers(24, 32, Pattern.P2_4, random)) {
      c.layer.backward(in, out, null, CALLER);
      float[] whole = c.layer.gradient().toArray();
      float[] bias = c.layer.biasGradient().toArray();
      c.layer.backward(in.rows(0, 3), out.rows(0, 3), null, CALLER);
      c.layer.accumulate(in.rows(3, 7), out.rows(3, 7), null, CALLER);
      assertArrayEquals(whole, c.layer.gradient().toArray());
      assertArrayEquals(bias, c.layer.biasGradient().toArray());
    }
  }

  @Test
  void aBiasIsOptionalAndAnyGemmServes(Random random) {
    int[] calls = {0};
    Gemm counting =
        (ta, tb, a, b, beta, c, execution) -> {
          calls[0]++;
          DENSE.multiply(ta, tb, a, b, beta, c, execution);
        };
    DenseMatrix w = Samples.matrix(Samples.integers(random, 32), 4, 8);
    MaskedParameter weight = MaskedParameter.builder("w", w).pattern(Pattern.P2_4).build();
    try (MaskedLinear layer = new MaskedLinear(weight, null, counting)) {
      DenseMatrix x = Samples.matrix(Samples.integers(random, 8), 1, 8);
      DenseMatrix y = DenseMatrix.allocate(1, 4);
      layer.forward(x, y, CALLER);
      assertEquals(0, calls[0]);
      layer.backward(x, y, null, CALLER);
      assertEquals(1, calls[0]);
      assertNull(layer.biasGradient());
      layer.step(Optimizer.sgd(0.1f), MaskRule.srSte(), CALLER);
    }
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothing(Random random) {
    try (Case c = Case.integers(8, 16, Pattern.P2_4, random)) {
      float[] w = c.w.toArray();
      float[] b = c.b.toArray();
      c.layer.biasGradient().set(0, 3, Float.NaN);
      Misuse.fails(
          ErrorCode.NAN,
          () -> c.layer.step(Optimizer.sgd(1), MaskRule.ste(), CALLER),
          "fc.bias",
          "3");
      c.layer.biasGradient().set(0, 3, 0);
      c.layer.gradient().set(2, 5, Float.POSITIVE_INFINITY);
      Misuse.fails(
          ErrorCode.NAN, () -> c.layer.step(Optimizer.sgd(1), MaskRule.ste(), CALLER), "fc.weight");
      assertArrayEquals(w, c.w.toArray());
      assertArrayEquals(b, c.b.toArray());
    }
  }

  @Test
  void aNanAmongKeptWeightsIsRefusedByName(Random random) {
    try (Case c = Case.integers(8, 16, Pattern.P2_4, random)) {
      int col = c.weight.mask().get(1, 0) ? 0 : c.weight.mask().get(1, 1) ? 1 : 2;
      float before = c.w.get(1, col);
      c.w.set(1, col, Float.NaN);
      DenseMatrix x = DenseMatrix.allocate(1, 16);
      DenseMatrix y = DenseMatrix.allocate(1, 8);
      Misuse.fails(
          ErrorCode.NAN,
          () -> c.layer.forward(x, y, CALLER),
          "fc.weight",
          "row 1",
          "column " + col);
      Misuse.fails(ErrorCode.NAN, () -> c.layer.forward(x, y, CALLER), "fc.weight");
      c.w.set(1, col, before);
      check(c, 3, CALLER, random);
    }
  }

  @Test
  void misuseIsRefused(Random random) {
    Case c = Case.integers(8, 16, Pattern.P2_4, random);
    MaskedLinear layer = c.layer;
    DenseMatrix x = DenseMatrix.allocate(3, 16);
    DenseMatrix y = DenseMatrix.allocate(3, 8);
    DenseMatrix wrong = DenseMatrix.allocate(3, 9);
    Misuse.illegalArgument(() -> layer.forward(wrong, y, CALLER), "fc.weight", "x", "3 x 16");
    Misuse.illegalArgument(() -> layer.forward(x, wrong, CALLER), "y", "3 x 8", "3 x 9");
    Misuse.illegalArgument(() -> layer.backward(x, wrong, null, CALLER), "dy", "3 x 8");
    Misuse.illegalArgument(() -> layer.backward(x, y, wrong, CALLER), "dx", "3 x 16");
    DenseMatrix wide = DenseMatrix.allocate(3, 24);
    DenseMatrix square = DenseMatrix.of(wide.buffer(), 3, 16, 16);
    DenseMatrix part = DenseMatrix.of(wide.buffer(), 3, 8, 8);
    Misuse.illegalArgument(() -> layer.forward(square, part, CALLER), "y must not overlap x");
    Misuse.illegalArgument(() -> layer.backward(x, y, x, CALLER), "dx must not overlap x");
    Misuse.illegalArgument(() -> layer.backward(x, part, square, CALLER), "dx must not overlap dy");
    DenseMatrix half = DenseMatrix.allocate(DType.BF16, 3, 8);
    Misuse.illegalArgument(() -> layer.forward(x, half, CALLER), "y must be of F32 as x is");
    Misuse.fails(
        ErrorCode.UNSUPPORTED,
        () -> layer.forward(DenseMatrix.allocate(DType.BF16, 3, 16), half, CALLER),
        "fc.weight: x must be of F32");
    Misuse.nullPointer(() -> layer.forward(null, y, CALLER));
    Misuse.nullPointer(() -> layer.forward(x, y, null));

    MaskedParameter bias = MaskedParameter.builder("b", DenseMatrix.allocate(1, 9)).build();
    Misuse.illegalArgument(() -> new MaskedLinear(c.weight, bias, DENSE), "b", "1 x 8", "1 x 9");
    MaskedParameter sparse =
        MaskedParameter.builder("b", DenseMatrix.allocate(1, 8)).pattern(Pattern.P2_4).build();
    Misuse.illegalArgument(() -> new MaskedLinear(c.weight, sparse, DENSE), "b", "dense");
    MaskedParameter strided =
        MaskedParameter.builder("s", DenseMatrix.allocate(8, 36)).grouping(new Grouping(9)).build();
    Misuse.illegalArgument(() -> new MaskedLinear(strided, null, DENSE), "s", "stride of 9");
    Misuse.nullPointer(() -> new MaskedLinear(null, null, DENSE));
    Misuse.nullPointer(() -> new MaskedLinear(c.weight, null, null));

    DenseMatrix w = Samples.matrix(Samples.integers(random, 64), 8, 8);
    MaskRule decaying = MaskRule.ste().prunedFactor(0.5f);
    MaskedParameter without =
        MaskedParameter.builder("d", w).pattern(Pattern.P2_4).startOf(decaying).build();
    try (MaskedLinear soft = new MaskedLinear(without, null, DENSE)) {
      DenseMatrix out = DenseMatrix.allocate(3, 8);
      Misuse.illegalState(() -> soft.forward(part, out, CALLER), "d", "masked copy");
    }

    layer.forward(x, y, CALLER);
    layer.close();
    layer.close();
    Misuse.illegalState(() -> layer.forward(x, y, CALLER), "fc.weight", "closed");
    Misuse.illegalState(() -> layer.backward(x, y, null, CALLER), "closed");
    Misuse.illegalState(() -> layer.step(Optimizer.sgd(1), MaskRule.ste(), CALLER), "closed");
  }
}
