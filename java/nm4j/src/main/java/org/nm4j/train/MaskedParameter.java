/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.Execution;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.internal.Bindings;

/**
 * Weights in training: dense fp32 master weights in the caller's memory, their N:M mask, and the
 * optimiser's moments. {@link #step} does optimiser step, SR-STE, new mask, count of flips and the
 * masked copy in one pass over memory, in place.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.allocate(64, 128);        // yours: fill it
 * DenseMatrix grad = DenseMatrix.allocate(64, 128);     // d loss / d masked, dense
 * DenseMatrix masked = DenseMatrix.allocate(64, 128);   // what the network multiplies with
 * MaskedParameter fc1 =
 *     MaskedParameter.builder("fc1.weight", w).pattern(Pattern.P2_4).masked(masked).build();
 * Optimizer sgd = Optimizer.sgd(0.1f).momentum(0.9f);
 * long flips = fc1.step(grad, sgd, MaskRule.srSte(), Execution.parallel());
 * }</pre>
 *
 * <p>Where the weights are, on the CPU or a GPU, is where all of it is and a step is computed.
 *
 * <p>Mask and moments are direct memory, or memory of the GPU, freed with this object. Results are
 * the same bits whatever the threads. Not safe for use by many threads at once.
 */
public final class MaskedParameter {
  private static final int NEW_MASK = 0;

  private final String name;
  private final DenseMatrix w;
  private final DenseMatrix masked;
  private final DenseMatrix maskedBf16;
  private final Grouping grouping;
  private final MaskKind maskKind;
  private final DenseMatrix scores; // or null

  /** The bits of a {@link Mask}, a row of bytes for each of w's, where w is. */
  final DenseMatrix mask;

  private final Steps backend;

  // What save and load carry; see State.
  int n;
  int m;
  Optimizer.Kind kind; // null before the first step
  DenseMatrix first; // or null
  DenseMatrix second; // or null
  long steps;
  long flips;
  long refreshes; // beside steps
  float prunedFactor;

  private boolean broken;
  private long version; // another one whenever weights or mask have changed

  private MaskedParameter(Builder builder) {
    this.name = builder.name;
    this.w = builder.w;
    this.masked = builder.masked;
    this.maskedBf16 = builder.maskedBf16;
    this.grouping = builder.grouping;
    this.maskKind = builder.maskKind;
    this.prunedFactor = builder.prunedFactor;
    n = keptOf(builder.pattern);
    m = groupOf(builder.pattern);
    if (w.cols() > 0 && w.cols() % grouping.stride() != 0) {
      throw new IllegalArgumentException(
          name + ": stride must divide the " + w.cols() + " columns, got " + grouping.stride());
    }
    this.mask = DenseMatrix.allocate(device(), DType.U8, rows(), (cols() + 7) / 8);
    try {
      this.backend = device().isCpu() ? new CpuSteps(this) : new GpuSteps(this);
      this.scores = maskKind.scored() ? scoresOfMagnitudes() : null;
      requireMaskable(n, m);
      backend.initialMask();
    } catch (RuntimeException e) {
      throw named(e);
    }
    if (n == m || maskKind.equals(MaskKind.MAGNITUDE)) {
      writeMasked();
    } else {
      update(Step.without(this, NEW_MASK), Execution.caller());
    }
  }

  /**
   * Describes a parameter.
   *
   * @param name what errors, histories and saved states call it; 1 to 1000 characters
   * @param w dense fp32 weights without gaps, writable; they stay the caller's
   * @return a builder
   * @throws IllegalArgumentException when the name or the matrix is not as said
   */
  public static Builder builder(String name, DenseMatrix w) {
    return new Builder(name, w);
  }

  /**
   * One optimiser step and, when the rule says so, a new mask.
   *
   * @param grad gradient of the loss with respect to the masked weights, of the same shape, without
   *     gaps
   * @param optimizer its numbers may change from step to step, but not which optimiser it is, nor
   *     whether SGD has momentum
   * @param rule what happens to pruned weights and the mask
   * @param execution where to compute; blocks of rows are divided. On a GPU, the stream to queue
   *     on; a step waits for its work there, because it looks at the gradient and counts
   * @return how many mask bits changed
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when the gradient, or scores for a new
   *     mask, are not finite: all of them are looked at before anything changes
   * @throws IllegalArgumentException when shape, type, gaps or an overlap make the step impossible,
   *     or masks of this kind cannot have the rule's pattern; nothing has changed
   * @throws IllegalStateException when the optimiser is another one than before, or an earlier step
   *     broke off in the middle
   */
  public long step(DenseMatrix grad, Optimizer optimizer, MaskRule rule, Execution execution) {
    Objects.requireNonNull(optimizer, "optimizer");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(execution, "execution");
    requireWhole();
    requireFits(name, "grad", grad, DType.F32, w);
    requireSameKind(optimizer);
    if (rule.freezeSecondMoment() && optimizer.kind() == Optimizer.Kind.SGD) {
      throw new IllegalArgumentException(
          name + ": a frozen second moment needs Adam or AdamW, got SGD");
    }
    Step next = Step.of(this, grad, optimizer, rule);
    requireMakes(next, execution);
    backend.requireFinite("gradient", grad, execution);
    long changed = updateWithMoments(next, execution);
    kind = optimizer.kind();
    return count(changed, next);
  }

