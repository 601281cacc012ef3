/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.util.Map;
import org.nm4j.train.Sad;

/**
 * A point of the SAD curves: how far the masks moved since the point before.
 *
 * <pre>{@code
 * MaskChange point = new MaskChange(200, java.util.Map.of("fc1.weight", new org.nm4j.train.Sad(30, 1000)), 41);
 * double share = point.total().perWeight();   // 0.03
 * }</pre>
 *
 * @param step the step after which the masks were looked at
 * @param sad for each sparse weight, the mask bits that differ from the point before; 0 for the
 *     first
 * @param flips mask bits that changed since then, those included that changed back
 */
public record MaskChange(long step, Map<String, Sad> sad, long flips) {
  /**
   * SAD of the network.
   *
   * @return the sum over its weights
   */
  public Sad total() {
    return new Sad(
        sad.values().stream().mapToLong(Sad::bits).sum(),
        sad.values().stream().mapToLong(Sad::weights).sum());
  }
}
