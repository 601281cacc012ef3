/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nm4j.train.Grouping;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.PatternSchedule;
import org.nm4j.train.Recipe;
import org.nm4j.train.SkipReason;

/** Masks of all kinds in training. */
@RandomTest
class MaskKindTest {
  private static final Execution CALLER = Execution.caller();
  private static final Optimizer SGD = Optimizer.sgd(0.1f).momentum(0.9f);

  static Stream<MaskKind> kinds() {
    return Stream.of(
        MaskKind.MAGNITUDE,
        MaskKind.TRANSPOSABLE,
        MaskKind.vnm(5),
        MaskKind.random(-7),
        MaskKind.SCORES,
        MaskKind.WANDA);
  }

  private static DenseMatrix drawn(Random random, long rows, long cols) {
    return DenseMatrix.copyOf(Samples.floats(random, (int) (rows * cols)), rows, cols);
  }

  private static MaskedParameter.Builder builder(DenseMatrix w, MaskKind kind) {
    return MaskedParameter.builder("fc1", w).pattern(Pattern.P2_4).masks(kind);
  }

  /** Every stride-th element from `position` on, in each row. */
  private static DenseMatrix part(DenseMatrix w, int stride, int position) {
    DenseMatrix part = DenseMatrix.allocate(w.rows(), w.cols() / stride);
    for (long r = 0; r < part.rows(); r++) {
      for (long c = 0; c < part.cols(); c++) {
        part.set(r, c, w.get(r, c * stride + position));
      }
    }
    return part;
  }

  /** 1 where a mask keeps. */
  private static DenseMatrix ones(Mask mask) {
    DenseMatrix ones = DenseMatrix.allocate(mask.rows(), mask.cols());
    for (long i = 0; i < mask.rows() * mask.cols(); i++) {
      ones.set(i / mask.cols(), i % mask.cols(), 1);
    }
    mask.apply(ones);
    return ones;
  }

  /** Neither more nor less, and of a last group of one, that one. */
  private static void assertKeepsTwoOfFour(DenseMatrix ones) {
    assertEquals(0, Compliance.of(ones, Pattern.P2_4).breaches());
    long each = ones.cols() / 4 * 2 + Math.min(2, ones.cols() % 4);
    float sum = 0;
    for (float value : ones.toArray()) {
      sum += value;
    }
    assertEquals(ones.rows() * each, sum);
  }

