/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

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
 * @param data what was trained on, see {@link Fingerprint}; null in results of earlier versions
 */
record RunResult(
    RunConfig config,
    String metric,
    List<EpochPoint> curve,
    double seconds,
    int threads,
    String cpu,
    String command,
    String data) {
  EpochPoint last() {
    return curve.get(curve.size() - 1);
  }

  /** Mean over all epochs but the first, which is compared with the masks of random weights. */
  double sad() {
    return curve.stream().skip(1).mapToDouble(EpochPoint::sad).average().orElse(0);
  }

  /** Refuses to stand beside a training of the same task on other data. */
  void requireSameData(RunConfig other, String otherData) {
    if (other.task().equals(config.task()) && data != null && !data.equals(otherData)) {
      throw new IllegalArgumentException(
          "expected data as in the result of %s: %s, got %s; choose another folder for results"
              .formatted(config.id(), data, otherData));
    }
  }

  /** All results in a folder, none when there is no such folder. */
  static List<RunResult> in(Path folder) throws IOException {
    List<RunResult> results = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(RunResult::isResult).sorted().toList()) {
          results.add(Runs.read(file, RunResult.class));
        }
      }
    }
    return results;
  }

  /** By its name, which is a {@link RunConfig#id}: other files may lie beside results. */
  private static boolean isResult(Path file) {
    return file.getFileName().toString().matches(".*-s-?\\d+\\.json");
  }

  /** Results that differ in their seed alone, together; rows in {@link RunConfig#ORDER}. */
  static Map<String, List<RunResult>> byRow(List<RunResult> results) {
    Map<String, List<RunResult>> byRow = new LinkedHashMap<>();
    List<RunResult> sorted = new ArrayList<>(results);
    sorted.sort(Comparator.comparing(RunResult::config, RunConfig.ORDER));
    for (RunResult result : sorted) {
      byRow.computeIfAbsent(result.config().row(), row -> new ArrayList<>()).add(result);
    }
    return byRow;
  }
}
