/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

/**
 * Sparse architecture divergence: how many mask bits differ between two steps of training (Zhou et
 * al., ICLR 2021, arXiv 2102.04010).
 *
 * <pre>{@code
 * Sad sad = new Sad(30, 1000);
 * double share = sad.perWeight();   // 0.03
 * }</pre>
 *
 * @param bits the bits that differ, {@code |E_i - E_j|} summed
 * @param weights how many bits were compared
 */
public record Sad(long bits, long weights) {
  /**
   * Per weight, for layers of different sizes.
   *
   * @return bits / weights, 0 without weights
   */
  public double perWeight() {
    return weights == 0 ? 0 : (double) bits / weights;
  }
}
