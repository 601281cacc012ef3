/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.PatternSyntaxException;
import org.nm4j.DenseMatrix;
import org.nm4j.Pattern;

/**
 * How a network becomes sparse: which of its layers, to which pattern, when, and by which rule. To
 * begin with, what the authors of SR-STE do (Zhou et al., ICLR 2021, arXiv 2102.04010): 2:4, groups
 * of input channels, lambda 2e-4 in the gradient, a new mask at each step from the first on, all
 * layers but the last; of at least 8 outputs and 16 inputs, as in NVIDIA's ASP.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.builder().pattern(Pattern.P1_4).exclude("head").warmUp(0.1).build();
 *
 * LayerWeight fc1 = LayerWeight.linear("fc1.weight", 128, 64);
 * LayerWeight fc2 = LayerWeight.linear("fc2.weight", 10, 128);
 * List<LayerChoice> choices = recipe.select(List.of(fc1, fc2));     // fc1 1:4, fc2 dense: the last
 *
 * DenseMatrix w = DenseMatrix.allocate(128, 64);
 * DenseMatrix grad = DenseMatrix.allocate(128, 64);
 * MaskedParameter p = recipe.parameter(choices.get(0), w, 100).build();
 * for (int step = 1; step <= 100; step++) {                         // dense up to step 10
 *   p.step(grad, Optimizer.sgd(0.1f), recipe.rule(step, 100), Execution.caller());
 * }
 * Map<String, Object> saved = recipe.toMap();                       // what any JSON library writes
 * Recipe same = Recipe.ofMap(saved);
 * }</pre>
 *
 * <p>As JSON a recipe is what a library of your choice makes of {@link #toMap}, and {@link #ofMap}
 * takes what it reads; so nm4j depends on none.
 *
 * <p>Immutable, safe for use by many threads.
 */
public final class Recipe {
  final Pattern pattern;
  final ConvGrouping convGrouping;
  final MaskKind masks;
  final MaskRule rule;
  final double warmUp;
  final double denseEnding;
  final double frozenEnding;
  final boolean firstDense;
  final boolean lastDense;
  final boolean wholeGroups;
  final long minInputs;
  final long minOutputs;
  final List<String> include;
  final List<String> exclude;

  private final List<java.util.regex.Pattern> included;
  private final List<java.util.regex.Pattern> excluded;

  private Recipe(Builder builder) {
    pattern = builder.pattern;
    convGrouping = builder.convGrouping;
    masks = builder.masks;
    rule = builder.rule;
    warmUp = builder.warmUp;
    denseEnding = builder.denseEnding;
    frozenEnding = builder.frozenEnding;
    firstDense = builder.firstDense;
    lastDense = builder.lastDense;
    wholeGroups = builder.wholeGroups;
    minInputs = builder.minInputs;
    minOutputs = builder.minOutputs;
    include = List.copyOf(builder.include);
    exclude = List.copyOf(builder.exclude);
    included = include.stream().map(java.util.regex.Pattern::compile).toList();
    excluded = exclude.stream().map(java.util.regex.Pattern::compile).toList();
    requireOneSchedule();
    requireMaskable();
  }

  private void requireMaskable() {
    masks.require(pattern);
    if (rule.schedule() != null) {
      rule.schedule().phases().forEach(phase -> masks.require(phase.pattern()));
    }
  }

  private void requireOneSchedule() {
    boolean shares = warmUp + denseEnding + frozenEnding > 0;
    if (warmUp + denseEnding + frozenEnding > 1 || (denseEnding > 0 && frozenEnding > 0)) {
      throw new IllegalArgumentException(
          "expected a warm-up and one ending of at most all steps together, got "
              + warmUp
              + ", dense "
              + denseEnding
              + " and frozen "
              + frozenEnding);
    }
    if (shares && (rule.fixed() || rule.schedule() != null)) {
      throw new IllegalArgumentException(
          "a fixed mask and a rule's own schedule allow neither warm-up nor ending, got " + rule);
    }
    if (rule.schedule() != null
        && rule.schedule().phases().stream().noneMatch(p -> pattern.equals(p.pattern()))) {
      throw new IllegalArgumentException(
          "the rule's schedule must lead to " + pattern + ", got " + rule.schedule());
    }
  }

  /**
   * The recipe to begin with.
   *
   * @return what a builder gives without changes
   */
  public static Recipe paper() {
    return builder().build();
  }

