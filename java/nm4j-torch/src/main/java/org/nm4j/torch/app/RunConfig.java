/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Locale;
import org.nm4j.Pattern;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Placement;
import org.nm4j.train.Recipe;

/**
 * Everything that decides what a training computes.
 *
 * @param task name of network and data, see {@link Tasks}
 * @param method how
 * @param pattern N:M; 2:4 for all dense runs, where it does nothing
 * @param lambda of SR-STE, 0 for all others
 * @param epochs passes over the data; ASP takes twice as many
 * @param seed of weights, order and dropout
 * @param limit the most training samples that are used, 0 for all
 * @param placement of SR-STE's term; in the gradient, as its authors have it, for all others and in
 *     files that do not say
 */
record RunConfig(
    String task,
    Method method,
    String pattern,
    float lambda,
    int epochs,
    long seed,
    int limit,
    Placement placement) {

  /**
   * As readers want them: dense first, then sparser and sparser, by method, placement and lambda.
   */
  static final Comparator<RunConfig> ORDER =
      Comparator.comparing((RunConfig config) -> config.method != Method.DENSE)
          .thenComparing(config -> -config.keptShare())
          .thenComparing(config -> Pattern.parse(config.pattern).m())
          .thenComparing(RunConfig::method)
          .thenComparing(RunConfig::placement)
          .thenComparing(RunConfig::lambda);

  /** What a method does not use is the same for all its runs, as it is not in their names. */
  RunConfig {
    pattern = method == Method.DENSE ? "2:4" : pattern;
    lambda = method == Method.SR_STE ? lambda : 0;
    placement = method == Method.SR_STE && placement != null ? placement : Placement.IN_GRADIENT;
    if (epochs < 1 || limit < 0) {
      throw new IllegalArgumentException(
          "expected at least 1 epoch and a limit of at least 0, got " + epochs + " and " + limit);
    }
  }

  RunConfig(
      String task, Method method, String pattern, float lambda, int epochs, long seed, int limit) {
    this(task, method, pattern, lambda, epochs, seed, limit, Placement.IN_GRADIENT);
  }

  RunConfig seeded(long other) {
    return new RunConfig(task, method, pattern, lambda, epochs, other, limit, placement);
  }

  RunConfig placed(Placement other) {
    return new RunConfig(task, method, pattern, lambda, epochs, seed, limit, other);
  }

  /** The dense run of the same settings: what ASP starts from. */
  RunConfig dense() {
    return new RunConfig(task, Method.DENSE, pattern, 0, epochs, seed, limit);
  }

  /** What SR-STE is compared with. */
  RunConfig ste() {
    return new RunConfig(task, Method.STE, pattern, 0, epochs, seed, limit);
  }

  private double keptShare() {
    Pattern parsed = Pattern.parse(pattern);
    return (double) parsed.n() / parsed.m();
  }

  Recipe recipe() {
    Recipe.Builder builder = Recipe.builder().pattern(Pattern.parse(pattern));
    return switch (method) {
      case DENSE -> builder.rule(MaskRule.ste()).warmUp(1).build();
      case ASP -> builder.rule(MaskRule.fixedMask()).build();
      case STE -> builder.rule(MaskRule.ste()).build();
      case SR_STE -> builder.rule(MaskRule.srSte(lambda).placement(placement)).build();
    };
  }

  /** A name for readers: "SR-STE 2:4, lambda 2e-4". */
  String label() {
    return label(method, pattern, strength(lambda, placement));
  }

  static String label(Method method, String pattern, String strength) {
    String text = method == Method.DENSE ? method.toString() : method + " " + pattern;
    return method == Method.SR_STE ? text + ", lambda " + strength : text;
  }

  /** Lambda, and where its term acts unless in the gradient: "0.3 decoupled". */
  static String strength(float lambda, Placement placement) {
    String text = scientific(lambda);
    return placement == Placement.IN_GRADIENT
        ? text
        : text + " " + name(placement).replace('-', ' ');
  }

  /** As options and names of files have it: "outside-moments". */
  static String name(Placement placement) {
    return placement.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** As people write it: 2e-4, 0.3, 3. */
  static String scientific(float value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal decimal = new BigDecimal(Float.toString(value)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    return exponent == 0 || exponent == -1
        ? decimal.toPlainString()
        : decimal.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }

  /** A name for files. */
  String id() {
    String text = task + "-" + method;
    if (method != Method.DENSE) {
      text += "-" + pattern.replace(":", "of");
    }
    if (method == Method.SR_STE) {
      text += "-" + lambda;
    }
    if (placement != Placement.IN_GRADIENT) {
      text += "-" + name(placement);
    }
    text += "-e" + epochs + (limit == 0 ? "" : "-n" + limit) + "-s" + seed;
    return text.toLowerCase(Locale.ROOT);
  }

  /** What all seeds of a row share. */
  String row() {
    return seeded(0).id();
  }
}
