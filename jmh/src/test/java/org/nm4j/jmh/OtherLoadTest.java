/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class OtherLoadTest {
  @Test
  void busyIsEverythingButIdleAndWaiting() {
    // user nice system idle iowait irq softirq steal guest guest_nice
    assertEquals(1 + 2 + 4 + 32 + 64 + 128, OtherLoad.busyTicks("cpu  1 2 4 8 16 32 64 128 1 2"));
  }

  @Test
  void readsThisMachine() {
    double cores = new OtherLoad().cores();
    assertTrue(Double.isFinite(cores), String.valueOf(cores));
  }
}