  /**
   * A recipe to change.
   *
   * @return a builder with the authors' numbers
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads what {@link #toMap} wrote, or a JSON library made of it: objects as maps, arrays as
   * lists, numbers of any class. What is missing is as in a new builder.
   *
   * @param map the recipe
   * @return the recipe
   * @throws IllegalArgumentException when a value is of another type or out of bounds, or a name is
   *     not known; the message names it
   */
  public static Recipe ofMap(Map<String, ?> map) {
    return RecipeMap.read(Objects.requireNonNull(map, "map"));
  }

  /**
   * The recipe as maps, lists, strings, numbers and booleans, for JSON.
   *
   * @return a new map, in a fixed order
   */
  public Map<String, Object> toMap() {
    return RecipeMap.write(this);
  }

  /**
   * Decides which weights of a network become sparse.
   *
   * @param weights all weights, in the order in which the network uses them: the first and the last
   *     layer are those of the list
   * @return one choice per weight, in the same order
   */
  public List<LayerChoice> select(List<LayerWeight> weights) {
    List<LayerWeight> layers =
        weights.stream().filter(w -> w.kind() != LayerWeight.Kind.OTHER).toList();
    List<LayerChoice> choices = new ArrayList<>();
    for (LayerWeight weight : weights) {
      boolean first = firstDense && !layers.isEmpty() && weight == layers.get(0);
      boolean last = lastDense && !layers.isEmpty() && weight == layers.get(layers.size() - 1);
      choices.add(choose(weight, first, last));
    }
    return choices;
  }

  private LayerChoice choose(LayerWeight weight, boolean first, boolean last) {
    if (weight.kind() == LayerWeight.Kind.OTHER) {
      return LayerChoice.dense(
          weight, SkipReason.NOT_A_LAYER, "neither a linear layer nor a 2-D convolution");
    }
    if (matches(excluded, weight) || !(included.isEmpty() || matches(included, weight))) {
      return LayerChoice.dense(
          weight, SkipReason.EXCLUDED, "its name is " + named(matches(excluded, weight)));
    }
    if (first) {
      return LayerChoice.dense(weight, SkipReason.FIRST, "the first layer");
    }
    if (last) {
      return LayerChoice.dense(weight, SkipReason.LAST, "the last layer");
    }
    return chooseByShape(weight);
  }

  private LayerChoice chooseByShape(LayerWeight weight) {
    if (weight.groups() > 1 && weight.inputs() <= pattern.n()) {
      return LayerChoice.dense(
          weight,
          SkipReason.DEPTHWISE,
          weight.groups() + " groups of " + weight.inputs() + " input channels");
    }
    Grouping grouping = convGrouping.grouping(weight.kernelH(), weight.kernelW());
    long length = weight.cols() / grouping.stride();
    if (length < minInputs || length <= pattern.n()) {
      long least = Math.max(minInputs, pattern.n() + 1);
      return tooSmall(weight, length + " inputs, at least " + least + " are asked for");
    }
    if (weight.outputs() < minOutputs) {
      return tooSmall(
          weight, weight.outputs() + " outputs, at least " + minOutputs + " are asked for");
    }
    if (wholeGroups && length % pattern.m() != 0) {
      return LayerChoice.dense(
          weight, SkipReason.NOT_DIVISIBLE, length + " inputs are no multiple of " + pattern.m());
    }
    long height = masks.height(pattern.m());
    long outputs = weight.outputs() / weight.groups();
    // A block of two groups of a convolution would be none of either's W^T.
    if ((wholeGroups || weight.groups() > 1) && outputs % height != 0) {
      return LayerChoice.dense(
          weight,
          SkipReason.NOT_DIVISIBLE,
          outputs + " outputs are no multiple of " + height + ", as " + masks + " masks want");
    }
    return LayerChoice.sparse(weight, pattern, grouping);
  }

  private static LayerChoice tooSmall(LayerWeight weight, String detail) {
    return LayerChoice.dense(weight, SkipReason.TOO_SMALL, detail);
  }

  private static boolean matches(List<java.util.regex.Pattern> names, LayerWeight weight) {
    return names.stream().anyMatch(name -> name.matcher(weight.name()).find());
  }

  private String named(boolean excludedByName) {
    return excludedByName ? "excluded by " + exclude : "not among " + include;
  }