  /** The first step makes the moments; one that is refused does not. */
  private long updateWithMoments(Step step, Execution execution) {
    Optimizer optimizer = step.optimizer();
    boolean makesFirst = first == null && hasFirst(optimizer);
    boolean makesSecond = second == null && optimizer.kind() != Optimizer.Kind.SGD;
    DenseMatrix newFirst = makesFirst ? backend.zeros(execution) : first;
    DenseMatrix newSecond = makesSecond ? backend.zeros(execution) : second;
    first = newFirst;
    second = newSecond;
    try {
      return update(step, execution);
    } catch (IllegalArgumentException e) {
      first = makesFirst ? null : first;
      second = makesSecond ? null : second;
      throw e;
    }
  }

  /**
   * Does to a gradient what the rule asks for, ahead of a step by an optimiser that is none of
   * nm4j's: adds SR-STE's term, or masks it when the mask is fixed. Let that optimiser change the
   * weights, then call {@link #adopt} with the same rule.
   *
   * @param grad as in {@link #step}, once per step: after unscaling, clipping and accumulation;
   *     changed in place
   * @param rule its term must act {@link Placement#IN_GRADIENT}, and second moments not be frozen
   * @param execution where to compute; blocks of rows are divided
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when the gradient, or scores for a new
   *     mask at this step, are not finite; nothing has changed
   * @throws IllegalArgumentException when shape, type, gaps or the rule do not fit; nothing has
   *     changed
   */
  public void correctGradient(DenseMatrix grad, MaskRule rule, Execution execution) {
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(execution, "execution");
    requireWhole();
    requireFits(name, "grad", grad, DType.F32, w);
    requireWritable(name, "grad", grad);
    if (rule.freezeSecondMoment()
        || rule.lambda() != 0 && rule.placement() != Placement.IN_GRADIENT) {
      throw new IllegalArgumentException(
          name + ": only nm4j's own optimisers can follow " + rule + "; others see the gradient");
    }
    requireMakes(Step.of(this, null, Optimizer.sgd(0), rule), execution);
    backend.requireFinite("gradient", grad, execution);
    try {
      if (rule.fixed()) {
        backend.applyMask(grad, 0, grad, execution);
      } else if (rule.lambda() != 0) {
        backend.addTerm(grad, rule.lambda(), execution);
      }
    } catch (IllegalArgumentException e) {
      throw named(e);
    }
  }

  /**
   * Takes over weights that another optimiser has changed: what {@link #step} does after its
   * optimiser step. A fixed mask is applied to them, else they get a new one when the rule says so;
   * the masked copies follow, and the step counts.
   *
   * @param rule what happens to the mask
   * @param execution where to compute; blocks of rows are divided
   * @return how many mask bits changed
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when scores for a new mask are not finite
   * @throws IllegalStateException when an earlier step broke off in the middle
   */
  public long adopt(MaskRule rule, Execution execution) {
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(execution, "execution");
    requireWhole();
    Step next = Step.of(this, null, Optimizer.sgd(0), rule);
    requireMakes(next, execution);
    if (rule.fixed()) {
      backend.applyMask(w, 0, w, execution);
    }
    return count(update(next, execution), next);
  }

  /**
   * Refuses what a step by this rule would refuse of masks, and changes nothing: for whoever steps
   * several parameters, all or none.
   *
   * @param rule what will happen to the mask
   * @param execution where to look
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when scores for a new mask are not finite
   * @throws IllegalArgumentException when masks of this kind cannot have the rule's pattern
   * @throws IllegalStateException when an earlier step broke off in the middle
   */
  public void check(MaskRule rule, Execution execution) {
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(execution, "execution");
    requireWhole();
    requireMakes(Step.of(this, null, Optimizer.sgd(0), rule), execution);
  }

