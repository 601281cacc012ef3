/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A row of an experiment's table: mean and spread over its seeds.
 *
 * @param std sample standard deviation, 0 for one seed
 * @param sad mask bits per sparse weight that differ between the ends of consecutive epochs, mean
 *     over epochs and seeds
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
    double seconds) {

  /** All rows of the results in a folder, of those seeds that are there. */
  static List<Summary> of(Experiment experiment, Path folder) throws IOException {
    Map<String, List<RunResult>> byRow = new TreeMap<>();
    for (RunResult result : results(folder)) {
      byRow.computeIfAbsent(result.config().row(), row -> new ArrayList<>()).add(result);
    }
    List<Summary> rows = new ArrayList<>();
    for (RunConfig row : experiment.rows()) {
      List<RunResult> results = byRow.get(row.row());
      if (results != null) {
        rows.add(of(experiment.name(), results));
      }
    }
    return rows;
  }

  static List<RunResult> results(Path folder) throws IOException {
    List<RunResult> results = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(Summary::isResult).sorted().toList()) {
          results.add(Runs.read(file, RunResult.class));
        }
      }
    }
    return results;
  }

  private static boolean isResult(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".json") && !name.equals(ReportCommand.INFERENCE);
  }

  private static Summary of(String experiment, List<RunResult> results) {
    RunConfig config = results.get(0).config();
    double mean = results.stream().mapToDouble(r -> r.last().metric()).average().orElseThrow();
    double squares = results.stream().mapToDouble(r -> Math.pow(r.last().metric() - mean, 2)).sum();
    return new Summary(
        experiment,
        Tasks.dataset(config.task()),
        Tasks.model(config.task()),
        config.method().toString(),
        config.method() == Method.DENSE ? "dense" : config.pattern(),
        config.lambda(),
        results.stream().map(r -> r.config().seed()).sorted().toList(),
        config.epochs(),
        results.get(0).metric(),
        mean,
        results.size() == 1 ? 0 : Math.sqrt(squares / (results.size() - 1)),
        results.stream().mapToDouble(RunResult::sad).average().orElse(0),
        results.stream().mapToDouble(RunResult::seconds).sum());
  }
}
