/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

/**
 * Where SR-STE's term {@code lambda * (1 - E) * w} acts. E is the mask before the step, 1 where a
 * weight is kept.
 *
 * <pre>{@code
 * MaskRule rule = MaskRule.srSte(6e-5f).placement(Placement.OUTSIDE_MOMENTS);
 * }</pre>
 */
public enum Placement {
  /**
   * Added to the gradient, so that weight decay, momentum and moments see it: as the authors of
   * SR-STE do.
   */
  IN_GRADIENT,
  /** Added to what momentum or the first moment makes of the gradient; the moments never see it. */
  OUTSIDE_MOMENTS,
  /** {@code w -= lr * lambda * (1 - E) * w} beside the optimiser, as AdamW's weight decay. */
  DECOUPLED
}
