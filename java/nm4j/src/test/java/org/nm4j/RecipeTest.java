/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nm4j.train.ConvGrouping;
import org.nm4j.train.Grouping;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.MaskDecay;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.PatternSchedule;
import org.nm4j.train.Placement;
import org.nm4j.train.Recipe;
import org.nm4j.train.SkipReason;

class RecipeTest {
  private static final LayerWeight STEM = LayerWeight.conv2d("stem", 64, 3, 7, 7);
  private static final LayerWeight NORM = LayerWeight.other("norm", 64);
  private static final LayerWeight CONV = LayerWeight.conv2d("conv", 128, 64, 3, 3);
  private static final LayerWeight DEPTHWISE = LayerWeight.conv2d("dw", 128, 1, 3, 3).groups(128);
  private static final LayerWeight ODD = LayerWeight.linear("odd", 64, 130);
  private static final LayerWeight NARROW = LayerWeight.linear("narrow", 7, 128);
  private static final LayerWeight HEAD = LayerWeight.linear("head", 1000, 128);
  private static final List<LayerWeight> NETWORK =
      List.of(STEM, NORM, CONV, DEPTHWISE, ODD, NARROW, HEAD);

  @Test
  void everyWeightGetsAChoiceWithItsReason() {
    List<LayerChoice> choices = Recipe.paper().select(NETWORK);
    assertEquals(NETWORK, choices.stream().map(LayerChoice::weight).toList());
    assertSkipped(choices.get(0), SkipReason.TOO_SMALL, "3 inputs, at least 16");
    assertSkipped(choices.get(1), SkipReason.NOT_A_LAYER, "neither");
    assertSparse(choices.get(2), Pattern.P2_4, 9);
    assertSkipped(choices.get(3), SkipReason.DEPTHWISE, "128 groups of 1");
    assertSkipped(choices.get(4), SkipReason.NOT_DIVISIBLE, "130 inputs", "multiple of 4");
    assertSkipped(choices.get(5), SkipReason.TOO_SMALL, "7 outputs, at least 8");
    assertSkipped(choices.get(6), SkipReason.LAST, "last");
  }

  @Test
  void aBuilderChangesWhatIsChosen() {
    Recipe recipe =
        Recipe.builder()
            .pattern(Pattern.P1_4)
            .convGrouping(ConvGrouping.WITHIN_KERNELS)
            .firstDense(true)
            .lastDense(false)
            .wholeGroups(false)
            .atLeast(1, 1)
            .build();
    List<LayerChoice> choices = recipe.select(NETWORK);
    assertSkipped(choices.get(0), SkipReason.FIRST, "first");
    assertSparse(choices.get(2), Pattern.P1_4, 1);
    assertSkipped(choices.get(3), SkipReason.DEPTHWISE);
    for (int i = 4; i < 7; i++) {
      assertSparse(choices.get(i), Pattern.P1_4, 1);
    }
  }

  @Test
  void groupsThatWouldLoseNothingAreTooSmallWhateverTheRecipeAsksFor() {
    Recipe recipe = Recipe.builder().pattern(Pattern.P4_8).atLeast(1, 1).wholeGroups(false).build();
    LayerWeight four = LayerWeight.conv2d("four", 8, 4, 3, 3);
    LayerWeight five = LayerWeight.conv2d("five", 8, 5, 3, 3);
    List<LayerChoice> choices = recipe.select(List.of(four, five, HEAD));
    assertSkipped(choices.get(0), SkipReason.TOO_SMALL, "4 inputs, at least 5");
    assertSparse(choices.get(1), Pattern.P4_8, 9);
  }

  @Test
  void namesIncludeAndExclude() {
    Recipe recipe = Recipe.builder().include("^c", "head").exclude("ea").lastDense(false).build();
    List<LayerChoice> choices = recipe.select(NETWORK);
    assertSkipped(choices.get(0), SkipReason.EXCLUDED, "not among", "^c");
    assertTrue(choices.get(2).isSparse());
    assertSkipped(choices.get(6), SkipReason.EXCLUDED, "excluded by", "ea");
    Misuse.illegalArgument(() -> Recipe.builder().include("("), "include", "\"(\"");
    Misuse.nullPointer(() -> Recipe.builder().exclude((String) null));
  }