  /**
   * The rule of a step, its schedule included.
   *
   * @param step its number: 1, 2, ..
   * @param steps how many steps the whole training has, at least 1; without warm-up and ending it
   *     makes no difference
   * @return the rule for {@link MaskedParameter#step}
   * @throws IllegalArgumentException when a number is less than 1
   */
  public MaskRule rule(long step, long steps) {
    if (step < 1 || steps < 1) {
      throw new IllegalArgumentException(
          "step and steps must be at least 1, got " + step + " of " + steps);
    }
    if (rule.fixed()) {
      return rule;
    }
    PatternSchedule schedule = rule.schedule() != null ? rule.schedule() : schedule(steps);
    // Dense steps are STEP's first phase, in which the second moment is learnt.
    boolean freeze = rule.freezeSecondMoment() && schedule.pattern(step) != null;
    return rule.schedule(schedule).freezeSecondMoment(freeze);
  }

  /** Endings take at most what the warm-up leaves, when both are rounded. */
  private PatternSchedule schedule(long steps) {
    long dense = Math.round(warmUp * steps);
    PatternSchedule schedule = PatternSchedule.constant(pattern).denseFor(dense);
    long ending = Math.min(Math.round((denseEnding + frozenEnding) * steps), steps - dense);
    if (ending == 0) {
      return schedule;
    }
    long first = steps - ending + 1;
    return denseEnding > 0 ? schedule.denseFrom(first) : schedule.frozenFrom(first);
  }

  /**
   * Describes a parameter in training as a choice and the first step want it.
   *
   * @param choice what {@link #select} says of the weight; it must be sparse
   * @param w dense fp32 weights without gaps, outputs x {@link LayerWeight#cols}
   * @param steps how many steps the whole training has, at least 1
   * @return a builder, with name, pattern and grouping
   * @throws IllegalArgumentException when the choice is dense or the matrix has another shape
   */
  public MaskedParameter.Builder parameter(LayerChoice choice, DenseMatrix w, long steps) {
    LayerWeight weight = choice.weight();
    if (!choice.isSparse()) {
      throw new IllegalArgumentException("expected a choice with a pattern, got " + choice);
    }
    if (w.rows() != weight.outputs() || w.cols() != weight.cols()) {
      throw new IllegalArgumentException(
          weight.name()
              + ": expected "
              + weight.outputs()
              + " x "
              + weight.cols()
              + " weights, got "
              + w);
    }
    return MaskedParameter.builder(weight.name(), w)
        .pattern(choice.pattern())
        .grouping(choice.grouping())
        .masks(masks)
        .startOf(rule(1, steps));
  }

  /**
   * The pattern of sparse weights.
   *
   * @return the pattern
   */
  public Pattern pattern() {
    return pattern;
  }

  /**
   * The rule as given to the builder.
   *
   * @return the rule, without warm-up and ending
   */
  public MaskRule rule() {
    return rule;
  }

  /**
   * How masks are made.
   *
   * @return the kind
   */
  public MaskKind masks() {
    return masks;
  }

  /**
   * Which weights of convolutions form a group.
   *
   * @return the grouping
   */
  public ConvGrouping convGrouping() {
    return convGrouping;
  }

  /**
   * Whether the other makes the same choices.
   *
   * @param other any object
   * @return true for a recipe with the same numbers
   */
  @Override
  public boolean equals(Object other) {
    return other instanceof Recipe recipe && toMap().equals(recipe.toMap());
  }

  /**
   * Fits {@link #equals}.
   *
   * @return a hash code
   */
  @Override
  public int hashCode() {
    return toMap().hashCode();
  }

  /**
   * A description.
   *
   * @return all that {@link #toMap} gives
   */
  @Override
  public String toString() {
    return "Recipe" + toMap();
  }

  /**
   * Changes a recipe.
   *
   * <p>Not safe for use by many threads at once.
   */
  public static final class Builder {
    private Pattern pattern = Pattern.P2_4;
    private ConvGrouping convGrouping = ConvGrouping.INPUT_CHANNELS;
    private MaskKind masks = MaskKind.MAGNITUDE;
    private MaskRule rule = MaskRule.srSte();
    private double warmUp;
    private double denseEnding;
    private double frozenEnding;
    private boolean firstDense;
    private boolean lastDense = true;
    private boolean wholeGroups = true;
    private long minInputs = 16;
    private long minOutputs = 8;
    private List<String> include = List.of();
    private List<String> exclude = List.of();

    private Builder() {}

    /**
     * Sets the pattern.
     *
     * @param value how many to keep
     * @return this
     */
    public Builder pattern(Pattern value) {
      pattern = Objects.requireNonNull(value, "pattern");
      return this;
    }

    /**
     * Sets what a step does with pruned weights and the mask. A frozen second moment is frozen in
     * sparse steps only.
     *
     * @param value the rule; a schedule of its own stands instead of warm-up and ending
     * @return this
     */
    public Builder rule(MaskRule value) {
      rule = Objects.requireNonNull(value, "rule");
      return this;
    }