  private long count(long changed, Step next) {
    n = next.n();
    m = next.m();
    steps++;
    flips += changed;
    prunedFactor = next.prunedFactor();
    return changed;
  }

  /**
   * Makes a new mask, and the masked copies, of weights and scores as they are, beside all steps:
   * for a mask that then stays, or after you have changed weights. The step does not count, flips
   * do.
   *
   * @param execution where to compute; blocks of rows are divided
   * @return how many mask bits changed
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when scores are not finite; nothing has
   *     changed
   * @throws IllegalStateException when an earlier step broke off in the middle
   */
  public long refreshMask(Execution execution) {
    Objects.requireNonNull(execution, "execution");
    requireWhole();
    Step step = Step.refresh(this);
    requireMakes(step, execution);
    long changed = update(step, execution);
    refreshes++;
    flips += changed;
    return changed;
  }

  /**
   * Changes the pattern, from the next step on whose rule refreshes the mask.
   *
   * @param pattern the pattern, or null for dense
   * @throws IllegalArgumentException when masks of this parameter's kind cannot have it
   */
  public void setPattern(Pattern pattern) {
    try {
      requireMaskable(keptOf(pattern), groupOf(pattern));
    } catch (IllegalArgumentException e) {
      throw named(e);
    }
    n = keptOf(pattern);
    m = groupOf(pattern);
  }

  /**
   * How masks are made.
   *
   * @return as given to the builder
   */
  public MaskKind maskKind() {
    return maskKind;
  }

  /**
   * What masks of {@link MaskKind#SCORES} or {@link MaskKind#WANDA} are made by. To begin with |w|
   * or 1, so that the first mask is by magnitude; write into it before a step that makes a new
   * mask. Saved with the parameter's state.
   *
   * @return this parameter's own memory: of the weights' shape, for {@link MaskKind#WANDA} 1 x
   *     columns
   * @throws IllegalStateException when masks are of another kind
   */
  public DenseMatrix scores() {
    if (scores == null) {
      throw new IllegalStateException(name + ": masks of the kind " + maskKind + " have no scores");
    }
    return scores;
  }

  /**
   * The pattern that the mask follows whenever it is refreshed.
   *
   * @return the pattern, null for dense
   */
  public Pattern pattern() {
    return n == m ? null : Pattern.of(n, m);
  }

  static int keptOf(Pattern pattern) {
    return pattern == null ? 1 : pattern.n();
  }

  static int groupOf(Pattern pattern) {
    return pattern == null ? 1 : pattern.m();
  }

  /**
   * The mask as it is now.
   *
   * @return a copy
   */
  public Mask mask() {
    return Mask.of(maskBytes(), rows(), cols());
  }

  /**
   * How many steps were made.
   *
   * @return at least 0
   */
  public long steps() {
    return steps;
  }

  /**
   * How many mask bits changed, summed over all steps.
   *
   * @return at least 0
   */
  public long flips() {
    return flips;
  }

  /**
   * The name.
   *
   * @return as given
   */
  public String name() {
    return name;
  }

  /**
   * Writes what the weights do not hold: mask, moments, scores, pattern, steps and flips, with a
   * checksum. Save the weights beside it.
   *
   * @param out stays open; several parameters may follow each other
   * @throws IOException from the stream
   * @throws IllegalStateException when a step broke off in the middle
   */
  public void save(OutputStream out) throws IOException {
    Objects.requireNonNull(out, "out");
    requireWhole();
    State.write(this, out);
  }

  /**
   * Reads what {@link #save} wrote for a parameter of the same name, shape, grouping and kind of
   * masks, and writes the masked copies of the weights as they are now: restore those first.
   * Training then continues as if never interrupted, bit for bit.
   *
   * @param in read exactly to the end of the state; stays open
   * @throws IOException from the stream, or when the data is cut off, damaged, of another version
   *     or parameter, or no state at all; this parameter is unchanged then
   */
  public void load(InputStream in) throws IOException {
    State.read(this, Objects.requireNonNull(in, "in"));
    broken = false;
    version++;
    writeMasked();
  }

  /**
   * A short description.
   *
   * @return name, shape, pattern and steps
   */
  @Override
  public String toString() {
    return "MaskedParameter["
        + name
        + ", "
        + rows()
        + " x "
        + cols()
        + ", "
        + (n == m ? "dense" : n + ":" + m)
        + ", "
        + steps
        + " steps]";
  }

  long rows() {
    return w.rows();
  }

  long cols() {
    return w.cols();
  }

  long stride() {
    return grouping.stride();
  }

  DenseMatrix weights() {
    return w;
  }