  @Test
  void anEmptyNetworkHasNoChoices() {
    assertEquals(List.of(), Recipe.paper().select(List.of()));
    assertSkipped(Recipe.paper().select(List.of(NORM)).get(0), SkipReason.NOT_A_LAYER);
  }

  @Test
  void weightsOfImpossibleShapesAreRefused() {
    Misuse.illegalArgument(() -> LayerWeight.linear("", 1, 1), "name");
    Misuse.illegalArgument(() -> LayerWeight.linear("a", 0, 1), "a", "0 x 1");
    Misuse.illegalArgument(() -> LayerWeight.conv2d("a", 1, 1, 0, 1), "at least 1");
    Misuse.illegalArgument(() -> CONV.groups(3), "conv", "128", "3");
    Misuse.illegalArgument(() -> HEAD.groups(2), "only convolutions");
    Misuse.illegalArgument(() -> LayerWeight.linear("a", Long.MAX_VALUE, 2), "too many");
    Misuse.nullPointer(() -> LayerWeight.linear(null, 1, 1));
    assertEquals(128 * 64 * 9, CONV.weights());
    assertEquals(64 * 9, CONV.cols());
  }

  @Test
  void sharesBecomeASchedule() {
    Recipe.Builder builder = Recipe.builder();
    assertEquals("1 2:4", schedule(builder.build(), 100));
    assertEquals("1 dense, 11 2:4", schedule(builder.warmUp(0.1).build(), 100));
    builder.frozenEnding(0.2);
    assertEquals("1 dense, 11 2:4, 81 2:4 frozen", schedule(builder.build(), 100));
    assertEquals("1 2:4", schedule(builder.build(), 1));
    builder.frozenEnding(0).denseEnding(1 / 6.0);
    assertEquals("1 dense, 101 2:4, 834 dense", schedule(builder.build(), 1000));
    assertEquals("1 dense", schedule(builder.warmUp(0.5).denseEnding(0.5).build(), 3));
    assertEquals("1 dense, 4 2:4", schedule(Recipe.builder().warmUp(1).build(), 3));
  }

  @Test
  void aRulesOwnScheduleIsTaken() {
    PatternSchedule decay = PatternSchedule.structureDecay(Pattern.P2_4, 1, 100);
    Recipe recipe = Recipe.builder().rule(MaskRule.srSte().schedule(decay)).build();
    assertEquals("1 3:4, 51 2:4", schedule(recipe, 7));
    Recipe.Builder other = Recipe.builder().rule(recipe.rule()).pattern(Pattern.P1_4);
    Misuse.illegalArgument(other::build, "1:4", "3:4, 51 2:4");
  }

  @Test
  void sharesOutsideTheirBoundsAreRefused() {
    Misuse.illegalArgument(() -> Recipe.builder().warmUp(-0.1), "warmUp", "-0.1");
    Misuse.illegalArgument(() -> Recipe.builder().warmUp(Double.NaN), "NaN");
    Misuse.illegalArgument(() -> Recipe.builder().denseEnding(1.5), "1.5");
    Recipe.Builder more = Recipe.builder().warmUp(0.6).frozenEnding(0.5);
    Misuse.illegalArgument(more::build, "0.6", "0.5");
    Recipe.Builder two = Recipe.builder().frozenEnding(0.1).denseEnding(0.2);
    Misuse.illegalArgument(two::build, "0.1", "0.2");
    Recipe.Builder fixed = Recipe.builder().rule(MaskRule.fixedMask()).warmUp(0.1);
    Misuse.illegalArgument(fixed::build, "fixed mask");
    Misuse.illegalArgument(() -> Recipe.builder().atLeast(0, 1), "at least 1");
    Misuse.illegalArgument(() -> Recipe.paper().rule(0, 1), "0 of 1");
    Misuse.illegalArgument(() -> Recipe.paper().rule(1, 0), "1 of 0");
  }

