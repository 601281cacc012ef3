/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Objects;

/**
 * What a step does with the weights that the mask E prunes, and with the mask. g is the gradient of
 * the loss with respect to E w, the weights that the network uses; it is dense.
 *
 * <ul>
 *   <li>{@link #ste}: the straight-through estimator gives g to all weights, pruned ones too, and
 *       the mask is that of the new magnitudes.
 *   <li>{@link #srSte}: the same with {@code g + lambda * (1 - E) * w}, which decays pruned weights
 *       so that fewer come back: Zhou et al., Learning N:M Fine-grained Structured Sparse Neural
 *       Networks From Scratch, ICLR 2021, arXiv 2102.04010. lambda = 0 is {@link #ste}, bit for
 *       bit.
 *   <li>{@link #fixedMask}: the mask stays, {@code E g} goes to the optimiser and {@code E w}
 *       remains of its result, as in NVIDIA's ASP.
 * </ul>
 *
 * <pre>{@code
 * MaskRule paper = MaskRule.srSte();                        // lambda = 2e-4, in the gradient
 * MaskRule rarely = MaskRule.srSte(1e-4f).refreshEvery(40); // a new mask at steps 40, 80, ..
 * MaskRule second = MaskRule.ste().freezeSecondMoment(true); // STEP's second phase, with Adam
 * MaskRule soft = MaskRule.ste().decay(MaskDecay.linear(1, 1001)); // a decaying mask
 * MaskRule tighter = MaskRule.srSte().schedule(PatternSchedule.structureDecay(Pattern.P1_4, 1, 900));
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads: methods with a value give a changed copy.
 */
public final class MaskRule {
  /** The lambda that the authors of SR-STE use. */
  public static final float LAMBDA = 2e-4f;

  private final float lambda;
  private final Placement placement;
  private final boolean fixed;
  private final long refreshEvery;
  private final float prunedFactor;
  private final MaskDecay decay; // or null: prunedFactor
  private final PatternSchedule schedule; // or null: the parameter's pattern
  private final boolean freezeSecondMoment;

  private MaskRule(
      float lambda,
      Placement placement,
      boolean fixed,
      long refreshEvery,
      float prunedFactor,
      MaskDecay decay,
      PatternSchedule schedule,
      boolean freezeSecondMoment) {
    this.lambda = Numbers.finite("lambda", lambda);
    this.placement = Objects.requireNonNull(placement, "placement");
    this.fixed = fixed;
    if (refreshEvery < 1) {
      throw new IllegalArgumentException("refreshEvery must be at least 1, got " + refreshEvery);
    }
    this.refreshEvery = refreshEvery;
    this.prunedFactor = Numbers.finite("prunedFactor", prunedFactor);
    this.decay = decay;
    this.schedule = schedule;
    this.freezeSecondMoment = freezeSecondMoment;
  }

  /**
   * The straight-through estimator.
   *
   * @return SR-STE with lambda = 0
   */
  public static MaskRule ste() {
    return srSte(0);
  }

  /**
   * SR-STE with {@link #LAMBDA}.
   *
   * @return the rule
   */
  public static MaskRule srSte() {
    return srSte(LAMBDA);
  }

  /**
   * SR-STE, to begin with {@link Placement#IN_GRADIENT} and a new mask at each step.
   *
   * @param lambda how much pruned weights decay; finite. Negative makes them grow.
   * @return the rule
   * @throws IllegalArgumentException when it is not finite
   */
  public static MaskRule srSte(float lambda) {
    return new MaskRule(lambda, Placement.IN_GRADIENT, false, 1, 0, null, null, false);
  }

  /**
   * A mask that stays, for weights that were trained and pruned before.
   *
   * @return the rule
   */
  public static MaskRule fixedMask() {
    return new MaskRule(0, Placement.IN_GRADIENT, true, 1, 0, null, null, false);
  }

  /**
   * Changes where SR-STE's term acts.
   *
   * @param value the place
   * @return a changed copy
   */
  public MaskRule placement(Placement value) {
    return new MaskRule(
        lambda, value, fixed, refreshEvery, prunedFactor, decay, schedule, freezeSecondMoment);
  }

