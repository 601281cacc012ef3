/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nm4j.train.Grouping;
import org.nm4j.train.MaskHistory;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.Placement;

@RandomTest
class TrainingTest {
  private static final Execution CALLER = Execution.caller();

  /** The optimisers of the comparisons, with what the reference needs to know. */
  private enum Kind {
    SGD,
    MOMENTUM,
    DAMPENED,
    NESTEROV,
    ADAM,
    ADAMW;

    static final float DECAY = 0.01f;

    Optimizer optimizer() {
      return switch (this) {
        case SGD -> Optimizer.sgd(0.05f).weightDecay(DECAY);
        case MOMENTUM -> Optimizer.sgd(0.05f).momentum(0.9f).weightDecay(DECAY);
        case DAMPENED -> Optimizer.sgd(0.05f).momentum(0.8f).dampening(0.3f).weightDecay(DECAY);
        case NESTEROV -> Optimizer.sgd(0.05f).momentum(0.9f).nesterov(true).weightDecay(DECAY);
        case ADAM -> Optimizer.adam(0.003f).weightDecay(DECAY);
        case ADAMW -> Optimizer.adamW(0.003f);
      };
    }
  }

  /** One weight, by the formulas of torch.optim in double precision. */
  private static final class Weight {
    double w;
    double first;
    double second;

    void step(Kind kind, float lambda, Placement placement, double g, boolean kept, int t) {
      double pruned = kept ? 0 : w;
      if (placement == Placement.IN_GRADIENT) {
        g += lambda * pruned;
      }
      double lr = kind.compareTo(Kind.ADAM) >= 0 ? 0.003f : 0.05f;
      if (kind == Kind.ADAMW) {
        w -= lr * Kind.DECAY * w;
      } else {
        g += Kind.DECAY * w;
      }
      double outside = placement == Placement.OUTSIDE_MOMENTS ? lambda * pruned : 0;
      w -= lr * direction(kind, g, outside, t);
      if (placement == Placement.DECOUPLED) {
        w -= lr * lambda * pruned;
      }
    }

    private double direction(Kind kind, double g, double outside, int t) {
      switch (kind) {
        case SGD:
          return g + outside;
        case MOMENTUM:
          first = 0.9f * first + g;
          return first + outside;
        case DAMPENED:
          first = t == 1 ? g : 0.8f * first + (1 - 0.3f) * g;
          return first + outside;
        case NESTEROV:
          first = 0.9f * first + g;
          return g + 0.9f * first + outside;
        default:
          first = 0.9f * first + (1 - (double) 0.9f) * g;
          second = 0.999f * second + (1 - (double) 0.999f) * g * g;
          double mean = first / (1 - Math.pow(0.9f, t));
          return (mean + outside) / (Math.sqrt(second / (1 - Math.pow(0.999f, t))) + 1e-8f);
      }
    }
  }

  private static void draw(Random random, DenseMatrix matrix) {
    matrix.copyFrom(Samples.floats(random, (int) (matrix.rows() * matrix.cols())));
  }

  private static DenseMatrix drawn(Random random, int rows, int cols) {
    return Samples.matrix(Samples.floats(random, rows * cols), rows, cols);
  }