  /** Steps 1 and 2 dense, 3 to 6 sparse, 7 and 8 with a mask that stays, by what steps see. */
  @Test
  void aParameterWalksThroughTheSchedule() {
    Recipe recipe =
        Recipe.builder()
            .rule(MaskRule.srSte().refreshEvery(5))
            .warmUp(0.25)
            .frozenEnding(0.25)
            .atLeast(4, 1)
            .lastDense(false)
            .build();
    DenseMatrix w = DenseMatrix.copyOf(new float[] {4, 3, 2, 1}, 1, 4);
    LayerChoice choice = recipe.select(List.of(LayerWeight.linear("w", 1, 4))).get(0);
    MaskedParameter p = recipe.parameter(choice, w, 8).build();
    String[] masks = new String[8];
    for (int step = 0; step < 8; step++) {
      masks[step] = bits(p);
      // Growing weights, so that a new mask would differ from the one before.
      w.copyFrom(new float[] {4, 3, 2 + step, 1 + step});
      step(p, recipe, 8);
    }
    assertArrayEquals(
        new String[] {"1111", "1111", "1100", "1100", "1100", "0011", "0011", "0011"}, masks);
    assertEquals("0011", bits(p));
  }

  @Test
  void parametersHaveTheChoicesPatternAndGrouping() {
    Recipe recipe = Recipe.builder().rule(MaskRule.fixedMask()).atLeast(4, 1).build();
    LayerChoice choice = recipe.select(List.of(LayerWeight.conv2d("c", 1, 4, 1, 2), HEAD)).get(0);
    DenseMatrix w = DenseMatrix.copyOf(new float[] {8, 1, 7, 2, 6, 3, 5, 4}, 1, 8);
    MaskedParameter p = recipe.parameter(choice, w, 1).build();
    step(p, recipe, 1);
    assertArrayEquals(new float[] {8, 0, 7, 0, 0, 3, 0, 4}, w.toArray());
    assertEquals("c", p.name());
    DenseMatrix other = DenseMatrix.allocate(2, 4);
    Misuse.illegalArgument(() -> recipe.parameter(choice, other, 1), "c", "1 x 8", "2 x 4");
    LayerChoice dense = recipe.select(List.of(HEAD)).get(0);
    Misuse.illegalArgument(() -> recipe.parameter(dense, other, 1), "the last layer");
  }

  /** STEP: Adam learns its second moment in the dense phase and keeps it after it. */
  @Test
  void theSecondMomentIsFrozenInSparseStepsOnly() {
    MaskRule step = MaskRule.ste().freezeSecondMoment(true);
    Recipe recipe = Recipe.builder().rule(step).warmUp(0.5).build();
    assertFalse(recipe.rule(2, 4).toString().contains("frozen"), "dense");
    assertTrue(recipe.rule(3, 4).toString().contains("frozen"), "sparse");
  }

  @Test
  @SuppressWarnings("unchecked")
  void jsonCarriesEverything() {
    Recipe recipe =
        Recipe.builder()
            .pattern(Pattern.of(3, 16))
            .convGrouping(ConvGrouping.WITHIN_KERNELS)
            .rule(
                MaskRule.srSte(6e-5f)
                    .placement(Placement.OUTSIDE_MOMENTS)
                    .refreshEvery(40)
                    .prunedFactor(0.1f)
                    .freezeSecondMoment(true))
            .warmUp(0.1)
            .denseEnding(1 / 6.0)
            .firstDense(true)
            .lastDense(false)
            .wholeGroups(false)
            .atLeast(32, 64)
            .include("a", "b\"c")
            .exclude("d")
            .build();
    Gson gson = new Gson();
    String json = gson.toJson(recipe.toMap());
    assertTrue(json.contains("\"pattern\":\"3:16\""), json);
    assertTrue(json.contains("\"lambda\":6.0E-5"), json);
    assertTrue(json.contains("\"placement\":\"outside_moments\""), json);
    Recipe read = Recipe.ofMap(gson.fromJson(json, Map.class));
    assertEquals(recipe, read);
    assertEquals(recipe.hashCode(), read.hashCode());
    assertEquals(json, gson.toJson(read.toMap()));
    assertNotEquals(recipe, Recipe.paper());
    assertFalse(recipe.equals(null));

    MaskRule decaying =
        MaskRule.ste()
            .decay(MaskDecay.exponential(0.01, 10, 200))
            .schedule(PatternSchedule.geometricDecay(Pattern.P2_4, 3, 90));
    Recipe soft = Recipe.builder().rule(decaying).build();
    assertEquals(soft, Recipe.ofMap(gson.fromJson(gson.toJson(soft.toMap()), Map.class)));

    Recipe asp = Recipe.builder().rule(MaskRule.fixedMask()).build();
    assertEquals(asp, Recipe.ofMap(gson.fromJson(gson.toJson(asp.toMap()), Map.class)));
  }

