/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.Arrays;

/** How a network is trained. */
enum Method {
  /** Without masks: the yardstick. */
  DENSE("dense"),
  /** NVIDIA's recipe: dense training, one pruning by magnitude, the same training again. */
  ASP("ASP"),
  /** From scratch, with a new mask at each step and straight-through gradients. */
  STE("STE"),
  /** The same with SR-STE's decay of pruned weights. */
  SR_STE("SR-STE");

  private final String text;

  Method(String text) {
    this.text = text;
  }

  /** The one that is written so. */
  static Method of(String text) {
    return Arrays.stream(values()).filter(m -> m.text.equals(text)).findAny().orElseThrow();
  }

  @Override
  public String toString() {
    return text;
  }
}