  /** What the network sees when pruned weights take part in it; or null. */
  DenseMatrix masked() {
    return masked;
  }

  /** What products are made of now: changes with weights, mask, and the pattern of products. */
  Stamp stamp() {
    return new Stamp(prunedFactor == 0 ? pattern() : null, version);
  }

  /** Says that weights have changed without a step. */
  void touch() {
    version++;
  }

  /**
   * Whether rows of the mask keep no more than a pattern allows; one set meanwhile may not hold.
   */
  boolean obeys(Pattern pattern, long first, long count) {
    return backend.obeys(pattern, first, count);
  }

  /** What the mask keeps of as many rows of the weights as out has, 0 elsewhere. */
  void writeMasked(long first, DenseMatrix out, Execution execution) {
    backend.applyMask(w, first, out, execution);
  }

  /** Zeros of the weights' shape, on the device where they are. */
  DenseMatrix zeros(Execution execution) {
    return backend.zeros(execution);
  }

  private static boolean hasFirst(Optimizer optimizer) {
    return optimizer.kind() != Optimizer.Kind.SGD || optimizer.momentum() != 0;
  }

  void requireFinite(DenseMatrix grad, Execution execution) {
    backend.requireFinite("gradient", grad, execution);
  }

  void requireWhole() {
    if (broken) {
      throw new IllegalStateException(
          name + ": a step broke off in the middle; restore the weights and load a saved state");
    }
  }

  private DenseMatrix scoresOfMagnitudes() {
    boolean columns = maskKind.type() == MaskKind.Type.WANDA;
    DenseMatrix here = columns || w.device().isCpu() ? w : w.to(Device.cpu());
    DenseMatrix made = DenseMatrix.allocate(columns ? 1 : rows(), cols());
    for (long r = 0; r < made.rows(); r++) {
      for (long c = 0; c < made.cols(); c++) {
        made.set(r, c, columns ? 1 : Math.abs(here.get(r, c)));
      }
    }
    return w.device().isCpu() ? made : made.to(w.device());
  }

  private void requireMaskable(int kept, int group) {
    if (kept != group) {
      maskKind.require(Pattern.of(kept, group));
      backend.requireMaskable(kept, group);
    }
  }

  /** Refuses, before anything changes, a step whose new mask is impossible. */
  private void requireMakes(Step step, Execution execution) {
    if (!step.makesMask()) {
      return;
    }
    try {
      requireMaskable(step.n(), step.m());
    } catch (IllegalArgumentException e) {
      throw named(e);
    }
    if (scores != null) {
      backend.requireFinite("scores", scores, execution);
    }
  }

  private void requireSameKind(Optimizer optimizer) {
    if (kind != null && (kind != optimizer.kind() || (first != null) != hasFirst(optimizer))) {
      throw new IllegalStateException(
          name
              + ": expected "
              + kind
              + (kind != Optimizer.Kind.SGD ? "" : first == null ? " without" : " with")
              + (kind != Optimizer.Kind.SGD ? "" : " momentum")
              + " as in earlier steps, got "
              + optimizer);
    }
  }

  /** The masked copies of the weights as they are, with the mask as it is. */
  private void writeMasked() {
    if (masked != null || maskedBf16 != null) {
      update(Step.without(this, Bindings.NM_KEEP_MASK), Execution.caller());
    }
  }

  private long update(Step step, Execution execution) {
    boolean done = false;
    try {
      long changed = backend.update(step, execution);
      done = true;
      return changed;
    } catch (IllegalArgumentException e) {
      done =
          true; // Arguments are looked at before anything changes, and are the same for all rows.
      throw named(e);
    } finally {
      broken = !done;
      version++;
    }
  }

  /** The bits on the CPU; a copy where they are on a GPU. */
  ByteBuffer maskBytes() {
    return (device().isCpu() ? mask : mask.to(Device.cpu())).int8Buffer();
  }

  Device device() {
    return w.device();
  }

  DenseMatrix maskedBf16() {
    return maskedBf16;
  }

  private RuntimeException named(RuntimeException e) {
    String message = name + ": " + e.getMessage();
    if (e instanceof Nm4jException failure) {
      return new Nm4jException(failure.code(), message);
    }
    if (e instanceof IllegalStateException) {
      return new IllegalStateException(message, e);
    }
    return e instanceof IllegalArgumentException ? new IllegalArgumentException(message, e) : e;
  }

