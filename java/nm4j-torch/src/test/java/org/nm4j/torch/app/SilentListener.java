/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

/** Hears nothing. */
final class SilentListener implements Trainer.Listener {
  @Override
  public void step(long step, long steps, double loss, double flips, double samplesPerSecond) {}

  @Override
  public void epoch(EpochPoint point) {}
}
