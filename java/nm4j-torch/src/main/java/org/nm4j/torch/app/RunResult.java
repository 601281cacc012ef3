/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.List;

/**
 * A training and its curves, as stored in JSON.
 *
 * @param config what was trained
 * @param metric name of the metric
 * @param curve one point per epoch
 * @param seconds how long it took, evaluation included, dense training before ASP not
 * @param threads of PyTorch
 * @param cpu the machine
 * @param command what was run
 */
record RunResult(
    RunConfig config,
    String metric,
    List<EpochPoint> curve,
    double seconds,
    int threads,
    String cpu,
    String command) {
  EpochPoint last() {
    return curve.get(curve.size() - 1);
  }

  /** Mean over the epochs, without the first, before which there is no mask to compare with. */
  double sad() {
    return curve.stream().skip(1).mapToDouble(EpochPoint::sad).average().orElse(0);
  }
}