  private static MaskedParameter parameter(DenseMatrix w) {
    return MaskedParameter.builder("fc1.weight", w).pattern(Pattern.P2_4).build();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void twoHundredStepsEqualTheFormulas(Kind kind, Random random) {
    for (Placement placement : Placement.values()) {
      compare(kind, placement, Pattern.P2_4, 0.02f, random);
      compare(kind, placement, Pattern.of(3, 5), -0.01f, random);
      compare(kind, placement, null, 0.02f, random);
    }
  }

  private static void compare(
      Kind kind, Placement placement, Pattern pattern, float lambda, Random random) {
    int rows = 3;
    int cols = 37;
    DenseMatrix w = drawn(random, rows, cols);
    DenseMatrix grad = DenseMatrix.allocate(rows, cols);
    DenseMatrix masked = DenseMatrix.allocate(rows, cols);
    MaskedParameter.Builder builder = MaskedParameter.builder("w", w).masked(masked);
    MaskedParameter p = (pattern == null ? builder : builder.pattern(pattern)).build();
    Weight[] reference = new Weight[rows * cols];
    for (int i = 0; i < reference.length; i++) {
      reference[i] = new Weight();
      reference[i].w = w.get(i / cols, i % cols);
    }
    MaskRule rule = MaskRule.srSte(lambda).placement(placement);
    for (int t = 1; t <= 200; t++) {
      draw(random, grad);
      Mask before = p.mask();
      long flips = p.step(grad, kind.optimizer(), rule, CALLER);
      if (pattern == null) {
        assertEquals(rows * cols, p.mask().count());
      } else {
        assertEquals(Mask.magnitude(w, pattern), p.mask());
      }
      assertEquals(before.distance(p.mask()), flips);
      DenseMatrix expected = DenseMatrix.allocate(rows, cols);
      p.mask().apply(w, expected);
      assertArrayEquals(expected.toArray(), masked.toArray());
      for (int i = 0; i < reference.length; i++) {
        boolean kept = before.get(i / cols, i % cols);
        reference[i].step(kind, lambda, placement, grad.get(i / cols, i % cols), kept, t);
        // Each step rounds a few times, and errors do not grow.
        double near = 1e-6 * t * Math.max(1, Math.abs(reference[i].w));
        assertEquals(reference[i].w, w.get(i / cols, i % cols), near, "step " + t);
      }
    }
    assertEquals(200, p.steps());
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void lambdaZeroIsSteBitForBitWhereverItIsPlaced(Kind kind, Random random) {
    float[] start = Samples.floats(random, 3 * 41);
    long seed = random.nextLong();
    byte[] state = null;
    float[] weights = null;
    for (Placement placement : Placement.values()) {
      DenseMatrix w = Samples.matrix(start, 3, 41);
      MaskedParameter p = parameter(w);
      Random gradients = new Random(seed);
      for (int t = 0; t < 20; t++) {
        MaskRule rule = t % 2 == 0 ? MaskRule.ste().placement(placement) : MaskRule.ste();
        p.step(drawn(gradients, 3, 41), kind.optimizer(), rule, CALLER);
      }
      if (state != null) {
        assertArrayEquals(state, saved(p));
        assertArrayEquals(weights, w.toArray());
      }
      state = saved(p);
      weights = w.toArray();
    }
  }

  @Test
  void aStepThatBreaksOffInTheMiddleNeedsASavedState(Random random) throws IOException {
    DenseMatrix w = drawn(random, 530, 1030);
    DenseMatrix grad = drawn(random, 530, 1030);
    MaskedParameter p = parameter(w);
    Optimizer sgd = Optimizer.sgd(0.1f);
    byte[] state = saved(p);
    int[] calls = {0};
    Execution failing =
        Execution.on(
            task -> {
              if (calls[0]++ > 0) { // the first looks at the gradient
                throw new UnsupportedOperationException("broken executor");
              }
            },
            2);
    assertThrows(
        UnsupportedOperationException.class, () -> p.step(grad, sgd, MaskRule.ste(), failing));
    assertEquals(0, p.steps());
    Misuse.illegalState(() -> p.step(grad, sgd, MaskRule.ste(), CALLER), "fc1.weight", "middle");
    Misuse.illegalState(() -> p.save(new ByteArrayOutputStream()), "fc1.weight", "middle");
    p.load(new ByteArrayInputStream(state));
    p.step(grad, sgd, MaskRule.ste(), CALLER);
    assertEquals(1, p.steps());
  }

  @Test
  void nothingBesideTheMatricesIsTouched(Random random) {
    for (int cols : new int[] {1, 7, 8, 33, 100}) {
      GuardedMatrix w = new GuardedMatrix(Samples.floats(random, 3 * cols), 3, cols, 0);
      GuardedMatrix grad = new GuardedMatrix(Samples.floats(random, 3 * cols), 3, cols, 0);
      GuardedMatrix masked = new GuardedMatrix(3, cols, 0);
      MaskedParameter p =
          MaskedParameter.builder("w", w.view())
              .pattern(Pattern.P2_4)
              .masked(masked.view())
              .build();
      p.step(grad.view(), Optimizer.adamW(0.1f), MaskRule.srSte(), CALLER);
      w.assertGuardsIntact();
      grad.assertGuardsIntact();
      masked.assertGuardsIntact();
      DenseMatrix expected = DenseMatrix.allocate(3, cols);
      p.mask().apply(w.view(), expected);
      assertArrayEquals(expected.toArray(), masked.view().toArray());
    }
  }

  @Test
  void decayingMasksKeepAShareOfPrunedWeights() {
    DenseMatrix w = Samples.matrix(new float[] {4, -3, 2, -1}, 1, 4);
    DenseMatrix masked = DenseMatrix.allocate(1, 4);
    MaskedParameter p =
        MaskedParameter.builder("w", w).pattern(Pattern.P2_4).masked(masked).build();
    MaskRule soft = MaskRule.ste().prunedFactor(0.25f);
    p.step(DenseMatrix.allocate(1, 4), Optimizer.sgd(1), soft, CALLER);
    assertArrayEquals(new float[] {4, -3, 0.5f, -0.25f}, masked.toArray());
  }

  @Test
  void prunedWeightsSeeLambdaAndWeightDecay() {
    // The invariant of the authors' code: (lambda + wd) / wd = 5 times the decay of kept weights.
    DenseMatrix w = Samples.matrix(new float[] {2, 2, 1, 1}, 1, 4);
    float decay = 0x1p-10f;
    MaskRule rule = MaskRule.srSte(4 * decay);
    parameter(w)
        .step(DenseMatrix.allocate(1, 4), Optimizer.sgd(1).weightDecay(decay), rule, CALLER);
    assertArrayEquals(
        new float[] {2 - 2 * decay, 2 - 2 * decay, 1 - 5 * decay, 1 - 5 * decay}, w.toArray());
  }

  @Test
  void aFixedMaskStaysAndPrunes(Random random) {
    DenseMatrix w = drawn(random, 4, 16);
    MaskedParameter p = parameter(w);
    Mask mask = p.mask();
    for (int t = 0; t < 5; t++) {
      assertEquals(
          0, p.step(drawn(random, 4, 16), Optimizer.adam(0.1f), MaskRule.fixedMask(), CALLER));
    }
    assertEquals(mask, p.mask());
    assertEquals(mask.count(), Arrays.stream(toDoubles(w)).filter(v -> v != 0).count());
  }

  private static double[] toDoubles(DenseMatrix w) {
    float[] values = w.toArray();
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  @Test
  void masksAreRefreshedWhenTheRuleSays(Random random) {
    DenseMatrix w = drawn(random, 8, 64);
    MaskedParameter p = parameter(w);
    for (int t = 1; t <= 9; t++) {
      long flips =
          p.step(drawn(random, 8, 64), Optimizer.sgd(1), MaskRule.ste().refreshEvery(3), CALLER);
      assertEquals(t % 3 == 0, flips > 0, "step " + t);
    }
  }

  @Test
  void aFrozenSecondMomentStays() {
    DenseMatrix w = Samples.matrix(new float[] {1, 0, 0, 0}, 1, 4);
    DenseMatrix grad = Samples.matrix(new float[] {4, 0, 0, 0}, 1, 4);
    MaskedParameter p = MaskedParameter.builder("w", w).build();
    Optimizer adam = Optimizer.adam(0.5f).betas(0, 0).eps(0.5f);
    p.step(grad, adam, MaskRule.ste(), CALLER);
    assertEquals(1 - 0.5 * 4 / 4.5, w.get(0, 0), 1e-6);
    p.setPattern(Pattern.P2_4);
    w.set(0, 0, 1);
    grad.set(0, 0, 8);
    p.step(grad, adam, MaskRule.ste().freezeSecondMoment(true), CALLER);
    assertEquals(1 - 0.5 * 8 / 4.5, w.get(0, 0), 1e-6);
    assertEquals(2, p.mask().count());
    Misuse.illegalArgument(
        () ->
            parameter(w)
                .step(grad, Optimizer.sgd(1), MaskRule.ste().freezeSecondMoment(true), CALLER),
        "fc1.weight",
        "SGD");
  }

  @Test
  void convolutionsAreGroupedByInputChannelsOrNeighbours(Random random) {
    int in = 8;
    DenseMatrix w = drawn(random, 2, in * 9);
    Mask byChannel =
        MaskedParameter.builder("conv", w)
            .pattern(Pattern.P2_4)
            .grouping(Grouping.inputChannels(3, 3))
            .build()
            .mask();
    float[] channelsLast = new float[2 * 9 * in];
    for (int i = 0; i < channelsLast.length; i++) {
      channelsLast[i] = w.get(i / (9 * in), i % in * 9 + i / in % 9);
    }
    Mask expected = Mask.magnitude(Samples.matrix(channelsLast, 18, in), Pattern.P2_4);
    for (int i = 0; i < channelsLast.length; i++) {
      assertEquals(
          expected.get(i / in, i % in), byChannel.get(i / (9 * in), i % in * 9 + i / in % 9));
    }
    assertEquals(Mask.magnitude(w, Pattern.P2_4), parameter(w).mask());
    Misuse.illegalArgument(
        () -> MaskedParameter.builder("conv", w).grouping(new Grouping(5)).build(), "conv", "72");
    Misuse.illegalArgument(() -> Grouping.inputChannels(0, 3), "0 x 3");
  }

  @Test
  void maskedCopiesAreThereFromTheStart(Random random) {
    DenseMatrix w = drawn(random, 3, 20);
    w.set(0, 0, -0f);
    DenseMatrix masked = DenseMatrix.allocate(3, 20);
    DenseMatrix bf16 = DenseMatrix.allocate(DType.BF16, 3, 20);
    MaskedParameter p =
        MaskedParameter.builder("w", w)
            .pattern(Pattern.P2_4)
            .masked(masked)
            .maskedBf16(bf16)
            .build();
    assertCopies(p, w, masked, bf16);
    p.step(drawn(random, 3, 20), Optimizer.sgd(0.1f), MaskRule.ste(), CALLER);
    assertCopies(p, w, masked, bf16);
  }

  private static void assertCopies(
      MaskedParameter p, DenseMatrix w, DenseMatrix masked, DenseMatrix bf16) {
    DenseMatrix expected = DenseMatrix.allocate(w.rows(), w.cols());
    p.mask().apply(w, expected);
    assertArrayEquals(expected.toArray(), masked.toArray());
    DenseMatrix rounded = DenseMatrix.allocate(DType.BF16, w.rows(), w.cols());
    rounded.copyFrom(expected.toArray());
    assertArrayEquals(rounded.toArray(), bf16.toArray());
  }

  @Test
  void threadsGiveTheSameBitsAndNanChangesNothing(Random random) {
    int rows = 530;
    int cols = 1030;
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      DenseMatrix start = drawn(random, rows, cols);
      DenseMatrix grad = drawn(random, rows, cols);
      DenseMatrix alone = DenseMatrix.copyOf(start.toArray(), rows, cols);
      DenseMatrix shared = DenseMatrix.copyOf(start.toArray(), rows, cols);
      MaskedParameter one = parameter(alone);
      MaskedParameter many = parameter(shared);
      Execution four = Execution.on(pool, 4);
      for (int t = 0; t < 3; t++) {
        Optimizer adam = Optimizer.adamW(0.3f);
        assertEquals(
            one.step(grad, adam, MaskRule.srSte(), CALLER),
            many.step(grad, adam, MaskRule.srSte(), four));
      }
      assertArrayEquals(alone.toArray(), shared.toArray());
      byte[] state = saved(many);
      assertArrayEquals(saved(one), state);
      grad.set(520, 7, Float.NaN);
      grad.set(17, 3, Float.NEGATIVE_INFINITY);
      for (Execution execution : new Execution[] {CALLER, four}) {
        Misuse.fails(
            ErrorCode.NAN,
            () -> many.step(grad, Optimizer.adamW(0.3f), MaskRule.srSte(), execution),
            "fc1.weight: gradient",
            "row 17, column 3");
      }
      assertArrayEquals(alone.toArray(), shared.toArray());
      assertArrayEquals(state, saved(many));
    } finally {
      pool.shutdown();
    }
  }

  private static byte[] saved(MaskedParameter p) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertDoesNotThrow(() -> p.save(out));
    return out.toByteArray();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aSavedStateContinuesBitForBit(Kind kind, Random random) throws IOException {
    DenseMatrix w = drawn(random, 3, 41);
    MaskedParameter p = parameter(w);
    MaskRule rule = MaskRule.srSte(0.1f).refreshEvery(2);
    int stop = random.nextInt(20);
    long seed = random.nextLong();
    Random gradients = new Random(seed);
    for (int t = 0; t < stop; t++) {
      p.step(drawn(gradients, 3, 41), kind.optimizer(), rule, CALLER);
    }
    DenseMatrix copy = DenseMatrix.copyOf(w.toArray(), 3, 41);
    DenseMatrix masked = DenseMatrix.allocate(3, 41);
    MaskedParameter resumed = MaskedParameter.builder("fc1.weight", copy).masked(masked).build();
    ByteArrayInputStream in =
        new ByteArrayInputStream(Arrays.copyOf(saved(p), saved(p).length + 1));
    resumed.load(in);
    assertEquals(1, in.available(), "read exactly to the end");
    DenseMatrix expected = DenseMatrix.allocate(3, 41);
    p.mask().apply(w, expected);
    assertArrayEquals(expected.toArray(), masked.toArray());
    for (int t = 0; t < 20; t++) {
      DenseMatrix grad = drawn(gradients, 3, 41);
      p.step(grad, kind.optimizer(), rule, CALLER);
      resumed.step(grad, kind.optimizer(), rule, CALLER);
    }
    assertArrayEquals(w.toArray(), copy.toArray());
    assertArrayEquals(saved(p), saved(resumed));
    assertEquals(p.flips(), resumed.flips());
  }

  /** Which optimiser it is to be, a step decides that is made. */
  @Test
  void aRefusedStepDecidesNothing(Random random) {
    DenseMatrix memory = drawn(random, 3, 8);
    MaskedParameter p = parameter(memory.rows(0, 2));
    DenseMatrix grad = drawn(random, 2, 8);
    Misuse.illegalArgument(
        () -> p.step(memory.rows(1, 2), Optimizer.adam(0.1f), MaskRule.ste(), CALLER),
        "fc1.weight");
    p.step(grad, Optimizer.sgd(0.1f), MaskRule.ste(), CALLER);
    p.step(grad, Optimizer.sgd(0.1f), MaskRule.ste(), CALLER);
    assertEquals(2, p.steps());
  }

  /** Of version 2, before refreshes beside steps were counted. */
  @Test
  void statesOfOlderVersionsAreRead() throws IOException {
    byte[] old =
        Base64.getDecoder()
            .decode(
                "Tk00SlRSTgoAAAACAApmYzEud2VpZ2h0AAAAAAAAAAIAAAAAAAAABAAAAAAAAAABAAhyYW5kb20gNQAAAAIA"
                    + "AAAEAAAAAAAAAAAAAAACAAAAAAAAAAgAAAAAAQADBgAAwD8AAEBAAACQQAAAwEAAAPBAAAAQQQAA"
                    + "KEEAAEBBAAAAAKrnXyw=");
    DenseMatrix w = DenseMatrix.allocate(2, 4);
    DenseMatrix grad = DenseMatrix.copyOf(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4);
    MaskedParameter p =
        MaskedParameter.builder("fc1.weight", w)
            .pattern(Pattern.P2_4)
            .masks(MaskKind.random(5))
            .build();
    p.load(new ByteArrayInputStream(old));
    assertEquals(2, p.steps());
    assertEquals(8, p.flips());
    assertArrayEquals(new byte[] {3, 6}, p.mask().toBytes());
    p.step(grad, Optimizer.sgd(0.5f).momentum(0.5f), MaskRule.ste(), CALLER);
    assertArrayEquals(new byte[] {9, 6}, p.mask().toBytes());
    assertArrayEquals(
        new float[] {-0.875f, -1.75f, -2.625f, -3.5f, -4.375f, -5.25f, -6.125f, -7}, w.toArray());
    old[11] = 4;
    refused("version", p, old);
  }

  @Test
  void foreignAndDamagedStatesAreRefused(Random random) {
    MaskedParameter p = parameter(drawn(random, 2, 8));
    p.step(drawn(random, 2, 8), Optimizer.adam(0.1f), MaskRule.ste(), CALLER);
    byte[] state = saved(p);
    MaskedParameter other = parameter(drawn(random, 2, 8));
    byte[] before = saved(other);
    for (int length = 0; length < state.length; length++) {
      byte[] cut = Arrays.copyOf(state, length);
      EOFException e =
          assertThrows(EOFException.class, () -> other.load(new ByteArrayInputStream(cut)));
      assertTrue(e.getMessage().contains("fc1.weight"), e.getMessage());
    }
    for (int i = 0; i < state.length; i++) {
      byte[] damaged = state.clone();
      damaged[i] ^= (byte) (1 << random.nextInt(8));
      assertThrows(IOException.class, () -> other.load(new ByteArrayInputStream(damaged)));
    }
    assertArrayEquals(before, saved(other));
    refused("rows 3, got 2", parameter(drawn(random, 3, 8)), state);
    refused("cols 4, got 8", parameter(drawn(random, 2, 4)), state);
    refused(
        "name fc2, got fc1.weight",
        MaskedParameter.builder("fc2", drawn(random, 2, 8)).build(),
        state);
    refused("not a saved state", other, new byte[100]);
  }

  private static void refused(String words, MaskedParameter p, byte[] state) {
    IOException e = assertThrows(IOException.class, () -> p.load(new ByteArrayInputStream(state)));
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }

  @Test
  void sadIsTheDistanceOfMasks() {
    DenseMatrix w = Samples.matrix(new float[] {4, 3, 2, 1, 4, 3, 2, 1}, 2, 4);
    DenseMatrix grad = Samples.matrix(new float[] {4, 0, 0, 0, 4, 3, 0, 0}, 2, 4);
    MaskedParameter a = MaskedParameter.builder("a", w).pattern(Pattern.P2_4).build();
    MaskedParameter b =
        MaskedParameter.builder("b", DenseMatrix.allocate(5, 8)).pattern(Pattern.P2_4).build();
    MaskHistory history = new MaskHistory();
    history.record(a);
    history.record(b);
    assertEquals(6, a.step(grad, Optimizer.sgd(1), MaskRule.ste(), CALLER));
    b.step(DenseMatrix.allocate(5, 8), Optimizer.sgd(1), MaskRule.ste(), CALLER);
    history.record(a);
    history.record(b);
    assertEquals(6, history.sad("a", 0, 1).bits());
    assertEquals(6, history.sad("a", 1, 0).bits());
    assertEquals(6.0 / 8, history.sad("a", 0, 1).perWeight());
    assertEquals(0, history.sad("b", 0, 1).bits());
    assertEquals(6.0 / 48, history.total(0, 1).perWeight());
    Misuse.illegalArgument(() -> history.sad("a", 0, 2), "a", "[0, 1]", "2");
    Misuse.illegalArgument(() -> history.sad("c", 0, 1), "[a, b]", "c");
    history.forgetBefore(1);
    Misuse.illegalArgument(() -> history.total(0, 1), "a", "[1]", "0");
  }

  @Test
  void whatCannotBeTrainedIsRefusedAndNamed() {
    DenseMatrix w = DenseMatrix.allocate(2, 8);
    DenseMatrix readOnly = DenseMatrix.of(w.buffer().asReadOnlyBuffer(), 2, 8);
    Misuse.illegalArgument(() -> parameter(readOnly), "fc1.weight: w", "read-only");
    DenseMatrix gaps = DenseMatrix.of(DenseMatrix.allocate(2, 9).buffer(), 2, 8, 9);
    Misuse.illegalArgument(() -> parameter(gaps), "fc1.weight: w", "gaps", "ld 9");
    Misuse.illegalArgument(() -> parameter(DenseMatrix.allocate(DType.BF16, 2, 8)), "F32", "BF16");
    Misuse.illegalArgument(() -> MaskedParameter.builder("", w), "name");
    Misuse.nullPointer(() -> MaskedParameter.builder(null, w));
    Misuse.nullPointer(() -> MaskedParameter.builder("w", null));
    MaskedParameter.Builder builder = MaskedParameter.builder("w", w);
    Misuse.illegalArgument(() -> builder.masked(readOnly), "w: masked", "read-only");
    Misuse.illegalArgument(() -> builder.maskedBf16(w), "w: maskedBf16", "BF16");
    Misuse.nullPointer(() -> builder.pattern(null));
    Misuse.illegalArgument(() -> builder.masked(w).build(), "w: ", "overlap");
    w.set(1, 2, Float.NaN);
    Misuse.fails(ErrorCode.NAN, () -> parameter(w), "fc1.weight", "row 1", "column 2");
    w.set(1, 2, 0);

    MaskedParameter p = parameter(w);
    Optimizer sgd = Optimizer.sgd(1);
    MaskRule ste = MaskRule.ste();
    Misuse.illegalArgument(
        () -> p.step(DenseMatrix.allocate(2, 7), sgd, ste, CALLER), "fc1.weight", "2 x 8", "2 x 7");
    Misuse.illegalArgument(() -> p.step(w, sgd, ste, CALLER), "fc1.weight", "overlap");
    DenseMatrix grad = DenseMatrix.allocate(2, 8);
    Misuse.nullPointer(() -> p.step(null, sgd, ste, CALLER));
    Misuse.nullPointer(() -> p.step(grad, null, ste, CALLER));
    Misuse.nullPointer(() -> p.step(grad, sgd, null, CALLER));
    Misuse.nullPointer(() -> p.step(grad, sgd, ste, null));
    assertEquals(0, p.steps());
    p.step(grad, sgd, ste, CALLER);
    Misuse.illegalState(
        () -> p.step(grad, Optimizer.adam(1), ste, CALLER), "fc1.weight", "SGD", "Adam");
    Misuse.illegalState(
        () -> p.step(grad, sgd.momentum(0.9f), ste, CALLER), "without momentum", "0.9");
    assertEquals(1, p.steps());
    parameter(DenseMatrix.allocate(0, 8)).step(DenseMatrix.allocate(0, 8), sgd, ste, CALLER);
    parameter(DenseMatrix.allocate(3, 0)).step(DenseMatrix.allocate(3, 0), sgd, ste, CALLER);
  }

  @Test
  void numbersOutOfBoundsAreRefused() {
    Misuse.illegalArgument(() -> Optimizer.sgd(Float.NaN), "lr", "NaN");
    Misuse.illegalArgument(() -> Optimizer.sgd(-1), "lr", "-1");
    Misuse.illegalArgument(() -> Optimizer.sgd(Float.POSITIVE_INFINITY), "lr", "Infinity");
    Misuse.illegalArgument(() -> Optimizer.sgd(1).nesterov(true), "Nesterov", "0.0");
    Misuse.illegalArgument(() -> Optimizer.adam(1).betas(1, 0), "beta1", "1.0");
    Misuse.illegalState(() -> Optimizer.adam(1).momentum(0.9f), "SGD", "Adam");
    Misuse.illegalState(() -> Optimizer.sgd(1).eps(1), "Adam", "SGD");
    Misuse.illegalArgument(() -> MaskRule.srSte(Float.NaN), "lambda", "NaN");
    Misuse.illegalArgument(() -> MaskRule.ste().refreshEvery(0), "refreshEvery", "0");
    Misuse.illegalState(() -> MaskRule.fixedMask().refreshEvery(2), "fixed");
    Misuse.nullPointer(() -> MaskRule.ste().placement(null));
  }

  /** Any optimiser between correctGradient and adopt: here plain SGD by hand, against nm4j's. */
  @Test
  void otherOptimizersGetTheSameGradientAndMasks(Random random) {
    for (MaskRule rule :
        new MaskRule[] {
          MaskRule.ste(), MaskRule.srSte(0.3f), MaskRule.srSte(-0.1f), MaskRule.fixedMask()
        }) {
      DenseMatrix w = drawn(random, 5, 36);
      DenseMatrix twin = DenseMatrix.copyOf(w.toArray(), 5, 36);
      DenseMatrix masked = DenseMatrix.allocate(5, 36);
      MaskedParameter p = parameter(w);
      MaskedParameter other =
          MaskedParameter.builder("twin", twin).pattern(Pattern.P2_4).masked(masked).build();
      for (int step = 0; step < 20; step++) {
        DenseMatrix grad = drawn(random, 5, 36);
        long flips = p.step(grad, Optimizer.sgd(0.1f), rule, CALLER);
        other.correctGradient(grad, rule, CALLER);
        for (int i = 0; i < 5 * 36; i++) {
          float moved = (float) (twin.get(i / 36, i % 36) - 0.1 * grad.get(i / 36, i % 36));
          twin.set(i / 36, i % 36, moved);
        }
        assertEquals(flips, other.adopt(rule, CALLER));
        assertEquals(p.mask(), other.mask());
        assertArrayEquals(w.toArray(), twin.toArray(), 1e-5f);
        twin.copyFrom(w.toArray());
        other.mask().apply(twin, DenseMatrix.allocate(5, 36));
      }
      assertEquals(20, other.steps());
      assertEquals(p.flips(), other.flips());
      assertEquals(Pattern.P2_4, other.pattern());
      DenseMatrix expected = DenseMatrix.allocate(5, 36);
      other.adopt(rule, CALLER);
      other.mask().apply(twin, expected);
      assertArrayEquals(expected.toArray(), masked.toArray());
    }
  }

  @Test
  void rulesThatOtherOptimizersCannotFollowAreRefused(Random random) {
    DenseMatrix w = drawn(random, 2, 8);
    MaskedParameter p = parameter(w);
    DenseMatrix grad = drawn(random, 2, 8);
    float[] before = grad.toArray();
    MaskRule outside = MaskRule.srSte().placement(Placement.OUTSIDE_MOMENTS);
    MaskRule frozen = MaskRule.ste().freezeSecondMoment(true);
    for (MaskRule rule : new MaskRule[] {outside, frozen}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> p.correctGradient(grad, rule, CALLER))
              .getMessage();
      assertTrue(message.startsWith("fc1.weight: only nm4j's own optimisers"), message);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> p.correctGradient(DenseMatrix.allocate(2, 7), MaskRule.srSte(), CALLER));
    assertArrayEquals(before, grad.toArray());
    grad.set(1, 3, Float.NaN);
    assertThrows(Nm4jException.class, () -> p.correctGradient(grad, MaskRule.srSte(), CALLER));
    assertEquals(0, p.steps());
  }
}
