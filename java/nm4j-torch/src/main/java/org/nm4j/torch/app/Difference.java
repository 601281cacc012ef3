/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * How the trainings of a row differ from trainings of another method that share weights, order of
 * the data and dropout with them: those of the same seed.
 *
 * @param from the other method
 * @param seeds those that both have
 * @param metric this row's test metric minus the other's
 * @param sad this row's SAD minus the other's, null against dense trainings, which have no masks
 */
record Difference(String from, List<Long> seeds, Spread metric, Spread sad) {
  /** Empty when no seed is common to both. */
  static Optional<Difference> of(List<RunResult> row, List<RunResult> other) {
    TreeMap<Long, RunResult> others = new TreeMap<>();
    other.forEach(result -> others.put(result.config().seed(), result));
    TreeMap<Long, RunResult> own = new TreeMap<>();
    row.forEach(result -> own.put(result.config().seed(), result));
    own.keySet().retainAll(others.keySet());
    if (own.isEmpty()) {
      return Optional.empty();
    }
    Method method = other.get(0).config().method();
    return Optional.of(
        new Difference(
            method.toString(),
            List.copyOf(own.keySet()),
            spread(own, others, result -> result.last().metric()),
            method == Method.DENSE ? null : spread(own, others, RunResult::sad)));
  }

  private static Spread spread(
      TreeMap<Long, RunResult> own,
      TreeMap<Long, RunResult> others,
      ToDoubleFunction<RunResult> value) {
    List<Double> differences = new ArrayList<>();
    own.forEach(
        (seed, result) ->
            differences.add(value.applyAsDouble(result) - value.applyAsDouble(others.get(seed))));
    return Spread.of(differences);
  }
}
