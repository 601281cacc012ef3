/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.List;
import java.util.Map;

/**
 * A row of an experiment's table: mean and spread over its seeds.
 *
 * @param std sample standard deviation, 0 for one seed
 * @param sad mask bits per sparse weight that differ between the ends of consecutive epochs, mean
 *     over epochs and seeds
 * @param sadLast the same of the last epoch alone
 * @param planned how many seeds it will have
 * @param differences seed by seed, from dense trainings and from STE
 * @param strength of SR-STE, see {@link RunConfig#strength}; null for all others
 */
record Summary(
    String experiment,
    String dataset,
    String model,
    String method,
    String pattern,
    float lambda,
    List<Long> seeds,
    int epochs,
    String metric,
    double mean,
    double std,
    double sad,
    double seconds,
    double sadLast,
    int planned,
    List<Difference> differences,
    String strength) {

  /**
   * All rows of an experiment of which there are results, with those of its seeds that are there.
   */
  static List<Summary> of(Experiment experiment, List<RunResult> results) {
    Map<String, List<RunResult>> byRow = RunResult.byRow(experiment.among(results));
    return all(experiment.name(), experiment.seeds(), byRow);
  }

  /** All rows of some results; the one with the most seeds says how many there are meant to be. */
  static List<Summary> of(List<RunResult> results) {
    Map<String, List<RunResult>> byRow = RunResult.byRow(results);
    int planned = byRow.values().stream().mapToInt(List::size).max().orElse(0);
    String task = results.isEmpty() ? "" : results.get(0).config().task();
    return all(task, planned, byRow);
  }

  private static List<Summary> all(
      String experiment, int planned, Map<String, List<RunResult>> byRow) {
    return byRow.values().stream().map(row -> of(experiment, row, planned, byRow)).toList();
  }

  private static Summary of(
      String experiment, List<RunResult> row, int planned, Map<String, List<RunResult>> byRow) {
    RunConfig config = row.get(0).config();
    Spread metric = Spread.of(row.stream().map(r -> r.last().metric()).toList());
    return new Summary(
        experiment,
        Tasks.dataset(config.task()),
        Tasks.model(config.task()),
        config.method().toString(),
        config.method() == Method.DENSE ? "dense" : config.pattern(),
        config.lambda(),
        row.stream().map(r -> r.config().seed()).sorted().toList(),
        config.epochs(),
        row.get(0).metric(),
        metric.mean(),
        metric.std(),
        row.stream().mapToDouble(RunResult::sad).average().orElse(0),
        row.stream().mapToDouble(RunResult::seconds).sum(),
        row.stream().mapToDouble(r -> r.last().sad()).average().orElse(0),
        planned,
        differences(row, byRow),
        config.method() == Method.SR_STE
            ? RunConfig.strength(config.lambda(), config.placement())
            : null);
  }

  private static List<Difference> differences(
      List<RunResult> row, Map<String, List<RunResult>> byRow) {
    RunConfig config = row.get(0).config();
    List<String> others =
        switch (config.method()) {
          case DENSE -> List.of();
          case ASP, STE -> List.of(config.dense().row());
          case SR_STE -> List.of(config.dense().row(), config.ste().row());
        };
    return others.stream()
        .filter(byRow::containsKey)
        .flatMap(other -> Difference.of(row, byRow.get(other)).stream())
        .toList();
  }
}