  /** What a mask of the kind is, by the functions that make one mask. */
  private static Mask expected(MaskKind kind, DenseMatrix w, DenseMatrix scores) {
    return switch (kind.type()) {
      case MAGNITUDE -> Mask.magnitude(w, Pattern.P2_4);
      case TRANSPOSABLE -> Mask.transposable(w, Pattern.P2_4);
      case VNM -> Mask.vnm(w, new VnmPattern(kind.v(), 2, 4));
      case SCORES -> Mask.ofScores(scores, Pattern.P2_4);
      case WANDA -> {
        DenseMatrix scaled = DenseMatrix.allocate(w.rows(), w.cols());
        for (long r = 0; r < w.rows(); r++) {
          for (long c = 0; c < w.cols(); c++) {
            scaled.set(r, c, w.get(r, c) * scores.get(0, c));
          }
        }
        yield Mask.magnitude(scaled, Pattern.P2_4);
      }
      case RANDOM -> throw new AssertionError("see randomMasks");
    };
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void refreshedEverySecondStepAndFlipsAreCounted(MaskKind kind, Random random) {
    for (int stride : new int[] {1, 9}) {
      DenseMatrix w = drawn(random, 13, 37 * stride);
      DenseMatrix masked = DenseMatrix.allocate(13, 37 * stride);
      MaskedParameter p = builder(w, kind).grouping(new Grouping(stride)).masked(masked).build();
      boolean scored = kind.equals(MaskKind.SCORES) || kind.equals(MaskKind.WANDA);
      MaskRule rule = MaskRule.srSte(0.05f).refreshEvery(2);
      long flips = 0;
      for (int step = 1; step <= 6; step++) {
        Mask before = p.mask();
        if (scored) {
          p.scores().copyFrom(drawn(random, p.scores().rows(), p.scores().cols()).toArray());
        }
        long changed = p.step(drawn(random, 13, 37 * stride), SGD, rule, CALLER);
        assertEquals(p.mask().distance(before), changed);
        flips += changed;
        DenseMatrix kept = DenseMatrix.allocate(13, 37 * stride);
        p.mask().apply(w, kept);
        assertArrayEquals(kept.toArray(), masked.toArray());
        if (step % 2 == 1) {
          assertEquals(0, changed);
        } else if (kind.equals(MaskKind.random(-7))) {
          for (int position = 0; position < stride; position++) {
            assertKeepsTwoOfFour(part(ones(p.mask()), stride, position));
          }
        } else {
          DenseMatrix scores = scored ? p.scores() : w;
          for (int position = 0; position < stride; position++) {
            Mask part = expected(kind, part(w, stride, position), part(scores, stride, position));
            for (long r = 0; r < 13; r++) {
              for (long c = 0; c < 37; c++) {
                assertEquals(part.get(r, c), p.mask().get(r, c * stride + position));
              }
            }
          }
        }
      }
      assertEquals(flips, p.flips());
      assertTrue(flips > 0);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theFirstMaskIsOfTheKindToo(MaskKind kind, Random random) {
    DenseMatrix w = drawn(random, 8, 36);
    DenseMatrix masked = DenseMatrix.allocate(8, 36);
    MaskedParameter p = builder(w, kind).masked(masked).build();
    Mask magnitude = Mask.magnitude(w, Pattern.P2_4);
    switch (kind.type()) {
      case MAGNITUDE, SCORES, WANDA -> assertEquals(magnitude, p.mask());
      case RANDOM -> assertNotEquals(magnitude, p.mask());
      default -> assertEquals(expected(kind, w, null), p.mask());
    }
    assertTrue(p.mask().check(Pattern.P2_4).ok());
    p.mask().apply(w);
    assertArrayEquals(w.toArray(), masked.toArray());
    assertEquals(0, p.flips());
    w.set(3, 5, Float.NaN);
    Misuse.fails(ErrorCode.NAN, () -> builder(w, kind).build(), "fc1", "row 3", "column 5");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aSavedStateContinuesBitForBit(MaskKind kind, Random random) throws IOException {
    DenseMatrix w = drawn(random, 12, 44);
    MaskedParameter p = builder(w, kind).build();
    MaskRule rule = MaskRule.srSte(0.1f).refreshEvery(3);
    if (p.maskKind().type().ordinal() >= MaskKind.Type.SCORES.ordinal()) {
      p.scores().copyFrom(drawn(random, p.scores().rows(), p.scores().cols()).toArray());
    }
    for (int t = 0; t < 4; t++) {
      p.step(drawn(random, 12, 44), SGD, rule, CALLER);
    }
    byte[] state = saved(p);
    DenseMatrix copy = DenseMatrix.copyOf(w.toArray(), 12, 44);
    MaskedParameter resumed = builder(copy, kind).build();
    resumed.load(new ByteArrayInputStream(state));
    assertArrayEquals(state, saved(resumed));
    for (int t = 0; t < 8; t++) {
      DenseMatrix grad = drawn(random, 12, 44);
      assertEquals(p.step(grad, SGD, rule, CALLER), resumed.step(grad, SGD, rule, CALLER));
    }
    assertArrayEquals(w.toArray(), copy.toArray());
    assertArrayEquals(saved(p), saved(resumed));
    MaskKind other = kind.equals(MaskKind.MAGNITUDE) ? MaskKind.TRANSPOSABLE : MaskKind.MAGNITUDE;
    MaskedParameter foreign = builder(copy, other).build();
    IOException e =
        assertThrows(IOException.class, () -> foreign.load(new ByteArrayInputStream(state)));
    assertTrue(e.getMessage().contains("masks " + other + ", got " + kind), e.getMessage());
  }

  private static byte[] saved(MaskedParameter p) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    p.save(out);
    return out.toByteArray();
  }

  /** Blocks of rows stay with one thread. */
  @ParameterizedTest
  @MethodSource("kinds")
  void threadsMakeNoDifference(MaskKind kind, Random random) {
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      DenseMatrix alone = drawn(random, 523, 1031);
      DenseMatrix shared = DenseMatrix.copyOf(alone.toArray(), 523, 1031);
      MaskedParameter one = builder(alone, kind).build();
      MaskedParameter many = builder(shared, kind).build();
      DenseMatrix grad = drawn(random, 523, 1031);
      assertEquals(
          one.step(grad, SGD, MaskRule.srSte(), CALLER),
          many.step(grad, SGD, MaskRule.srSte(), Execution.on(pool, 3)));
      assertArrayEquals(alone.toArray(), shared.toArray());
      assertEquals(one.mask(), many.mask());
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void randomMasksDifferByNameAndStepAndRepeat(Random random) {
    DenseMatrix w = drawn(random, 16, 64);
    DenseMatrix grad = drawn(random, 16, 64);
    MaskedParameter a = builder(w, MaskKind.random(1)).build();
    MaskedParameter again = builder(w, MaskKind.random(1)).build();
    MaskedParameter seeded = builder(w, MaskKind.random(2)).build();
    MaskedParameter named =
        MaskedParameter.builder("fc2", w).pattern(Pattern.P2_4).masks(MaskKind.random(1)).build();
    assertEquals(a.mask(), again.mask());
    assertNotEquals(a.mask(), seeded.mask());
    assertNotEquals(a.mask(), named.mask());
    Mask first = a.mask();
    a.step(grad, SGD, MaskRule.ste(), CALLER);
    assertNotEquals(first, a.mask());
    assertTrue(a.mask().check(Pattern.P2_4).ok());
    again.step(grad, SGD, MaskRule.ste(), CALLER);
    assertEquals(a.mask(), again.mask());
  }

  /** Each refresh beside the steps draws anew, and is the same when a training is repeated. */
  @Test
  void everyRefreshOfRandomMasksIsAnother(Random random) throws IOException {
    DenseMatrix w = drawn(random, 16, 64);
    MaskedParameter p = builder(w, MaskKind.random(1)).build();
    MaskedParameter again = builder(w, MaskKind.random(1)).build();
    Set<Mask> seen = new HashSet<>(Set.of(p.mask()));
    for (int i = 0; i < 3; i++) {
      assertTrue(p.refreshMask(CALLER) > 0);
      again.refreshMask(CALLER);
      assertTrue(seen.add(p.mask()), "another mask each time");
      assertEquals(p.mask(), again.mask());
    }
    MaskedParameter resumed = builder(w, MaskKind.random(1)).build();
    resumed.load(new ByteArrayInputStream(saved(p)));
    p.refreshMask(CALLER);
    resumed.refreshMask(CALLER);
    assertEquals(p.mask(), resumed.mask());
    assertTrue(seen.add(p.mask()));
  }

  @Test
  void aMaskMadeOnceMayStay(Random random) {
    DenseMatrix w = drawn(random, 16, 64);
    MaskedParameter p = builder(w, MaskKind.WANDA).build();
    Mask before = p.mask();
    for (int c = 0; c < 64; c += 2) {
      p.scores().set(0, c, 1e30f); // whatever the weights are
    }
    long changed = p.refreshMask(CALLER);
    assertEquals(p.mask().distance(before), changed);
    assertEquals(changed, p.flips());
    assertEquals(0, p.steps());
    Mask made = p.mask();
    for (int r = 0; r < 16; r++) {
      assertTrue(made.get(r, 0) && made.get(r, 2), "even columns have by far the larger scores");
    }
    p.step(drawn(random, 16, 64), SGD, MaskRule.fixedMask(), CALLER);
    assertEquals(made, p.mask());
  }

  @Test
  void whatCannotBeIsRefusedAndNamed(Random random) {
    DenseMatrix w = drawn(random, 8, 16);
    float[] before = w.toArray();
    DenseMatrix grad = drawn(random, 8, 16);
    Misuse.illegalArgument(
        () -> builder(w, MaskKind.vnm(4)).pattern(Pattern.of(5, 8)).build(), "fc1", "4:5:8");
    MaskedParameter vnm = builder(w, MaskKind.vnm(4)).build();
    Misuse.illegalArgument(() -> vnm.setPattern(Pattern.of(1, 3)), "fc1", "4:1:3");
    PatternSchedule tighter = PatternSchedule.structureDecay(Pattern.P2_8, 2, 10); // 7:8 first
    Misuse.illegalArgument(
        () -> vnm.step(grad, SGD, MaskRule.ste().schedule(tighter), CALLER), "fc1", "4:7:8");
    Misuse.illegalState(vnm::scores, "fc1", "vnm 4");
    assertEquals(0, vnm.steps());

    MaskedParameter scored = builder(w, MaskKind.SCORES).build();
    scored.scores().set(2, 3, Float.NaN);
    MaskRule second = MaskRule.ste().refreshEvery(2);
    Misuse.fails(ErrorCode.NAN, () -> scored.refreshMask(CALLER), "fc1: scores", "row 2, column 3");
    Misuse.fails(
        ErrorCode.NAN, () -> scored.step(grad, SGD, MaskRule.ste(), CALLER), "fc1: scores");
    Misuse.fails(
        ErrorCode.NAN, () -> scored.correctGradient(grad, MaskRule.ste(), CALLER), "fc1: scores");
    Misuse.fails(ErrorCode.NAN, () -> scored.check(MaskRule.ste(), CALLER), "fc1: scores");
    Misuse.illegalArgument(
        () -> vnm.check(MaskRule.ste().schedule(tighter), CALLER), "fc1", "4:7:8");
    assertArrayEquals(before, w.toArray());
    scored.check(second, CALLER); // a step that makes no mask does not look
    scored.step(grad, SGD, second, CALLER);
    Misuse.fails(ErrorCode.NAN, () -> scored.step(grad, SGD, second, CALLER), "fc1: scores");
    assertEquals(1, scored.steps());

    Misuse.illegalArgument(() -> MaskKind.vnm(0), "v", "0");
    Misuse.illegalArgument(() -> new MaskKind(MaskKind.Type.WANDA, 0, 3), "seed", "WANDA", "3");
    Misuse.illegalArgument(() -> new MaskKind(MaskKind.Type.RANDOM, 1, 3), "v", "RANDOM", "1");
    for (String wrong :
        List.of("", "vnm", "vnm 0x", "random", "Magnitude", "vnm 4 ", "random 1e3")) {
      Misuse.illegalArgument(() -> MaskKind.parse(wrong), "masks", '"' + wrong + '"');
    }
    Misuse.illegalArgument(() -> MaskKind.parse("random 9999999999999999999"), "masks");
    Misuse.nullPointer(() -> builder(w, null));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void recipesCarryTheKindToJsonAndParameters(MaskKind kind, Random random) {
    Recipe recipe = Recipe.builder().masks(kind).lastDense(false).wholeGroups(false).build();
    assertEquals(kind, MaskKind.parse(kind.toString()));
    Gson gson = new Gson();
    Map<?, ?> read = gson.fromJson(gson.toJson(recipe.toMap()), Map.class);
    @SuppressWarnings("unchecked") // JSON objects have strings as names
    Recipe again = Recipe.ofMap((Map<String, ?>) read);
    assertEquals(recipe, again);
    assertEquals(kind, again.masks());
    LayerChoice choice = recipe.select(List.of(LayerWeight.linear("fc", 16, 32))).get(0);
    assertEquals(kind, recipe.parameter(choice, drawn(random, 16, 32), 10).build().maskKind());
  }

  @Test
  void recipesLeaveLayersDenseThatAreNoWholeBlocks() {
    LayerWeight even = LayerWeight.linear("even", 64, 128);
    LayerWeight odd = LayerWeight.linear("odd", 66, 128);
    LayerWeight grouped = LayerWeight.conv2d("grouped", 48, 16, 3, 3).groups(8);
    Recipe.Builder builder = Recipe.builder().masks(MaskKind.TRANSPOSABLE).lastDense(false);
    List<LayerChoice> choices = builder.build().select(List.of(even, odd, grouped));
    assertTrue(choices.get(0).isSparse());
    assertEquals(SkipReason.NOT_DIVISIBLE, choices.get(1).skipped());
    assertTrue(choices.get(1).detail().startsWith("66 outputs are no multiple of 4"));
    assertEquals(SkipReason.NOT_DIVISIBLE, choices.get(2).skipped());
    assertTrue(choices.get(2).detail().startsWith("6 outputs"), choices.get(2).detail());
    choices = builder.wholeGroups(false).build().select(List.of(even, odd, grouped));
    assertTrue(choices.get(1).isSparse());
    assertEquals(SkipReason.NOT_DIVISIBLE, choices.get(2).skipped(), "whatever is allowed");
    choices = builder.wholeGroups(true).masks(MaskKind.vnm(128)).build().select(List.of(even));
    assertTrue(choices.get(0).detail().contains("multiple of 128, as vnm 128 masks want"));
    Misuse.illegalArgument(() -> builder.pattern(Pattern.of(5, 8)).build(), "128:5:8");
    MaskRule decay = MaskRule.ste().schedule(PatternSchedule.structureDecay(Pattern.P2_8, 1, 9));
    Misuse.illegalArgument(() -> builder.pattern(Pattern.P2_8).rule(decay).build(), "128:7:8");
    Misuse.illegalArgument(() -> Recipe.ofMap(Map.of("masks", "best")), "masks", "\"best\"");
    Misuse.illegalArgument(() -> Recipe.ofMap(Map.of("masks", 4)), "recipe.masks", "4");
  }
}