  /**
   * Changes how often the mask is made anew.
   *
   * @param steps k: at the steps whose number is a multiple of k; {@link Long#MAX_VALUE} for never
   * @return a changed copy
   * @throws IllegalArgumentException when it is less than 1
   * @throws IllegalStateException when the mask is fixed
   */
  public MaskRule refreshEvery(long steps) {
    if (fixed) {
      throw new IllegalStateException("a fixed mask is never refreshed, got every " + steps);
    }
    return new MaskRule(
        lambda, placement, false, steps, prunedFactor, decay, schedule, freezeSecondMoment);
  }

  /**
   * Lets the pattern follow a schedule: at the end of a step the mask becomes that of the next
   * step's pattern, always when the pattern changes, never within a frozen phase, and otherwise
   * when it is time to refresh it. {@link MaskedParameter.Builder#startOf} gives a parameter the
   * pattern of step 1.
   *
   * @param value the schedule
   * @return a changed copy
   * @throws IllegalStateException when the mask is fixed
   */
  public MaskRule schedule(PatternSchedule value) {
    Objects.requireNonNull(value, "schedule");
    if (fixed) {
      throw new IllegalStateException("a fixed mask follows no schedule, got " + value);
    }
    return new MaskRule(
        lambda, placement, false, refreshEvery, prunedFactor, decay, value, freezeSecondMoment);
  }

  /**
   * Changes what the network sees of pruned weights: {@code E w + factor (1 - E) w}, for masks that
   * decay (Kao et al., arXiv 2209.07617).
   *
   * @param value finite; 0 to begin with
   * @return a changed copy
   * @throws IllegalArgumentException when it is not finite
   */
  public MaskRule prunedFactor(float value) {
    return new MaskRule(
        lambda, placement, fixed, refreshEvery, value, null, schedule, freezeSecondMoment);
  }

  /**
   * Lets {@link #prunedFactor} follow a schedule instead of staying the same. {@link
   * MaskedParameter.Builder#startOf} makes the masked copies of step 1.
   *
   * @param value the schedule
   * @return a changed copy
   */
  public MaskRule decay(MaskDecay value) {
    Objects.requireNonNull(value, "decay");
    return new MaskRule(
        lambda, placement, fixed, refreshEvery, 0, value, schedule, freezeSecondMoment);
  }

  /**
   * The second phase of STEP (Lu et al., arXiv 2302.01172): Adam's second moment stays as the
   * first, dense phase left it, and is used without bias correction.
   *
   * @param value true to freeze it
   * @return a changed copy
   */
  public MaskRule freezeSecondMoment(boolean value) {
    return new MaskRule(
        lambda, placement, fixed, refreshEvery, prunedFactor, decay, schedule, value);
  }

  /**
   * A description.
   *
   * @return the numbers
   */
  @Override
  public String toString() {
    String mask = fixed ? "fixed mask" : "lambda " + lambda + " " + placement;
    return "MaskRule["
        + mask
        + (refreshEvery == 1 ? "" : ", refreshed every " + refreshEvery)
        + (prunedFactor == 0 ? "" : ", pruned factor " + prunedFactor)
        + (decay == null ? "" : ", decay " + decay)
        + (schedule == null ? "" : ", schedule " + schedule)
        + (freezeSecondMoment ? ", second moment frozen]" : "]");
  }

  float lambda() {
    return lambda;
  }

  Placement placement() {
    return placement;
  }

  boolean fixed() {
    return fixed;
  }

  long refreshEvery() {
    return refreshEvery;
  }

  /** Without a decay. */
  float prunedFactor() {
    return prunedFactor;
  }

  MaskDecay decay() {
    return decay;
  }

  /** Whether a step ends with a new mask; `changes`: the pattern does. */
  boolean refreshes(long step, boolean changes) {
    boolean within = schedule != null && schedule.frozen(step) && schedule.frozen(step + 1);
    boolean frozen = fixed || within;
    return changes || (!frozen && step % refreshEvery == 0);
  }

  /** What the network sees of pruned weights in a step. */
  float prunedFactor(long step) {
    return decay == null ? prunedFactor : decay.factor(step);
  }

  PatternSchedule schedule() {
    return schedule;
  }

  boolean freezeSecondMoment() {
    return freezeSecondMoment;
  }
}
