/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.nm4j.DenseMatrix;
import org.nm4j.internal.Bindings;

/** One step, as native code wants it. */
record Step(
    DenseMatrix grad,
    Optimizer optimizer,
    MaskRule rule,
    int flags,
    long number,
    int n,
    int m,
    float prunedFactor,
    long seed) {
  /** The next step of a parameter. */
  static Step of(MaskedParameter p, DenseMatrix grad, Optimizer optimizer, MaskRule rule) {
    long number = p.steps + 1;
    PatternSchedule schedule = rule.schedule();
    int n = schedule == null ? p.n : MaskedParameter.keptOf(schedule.pattern(number + 1));
    int m = schedule == null ? p.m : MaskedParameter.groupOf(schedule.pattern(number + 1));
    int flags =
        (rule.refreshes(number, n != p.n || m != p.m) ? 0 : Bindings.NM_KEEP_MASK)
            | (rule.fixed() ? Bindings.NM_MASK_UPDATE : 0)
            | (rule.freezeSecondMoment() ? Bindings.NM_FREEZE_SECOND : 0)
            | (optimizer.nesterov() ? Bindings.NM_NESTEROV : 0)
            | (grad == null ? Bindings.NM_NO_STEP : 0);
    long seed = p.maskKind().seed(p.name(), number);
    return new Step(
        grad, optimizer, rule, flags, number, n, m, rule.prunedFactor(number + 1), seed);
  }

  /** No step: mask and masked copies of the weights as they are. */
  static Step without(MaskedParameter p, int keepMask) {
    return without(p, keepMask, p.maskKind().seed(p.name(), p.steps));
  }

  /** The same with a mask that is drawn anew each time, where masks are random. */
  static Step refresh(MaskedParameter p) {
    return without(p, 0, p.maskKind().seed(p.name(), p.steps, p.refreshes + 1));
  }

  private static Step without(MaskedParameter p, int keepMask, long seed) {
    int flags = Bindings.NM_NO_STEP | keepMask;
    return new Step(
        null, Optimizer.sgd(0), MaskRule.ste(), flags, 1, p.n, p.m, p.prunedFactor, seed);
  }

  boolean makesMask() {
    return (flags & Bindings.NM_KEEP_MASK) == 0 && n != m;
  }

  /** The integers of nm4j_update_jni.h, in its order. */
  long[] integers(MaskedParameter p) {
    return new long[] {
      p.rows(),
      p.cols(),
      p.stride(),
      number,
      seed,
      n,
      m,
      p.maskKind().type().ordinal(),
      p.maskKind().v(),
      optimizer.kind().ordinal(),
      rule.placement().ordinal(),
      flags
    };
  }

  /** The numbers of nm4j_update_jni.h, in its order. */
  double[] numbers() {
    return new double[] {
      optimizer.lr(),
      optimizer.weightDecay(),
      optimizer.momentum(),
      optimizer.dampening(),
      optimizer.beta1(),
      optimizer.beta2(),
      optimizer.eps(),
      rule.lambda(),
      prunedFactor
    };
  }

  /** The addresses of nm4j_update_jni.h, in its order; that of null is 0. */
  long[] addresses(MaskedParameter p, ToLongFunction<DenseMatrix> address) {
    DenseMatrix scores = p.maskKind().scored() ? p.scores() : null;
    return Stream.of(
            p.weights(), grad, p.first, p.second, p.mask, p.masked(), p.maskedBf16(), scores)
        .mapToLong(address)
        .toArray();
  }

  /** The same with more flags. */
  Step with(int more) {
    return new Step(grad, optimizer, rule, flags | more, number, n, m, prunedFactor, seed);
  }
}
