/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.nm4j.Pattern;

/** The README's plots, made from result files. What a run has no results for is left out. */
final class Plots {
  private static final String GEMM = "gemm";
  private static final String CROSSOVER = "crossover";

  private final ResultFile.Run run;
  private final Path directory;
  private final List<Path> written = new ArrayList<>();

  private Plots(ResultFile.Run run, Path directory) {
    this.run = run;
    this.directory = directory;
  }

  /** Writes the SVG files of every run, named after its threads and instruction set. */
  static List<Path> write(List<ResultFile.Run> runs, Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    for (ResultFile.Run run : runs) {
      Plots plots = new Plots(run, directory);
      plots.ratios("dtype", result -> is24(result), result -> result.spec().dtype().toString());
      plots.ratios(
          "pattern",
          result -> result.spec().dtype() == Precision.F32,
          result -> result.spec().pattern().toString());
      plots.speeds();
      plots.bandwidth();
      plots.crossovers();
      files.addAll(plots.written);
    }
    return files;
  }

  private static boolean is24(CaseResult result) {
    return result.spec().pattern().equals(Pattern.P2_4);
  }

  private List<CaseResult> layers(Predicate<CaseResult> which) {
    return run.cases().stream()
        .filter(result -> result.spec().op().name().equals(GEMM))
        .filter(result -> result.spec().layout().equals(GemmOp.BATCH_MAJOR))
        .filter(which)
        .toList();
  }

  /** Speed over the fastest dense library, a line for each group. */
  private void ratios(String by, Predicate<CaseResult> which, Function<CaseResult, String> group)
      throws IOException {
    List<CaseResult> results = layers(which);
    if (results.isEmpty()) {
      return;
    }
    Chart chart =
        chart(
            "Speed over the fastest dense library, by " + by,
            "batch N",
            "times as fast",
            batches(results));
    MarkdownTables.grouped(results, group)
        .forEach(
            (label, of) ->
                chart.line(
                    label,
                    means(
                        of,
                        result -> result.fastestDense().map(line -> line.ratio().doubleValue()))));
    chart.level("dense", 1);
    save(chart, "ratio-by-" + by);
  }

  /** GFLOP/s of 2:4 by dtype, with the fastest dense product of the dtype as its peak. */
  private void speeds() throws IOException {
    List<CaseResult> results =
        layers(result -> is24(result) && !result.spec().dtype().weightOnly());
    if (results.isEmpty()) {
      return;
    }
    Chart chart =
        chart(
            "Dense-equivalent speed at 2:4 and the measured dense peak",
            "batch N",
            "GFLOP/s",
            batches(results));
    MarkdownTables.grouped(results, result -> result.spec().dtype())
        .forEach(
            (dtype, of) -> {
              chart.line("nm4j " + dtype, means(of, result -> Optional.of(result.nm4j())));
              peak(dtype).ifPresent(peak -> chart.levelOfLast("dense peak " + dtype, peak));
            });
    save(chart, "gflops");
  }

  private Optional<Double> peak(Precision dtype) {
    return run.cases().stream()
        .filter(result -> result.spec().op() instanceof PeakOp)
        .filter(result -> result.spec().dtype() == dtype)
        .flatMap(result -> result.fastestDense().stream())
        .map(line -> line.peer(Unit.GFLOPS))
        .max(Comparator.naturalOrder());
  }

  /** Share of the read bandwidth with batch 1, a bar for each dtype and shape. */
  private void bandwidth() throws IOException {
    List<CaseResult> results =
        layers(result -> is24(result) && result.peer(ReadSweep.NAME).isPresent());
    if (results.isEmpty()) {
      return;
    }
    TreeSet<String> shapes =
        new TreeSet<>(Comparator.comparingLong(Plots::size).thenComparing(shape -> shape));
    results.forEach(result -> shapes.add(result.spec().shape()));
    Chart chart =
        chart(
            "Batch 1 at 2:4: speed of reading the packed weights",
            "weights, M x K",
            "share of the read bandwidth, %",
            List.copyOf(shapes));
    MarkdownTables.grouped(results, result -> result.spec().dtype())
        .forEach(
            (dtype, of) -> {
              Map<Object, Double> shares = new LinkedHashMap<>();
              of.forEach(
                  result ->
                      shares.put(
                          result.spec().shape(),
                          100 * result.peer(ReadSweep.NAME).orElseThrow().ratio().doubleValue()));
              chart.bars(dtype.toString(), shares);
            });
    chart.mark(100);
    save(chart, "bandwidth");
  }

  private static long size(String shape) {
    String[] sizes = shape.split("x");
    return Long.parseLong(sizes[0]) * Long.parseLong(sizes[1]);
  }

  /** Lane panels, row streams, what nm4j chooses, and dense, for each shape. */
  private void crossovers() throws IOException {
    Map<String, List<CaseResult>> groups =
        MarkdownTables.grouped(
            run.cases().stream()
                .filter(result -> result.spec().op().name().equals(CROSSOVER))
                .toList(),
            result ->
                String.join(
                    "-",
                    result.spec().dtype().toString(),
                    result.spec().pattern().toString().replace(':', 'x'),
                    result.spec().shape()));
    for (var group : groups.entrySet()) {
      List<CaseResult> results = group.getValue();
      BenchmarkCase spec = results.get(0).spec();
      Chart chart =
          chart(
              "Packings of %s %s weights, %s, %s"
                  .formatted(spec.shape(), spec.pattern(), spec.dtype(), spec.layout()),
              "batch N",
              "GFLOP/s",
              batches(results));
      for (String variant : List.of(CrossoverOp.LANE_PANEL, CrossoverOp.ROW_STREAM)) {
        chart.line(
            variant,
            means(results, result -> result.peer(variant).map(line -> line.peer(Unit.GFLOPS))));
      }
      chart.line(
          "fastest dense",
          means(results, result -> result.fastestDense().map(line -> line.peer(Unit.GFLOPS))));
      chart.markers("nm4j's choice", means(results, result -> Optional.of(result.nm4j())));
      save(chart, CROSSOVER + "-" + group.getKey());
    }
  }

  private static List<Integer> batches(List<CaseResult> results) {
    return results.stream().map(result -> result.spec().n()).sorted().distinct().toList();
  }

  /** Geometric means over the shapes, by batch. */
  private static Map<Object, Double> means(
      List<CaseResult> results, Function<CaseResult, Optional<Double>> value) {
    Map<Object, Double> means = new LinkedHashMap<>();
    MarkdownTables.grouped(results, result -> result.spec().n())
        .forEach(
            (n, of) -> {
              List<Double> values =
                  of.stream().flatMap(result -> value.apply(result).stream()).toList();
              if (!values.isEmpty()) {
                means.put(n, Statistics.geometricMean(values));
              }
            });
    return means;
  }

  private Chart chart(String what, String xAxis, String yAxis, List<?> categories) {
    return new Chart(what, conditions(), xAxis, yAxis, categories);
  }

  private String conditions() {
    return "%s, %s, %s, %s"
        .formatted(
            run.environment().cpu(),
            threads(" "),
            run.environment().isa(),
            run.environment().date());
  }

  private String threads(String separator) {
    return run.threads() + separator + (run.threads() == 1 ? "thread" : "threads");
  }

  private void save(Chart chart, String name) throws IOException {
    Path file =
        directory.resolve("%s-%s-%s.svg".formatted(threads("-"), run.environment().isa(), name));
    chart.write(file);
    written.add(file);
  }
}
