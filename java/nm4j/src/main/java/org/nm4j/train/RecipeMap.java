/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nm4j.Pattern;

/** A recipe as nested maps, and back. */
final class RecipeMap {
  private static final long VERSION = 1;

  private RecipeMap() {}

  static Map<String, Object> write(Recipe recipe) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("version", VERSION);
    map.put("pattern", recipe.pattern.toString());
    map.put("masks", recipe.masks.toString());
    map.put("rule", rule(recipe.rule));
    Map<String, Object> schedule = new LinkedHashMap<>();
    schedule.put("warm_up", recipe.warmUp);
    schedule.put("dense_ending", recipe.denseEnding);
    schedule.put("frozen_ending", recipe.frozenEnding);
    map.put("schedule", schedule);
    Map<String, Object> layers = new LinkedHashMap<>();
    layers.put("conv_grouping", Fields.name(recipe.convGrouping));
    layers.put("first_dense", recipe.firstDense);
    layers.put("last_dense", recipe.lastDense);
    layers.put("whole_groups", recipe.wholeGroups);
    layers.put("min_inputs", recipe.minInputs);
    layers.put("min_outputs", recipe.minOutputs);
    layers.put("include", recipe.include);
    layers.put("exclude", recipe.exclude);
    map.put("layers", layers);
    return map;
  }

  static Recipe read(Map<String, ?> map) {
    Recipe defaults = Recipe.paper();
    Fields fields = new Fields("recipe", map);
    long version = fields.integer("version", VERSION);
    if (version != VERSION) {
      throw new IllegalArgumentException("version must be " + VERSION + ", got " + version);
    }
    Recipe.Builder builder = Recipe.builder();
    builder.pattern(Pattern.parse(fields.string("pattern", defaults.pattern.toString())));
    builder.masks(MaskKind.parse(fields.string("masks", defaults.masks.toString())));
    builder.rule(rule(fields.object("rule"), defaults.rule));
    Fields schedule = fields.object("schedule");
    builder.warmUp(schedule.number("warm_up", defaults.warmUp));
    builder.denseEnding(schedule.number("dense_ending", defaults.denseEnding));
    builder.frozenEnding(schedule.number("frozen_ending", defaults.frozenEnding));
    schedule.requireAllRead();
    Fields layers = fields.object("layers");
    builder.convGrouping(layers.constant("conv_grouping", defaults.convGrouping));
    builder.firstDense(layers.truth("first_dense", defaults.firstDense));
    builder.lastDense(layers.truth("last_dense", defaults.lastDense));
    builder.wholeGroups(layers.truth("whole_groups", defaults.wholeGroups));
    builder.atLeast(
        layers.integer("min_inputs", defaults.minInputs),
        layers.integer("min_outputs", defaults.minOutputs));
    builder.include(layers.strings("include"));
    builder.exclude(layers.strings("exclude"));
    layers.requireAllRead();
    fields.requireAllRead();
    return builder.build();
  }

  private static Map<String, Object> rule(MaskRule rule) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("fixed_mask", rule.fixed());
    map.put("lambda", Fields.number(rule.lambda()));
    map.put("placement", Fields.name(rule.placement()));
    map.put("refresh_every", rule.refreshEvery());
    map.put("pruned_factor", Fields.number(rule.prunedFactor()));
    map.put("decay", rule.decay() == null ? "none" : rule.decay().toString());
    map.put("schedule", rule.schedule() == null ? "none" : rule.schedule().toString());
    map.put("freeze_second_moment", rule.freezeSecondMoment());
    return map;
  }

  private static MaskRule rule(Fields fields, MaskRule defaults) {
    boolean fixed = fields.truth("fixed_mask", defaults.fixed());
    float lambda = (float) fields.number("lambda", fixed ? 0 : Fields.number(defaults.lambda()));
    long refreshEvery = fields.integer("refresh_every", defaults.refreshEvery());
    if (fixed && (lambda != 0 || refreshEvery != 1)) {
      throw new IllegalArgumentException(
          "a fixed mask has neither lambda nor refresh_every, got " + lambda + ", " + refreshEvery);
    }
    MaskRule rule =
        fixed ? MaskRule.fixedMask() : MaskRule.srSte(lambda).refreshEvery(refreshEvery);
    rule = rule.placement(fields.constant("placement", defaults.placement()));
    rule = rule.freezeSecondMoment(fields.truth("freeze_second_moment", false));
    rule = rule.prunedFactor((float) fields.number("pruned_factor", 0));
    String decay = fields.string("decay", "none");
    if (!decay.equals("none")) {
      rule = rule.decay(MaskDecay.parse(decay));
    }
    String schedule = fields.string("schedule", "none");
    if (!schedule.equals("none")) {
      rule = rule.schedule(PatternSchedule.parse(schedule));
    }
    fields.requireAllRead();
    return rule;
  }
}