  private static void requireFits(
      String parameter, String name, DenseMatrix matrix, DType dtype, DenseMatrix like) {
    Objects.requireNonNull(matrix, name);
    if (matrix.rows() != like.rows() || matrix.cols() != like.cols()) {
      throw new IllegalArgumentException(
          parameter
              + ": "
              + name
              + " must be "
              + like.rows()
              + " x "
              + like.cols()
              + ", got "
              + matrix.rows()
              + " x "
              + matrix.cols());
    }
    if (matrix.dtype() != dtype || matrix.ld() != matrix.cols()) {
      throw new IllegalArgumentException(
          parameter + ": " + name + " must be " + dtype + " without gaps, got " + matrix);
    }
    if (matrix.device() != like.device()) {
      throw new IllegalArgumentException(
          parameter + ": " + name + " must be on " + like.device() + " as w is, got " + matrix);
    }
  }

  private static void requireWritable(String parameter, String name, DenseMatrix matrix) {
    if (matrix.readOnly()) {
      throw new IllegalArgumentException(
          parameter + ": " + name + " must be writable, got a read-only matrix");
    }
  }

  /**
   * What a parameter consists of.
   *
   * <p>Not safe for use by many threads at once.
   */
  public static final class Builder {
    private final String name;
    private final DenseMatrix w;
    private Pattern pattern;
    private float prunedFactor;
    private Grouping grouping = Grouping.ALONG_ROWS;
    private MaskKind maskKind = MaskKind.MAGNITUDE;
    private DenseMatrix masked;
    private DenseMatrix maskedBf16;

    private Builder(String name, DenseMatrix w) {
      if (Objects.requireNonNull(name, "name").isEmpty() || name.length() > 1000) {
        throw new IllegalArgumentException(
            "name must have 1 to 1000 characters, got " + name.length());
      }
      Objects.requireNonNull(w, "w");
      requireFits(name, "w", w, DType.F32, w);
      requireWritable(name, "w", w);
      this.name = name;
      this.w = w;
    }

    /**
     * Sets the pattern. Without one the parameter is dense until {@link
     * MaskedParameter#setPattern}.
     *
     * @param value how many to keep
     * @return this
     */
    public Builder pattern(Pattern value) {
      pattern = Objects.requireNonNull(value, "pattern");
      return this;
    }

    /**
     * Sets what a rule's {@link MaskRule#schedule} and {@link MaskRule#decay} say of step 1: the
     * pattern, and the factor of pruned weights in the first masked copies.
     *
     * @param rule the rule of the first steps
     * @return this
     */
    public Builder startOf(MaskRule rule) {
      if (rule.schedule() != null) {
        pattern = rule.schedule().pattern(1);
      }
      prunedFactor = rule.prunedFactor(1);
      return this;
    }

    /**
     * Sets which weights form a group, {@link Grouping#ALONG_ROWS} to begin with.
     *
     * @param value the grouping
     * @return this
     */
    public Builder grouping(Grouping value) {
      grouping = Objects.requireNonNull(value, "grouping");
      return this;
    }

    /**
     * Sets how masks are made, {@link MaskKind#MAGNITUDE} to begin with. On a GPU other kinds are
     * refused, but for {@link MaskKind#TRANSPOSABLE} 2:4 along rows.
     *
     * @param value the kind
     * @return this
     */
    public Builder masks(MaskKind value) {
      maskKind = Objects.requireNonNull(value, "masks");
      return this;
    }

    /**
     * Sets memory that receives the masked weights, at once and with each step.
     *
     * @param out fp32 of the weights' shape, without gaps, writable, not overlapping anything
     * @return this
     * @throws IllegalArgumentException when it is not as said
     */
    public Builder masked(DenseMatrix out) {
      requireFits(name, "masked", out, DType.F32, w);
      requireWritable(name, "masked", out);
      masked = out;
      return this;
    }

    /**
     * Sets memory that receives the masked weights as bf16, rounded to nearest, ties to even.
     *
     * @param out bf16 of the weights' shape, without gaps, writable, not overlapping anything
     * @return this
     * @throws IllegalArgumentException when it is not as said
     */
    public Builder maskedBf16(DenseMatrix out) {
      requireFits(name, "maskedBf16", out, DType.BF16, w);
      requireWritable(name, "maskedBf16", out);
      maskedBf16 = out;
      return this;
    }

    /**
     * Makes the first mask and the masked copies.
     *
     * @return the parameter
     * @throws IllegalArgumentException when the grouping does not divide the columns, masks of the
     *     kind cannot have the pattern, memory overlaps or the mask exceeds 2 GiB
     * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when there is a pattern and a weight is
     *     NaN
     */
    public MaskedParameter build() {
      return new MaskedParameter(this);
    }
  }
}
