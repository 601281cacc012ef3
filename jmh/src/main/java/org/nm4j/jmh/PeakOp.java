/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import org.nm4j.Pattern;

/** A large square product: the fastest dense one of a dtype is the run's measure of peak. */
final class PeakOp extends GemmOp {
  PeakOp() {
    super("peak");
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32, Precision.BF16, Precision.S8),
        List.of(Pattern.P2_4),
        List.of(BATCH_MAJOR),
        List.of("2048x2048"),
        List.of(2048));
  }

  @Override
  public List<BenchmarkCase> quick() {
    return List.of();
  }
}
