/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Objects;
import java.util.regex.Matcher;

/**
 * Decaying masks (Kao et al., arXiv 2209.07617; Bambhaniya et al., arXiv 2402.04744): pruned
 * weights take part in the network with a factor that falls from 1, dense, to 0, the binary mask:
 * {@code E w + factor (1 - E) w}. With t steps after the first, the factor is
 *
 * <ul>
 *   <li>{@link Form#LINEAR}: max(0, 1 - rate t)
 *   <li>{@link Form#EXPONENTIAL}: exp(-rate t)
 * </ul>
 *
 * <p>before, 1, and from the step {@code until} on, 0.
 *
 * <pre>{@code
 * MaskDecay linear = MaskDecay.linear(1001, 5001);             // 1 up to step 1001, 0 from 5001 on
 * float half = linear.factor(3001);                            // 0.5
 * MaskDecay slow = MaskDecay.exponential(0.001, 1001, 9001);
 * MaskRule rule = MaskRule.ste().decay(slow);
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads. {@link #toString} is its form for storage.
 *
 * @param form how it falls
 * @param rate how fast, for each step; finite, at least 0
 * @param from the last step with a factor of 1, at least 1
 * @param until the first step with a factor of 0, after {@code from}
 */
public record MaskDecay(Form form, double rate, long from, long until) {
  private static final java.util.regex.Pattern TEXT =
      java.util.regex.Pattern.compile(
          "(linear|exponential) ([0-9.eE+-]{1,30}) from (\\d{1,18}) until (\\d{1,18})");

  /** How a factor falls. */
  public enum Form {
    /** By the same amount each step. */
    LINEAR,
    /** By the same share each step. */
    EXPONENTIAL
  }

  /**
   * Checks the numbers.
   *
   * @param form how it falls
   * @param rate how fast
   * @param from the last step with a factor of 1
   * @param until the first step with a factor of 0
   * @throws IllegalArgumentException when one is not as said
   */
  public MaskDecay {
    Objects.requireNonNull(form, "form");
    if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("rate must be finite and at least 0, got " + rate);
    }
    if (from < 1 || until <= from) {
      throw new IllegalArgumentException(
          "expected 1 <= from < until, got from " + from + " until " + until);
    }
  }

  /**
   * Linear, reaching 0 where it ends.
   *
   * @param from the last step with a factor of 1
   * @param until the first step with a factor of 0
   * @return the decay
   * @throws IllegalArgumentException unless 1 &lt;= from &lt; until
   */
  public static MaskDecay linear(long from, long until) {
    return new MaskDecay(Form.LINEAR, 1.0 / Math.max(1, until - from), from, until);
  }

  /**
   * Exponential, cut off at its end.
   *
   * @param rate for each step, finite, at least 0
   * @param from the last step with a factor of 1
   * @param until the first step with a factor of 0
   * @return the decay
   * @throws IllegalArgumentException when a number is not as said
   */
  public static MaskDecay exponential(double rate, long from, long until) {
    return new MaskDecay(Form.EXPONENTIAL, rate, from, until);
  }

  /**
   * By what pruned weights are multiplied.
   *
   * @param step a step's number, at least 1
   * @return 0 to 1
   * @throws IllegalArgumentException when the number is less than 1
   */
  public float factor(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("step must be at least 1, got " + step);
    }
    if (step >= until) {
      return 0;
    }
    double fallen = rate * Math.max(0, step - from);
    return (float) (form == Form.LINEAR ? Math.max(0, 1 - fallen) : Math.exp(-fallen));
  }

  /**
   * Reads the form that {@link #toString} writes.
   *
   * @param text for example {@code "linear 2.5E-4 from 1001 until 5001"}
   * @return the decay
   * @throws IllegalArgumentException when the text is no decay
   */
  public static MaskDecay parse(String text) {
    Matcher matcher = TEXT.matcher(Objects.requireNonNull(text, "text"));
    try {
      if (matcher.matches()) {
        return new MaskDecay(
            Form.valueOf(matcher.group(1).toUpperCase(java.util.Locale.ROOT)),
            Double.parseDouble(matcher.group(2)),
            Long.parseLong(matcher.group(3)),
            Long.parseLong(matcher.group(4)));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "decay must look like \"linear 2.5E-4 from 1001 until 5001\", got \"" + text + "\"");
  }

  /**
   * The form for storage, which {@link #parse} reads.
   *
   * @return for example {@code "linear 2.5E-4 from 1001 until 5001"}
   */
  @Override
  public String toString() {
    String name = form.name().toLowerCase(java.util.Locale.ROOT);
    return name + " " + rate + " from " + from + " until " + until;
  }
}
