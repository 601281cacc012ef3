/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.List;

/**
 * Numbers, one per seed, with their mean and their spread.
 *
 * @param values in the order of the seeds
 * @param std sample standard deviation, 0 for one value
 */
record Spread(List<Double> values, double mean, double std) {
  static Spread of(List<Double> values) {
    double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    double std = values.size() == 1 ? 0 : Math.sqrt(squares / (values.size() - 1));
    return new Spread(List.copyOf(values), mean, std);
  }

  long below(double limit) {
    return values.stream().filter(v -> v < limit).count();
  }
}