    /**
     * Sets how masks are made. Layers stay dense whose outputs do not consist of whole blocks of
     * the masks, unless {@link #wholeGroups} allows short ones.
     *
     * @param value the kind
     * @return this
     */
    public Builder masks(MaskKind value) {
      masks = Objects.requireNonNull(value, "masks");
      return this;
    }

    /**
     * Sets which weights of a convolution form a group.
     *
     * @param value the grouping
     * @return this
     */
    public Builder convGrouping(ConvGrouping value) {
      convGrouping = Objects.requireNonNull(value, "convGrouping");
      return this;
    }

    /**
     * Begins dense.
     *
     * @param share of all steps, from 0 (to begin with) to 1
     * @return this
     * @throws IllegalArgumentException outside the bounds
     */
    public Builder warmUp(double share) {
      warmUp = share("warmUp", share);
      return this;
    }

    /**
     * Ends dense, as FST does with transformers in pre-training (Hu et al., arXiv 2404.01847: the
     * last sixth).
     *
     * @param share of all steps, from 0 (to begin with) to 1
     * @return this
     * @throws IllegalArgumentException outside the bounds
     */
    public Builder denseEnding(double share) {
      denseEnding = share("denseEnding", share);
      return this;
    }

    /**
     * Ends with the mask as it is by then.
     *
     * @param share of all steps, from 0 (to begin with) to 1
     * @return this
     * @throws IllegalArgumentException outside the bounds
     */
    public Builder frozenEnding(double share) {
      frozenEnding = share("frozenEnding", share);
      return this;
    }

    /**
     * Leaves the first layer dense, or not.
     *
     * @param value false to begin with
     * @return this
     */
    public Builder firstDense(boolean value) {
      firstDense = value;
      return this;
    }

    /**
     * Leaves the last layer dense, or not.
     *
     * @param value true to begin with
     * @return this
     */
    public Builder lastDense(boolean value) {
      lastDense = value;
      return this;
    }

    /**
     * Leaves layers dense whose inputs are no multiple of M, or gives them short last groups, with
     * which no GPU computes.
     *
     * @param value true, to leave them dense, to begin with
     * @return this
     */
    public Builder wholeGroups(boolean value) {
      wholeGroups = value;
      return this;
    }

    /**
     * Leaves small layers dense.
     *
     * @param inputs the least inputs, or input channels of a group, 16 to begin with; with {@link
     *     ConvGrouping#WITHIN_KERNELS} the least weights of an output
     * @param outputs the least outputs, 8 to begin with
     * @return this
     * @throws IllegalArgumentException when a number is less than 1
     */
    public Builder atLeast(long inputs, long outputs) {
      if (inputs < 1 || outputs < 1) {
        throw new IllegalArgumentException(
            "inputs and outputs must be at least 1, got " + inputs + " and " + outputs);
      }
      minInputs = inputs;
      minOutputs = outputs;
      return this;
    }

    /**
     * Makes only layers sparse whose name has a match; all layers when there is none given.
     *
     * @param regexes regular expressions of {@link java.util.regex.Pattern}
     * @return this
     * @throws IllegalArgumentException when one is none
     */
    public Builder include(String... regexes) {
      include = regexes("include", regexes);
      return this;
    }

    /**
     * Leaves layers dense whose name has a match.
     *
     * @param regexes regular expressions of {@link java.util.regex.Pattern}
     * @return this
     * @throws IllegalArgumentException when one is none
     */
    public Builder exclude(String... regexes) {
      exclude = regexes("exclude", regexes);
      return this;
    }

    /**
     * Makes the recipe.
     *
     * @return the recipe
     * @throws IllegalArgumentException when warm-up and ending together exceed all steps, there are
     *     two endings, or shares beside a fixed mask or a rule's own schedule, or that never
     *     reaches the pattern, or masks of the kind cannot have a pattern
     */
    public Recipe build() {
      return new Recipe(this);
    }

    private static double share(String name, double value) {
      if (!(value >= 0 && value <= 1)) {
        throw new IllegalArgumentException(name + " must be from 0 to 1, got " + value);
      }
      return value;
    }

    private static List<String> regexes(String name, String... regexes) {
      for (String regex : regexes) {
        try {
          java.util.regex.Pattern.compile(Objects.requireNonNull(regex, name));
        } catch (PatternSyntaxException e) {
          throw new IllegalArgumentException(
              name + " must be regular expressions, got \"" + regex + "\"", e);
        }
      }
      return List.of(regexes);
    }
  }
}