  @Test
  void absentFieldsAreThePapers() {
    assertEquals(Recipe.paper(), Recipe.ofMap(Map.of()));
    assertEquals(Recipe.paper(), Recipe.ofMap(Map.of("rule", Map.of("lambda", 2e-4))));
    assertTrue(Recipe.paper().toString().contains("2.0E-4"), Recipe.paper().toString());
    assertEquals(Pattern.P2_4, Recipe.paper().pattern());
  }

  @Test
  void wrongFieldsAreRefusedByName() {
    refused(Map.of("patern", "2:4"), "patern", "pattern");
    refused(Map.of("pattern", 2.4), "recipe.pattern", "a string", "2.4");
    refused(Map.of("pattern", "4:2"), "4:2");
    refused(Map.of("version", 2), "version", "2");
    refused(Map.of("rule", "sr-ste"), "recipe.rule", "an object");
    refused(Map.of("rule", Map.of("lambda", "2e-4")), "recipe.rule.lambda", "a number");
    refused(Map.of("rule", Map.of("lambda", 1e300)), "lambda", "finite");
    refused(Map.of("rule", Map.of("refresh_every", 1.5)), "refresh_every", "an integer", "1.5");
    refused(Map.of("rule", Map.of("refresh_every", 0)), "refreshEvery", "0");
    refused(Map.of("rule", Map.of("placement", "outside")), "placement", "outside_moments");
    refused(Map.of("rule", Map.of("fixed_mask", true, "lambda", 1)), "fixed mask");
    refused(
        Map.of("rule", Map.of("schedule", "2:4 dense")), "schedule must look like", "2:4 dense");
    refused(Map.of("rule", Map.of("decay", "linear")), "decay must look like", "\"linear\"");
    refused(Map.of("schedule", Map.of("warm_up", 2)), "warmUp", "2");
    refused(Map.of("schedule", Map.of("warmup", 0.5)), "recipe.schedule", "warmup");
    refused(Map.of("layers", Map.of("first_dense", "yes")), "first_dense", "true or false");
    refused(Map.of("layers", Map.of("include", List.of(1))), "include", "a list of strings");
    Map<String, Object> nothing = new HashMap<>();
    nothing.put("pattern", null);
    refused(nothing, "recipe.pattern", "null");
    Misuse.nullPointer(() -> Recipe.ofMap(null));
  }

  private static void refused(Map<String, ?> map, String... words) {
    Misuse.illegalArgument(() -> Recipe.ofMap(map), words);
  }

  private static void assertSparse(LayerChoice choice, Pattern pattern, long stride) {
    assertTrue(choice.isSparse(), choice::toString);
    assertEquals(pattern, choice.pattern());
    assertEquals(new Grouping(stride), choice.grouping());
  }

  private static void assertSkipped(LayerChoice choice, SkipReason reason, String... words) {
    assertEquals(reason, choice.skipped(), choice::toString);
    assertNull(choice.pattern());
    for (String word : words) {
      assertTrue(choice.toString().contains(word), choice::toString);
    }
  }

  private static String schedule(Recipe recipe, long steps) {
    String rule = recipe.rule(1, steps).toString();
    String text = rule.substring(rule.indexOf(", schedule ") + ", schedule ".length());
    return text.substring(0, text.length() - 1);
  }

  private static void step(MaskedParameter p, Recipe recipe, long steps) {
    DenseMatrix grad = DenseMatrix.allocate(1, p.mask().cols());
    MaskRule rule = recipe.rule(p.steps() + 1, steps);
    p.step(grad, Optimizer.sgd(0), rule, Execution.caller());
  }

  private static String bits(MaskedParameter p) {
    StringBuilder bits = new StringBuilder();
    for (int c = 0; c < 4; c++) {
      bits.append(p.mask().get(0, c) ? '1' : '0');
    }
    return bits.toString();
  }
}
