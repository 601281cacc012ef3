/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import org.nm4j.Pattern;

/**
 * What became of a parameter: whether it is sparse, why not, and whether what the network computes
 * with obeys the pattern.
 *
 * <pre>{@code
 * LayerReport report = new LayerReport("fc1.weight", "128 x 784", Pattern.P2_4, "", 0, 0.5, 12);
 * boolean ok = report.ok();   // true
 * }</pre>
 *
 * @param name the parameter's name
 * @param shape its sizes
 * @param pattern what it obeys now, null when it is dense
 * @param reason why it is dense, or empty
 * @param breaches how many groups keep more than they may
 * @param nonZeroShare how many of the weights are not 0
 * @param flips how many mask bits changed so far
 */
public record LayerReport(
    String name,
    String shape,
    Pattern pattern,
    String reason,
    long breaches,
    double nonZeroShare,
    long flips) {
  /**
   * Whether no group keeps more than it may.
   *
   * @return {@code breaches == 0}
   */
  public boolean ok() {
    return breaches == 0;
  }
}
