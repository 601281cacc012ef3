/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.Pattern;

/**
 * What a {@link Recipe} does with a weight.
 *
 * <pre>{@code
 * LayerWeight conv = LayerWeight.conv2d("stem.weight", 64, 3, 7, 7);
 * LayerWeight fc = LayerWeight.linear("fc.weight", 10, 64);
 * for (LayerChoice choice : Recipe.paper().select(List.of(conv, fc))) {
 *   System.out.println(choice);    // stem.weight dense: 3 inputs, at least 16 are asked for; ...
 * }
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param weight the weight
 * @param pattern the pattern it gets, null when it stays dense
 * @param grouping which of its weights form a group, null when it stays dense
 * @param skipped why it stays dense, null when it gets a pattern
 * @param detail the reason in words with the numbers that decided, empty when it gets a pattern
 */
public record LayerChoice(
    LayerWeight weight, Pattern pattern, Grouping grouping, SkipReason skipped, String detail) {

  static LayerChoice sparse(LayerWeight weight, Pattern pattern, Grouping grouping) {
    return new LayerChoice(weight, pattern, grouping, null, "");
  }

  static LayerChoice dense(LayerWeight weight, SkipReason reason, String detail) {
    return new LayerChoice(weight, null, null, reason, detail);
  }

  /**
   * Whether the weight gets a pattern.
   *
   * @return true when it is not skipped
   */
  public boolean isSparse() {
    return skipped == null;
  }

  /**
   * A description.
   *
   * @return name and pattern, or name and reason
   */
  @Override
  public String toString() {
    return weight.name() + (isSparse() ? " " + pattern : " dense: " + detail);
  }
}
