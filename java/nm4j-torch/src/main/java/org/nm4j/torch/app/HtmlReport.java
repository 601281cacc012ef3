/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.nm4j.Nm4j;
import org.nm4j.torch.CompressedLayer;

/** What a page says about trainings that compare: tables and curves. */
final class HtmlReport {
  private static final int FEW = 8;

  /** The first epoch's SAD, from random weights, is left out as in {@link RunResult#sad}. */
  private static final int SAD_SKIPS = 1;

  private final HtmlPage page;
  private final List<RunResult> results;
  private final Collection<List<RunResult>> rows;

  private HtmlReport(HtmlPage page, List<RunResult> results) {
    this.page = page;
    this.results = results;
    this.rows = RunResult.byRow(results).values();
  }

  /**
   * Writes a page.
   *
   * @param results trainings, at least one
   * @param inference dense against compressed, or null
   */
  static void write(Path file, List<RunResult> results, Inference inference) throws IOException {
    HtmlPage page = new HtmlPage("N:M training");
    Map<String, List<RunResult>> bySetting = new LinkedHashMap<>();
    for (RunResult result : results) {
      String setting = setting(result.config());
      bySetting.computeIfAbsent(setting, key -> new ArrayList<>()).add(result);
    }
    bySetting.forEach(
        (setting, compared) -> {
          page.heading(setting);
          HtmlReport report = new HtmlReport(page, compared);
          report.tables();
          report.curves();
          report.rows.forEach(report::layers);
        });
    if (inference != null) {
      inference(page, inference);
    }
    environment(page, results);
    page.write(file);
  }

  private static String setting(RunConfig config) {
    String limit = config.limit() == 0 ? "" : ", " + config.limit() + " samples";
    String task = Tasks.model(config.task()) + ", " + Tasks.dataset(config.task());
    return task + ", " + config.epochs() + " epochs" + limit;
  }

  private void tables() {
    ResultTables tables = new ResultTables(Summary.of(results));
    page.table(tables.results());
    page.paragraph(
        "Mean and sample standard deviation over seeds. SAD: mask bits that differ between the ends"
            + " of two epochs, per sparse weight, mean over the epochs after the first: what changes"
            + " from the random start to the end of epoch 1 is left out. ASP trains as many epochs"
            + " dense before.");
    if (!tables.differences().rows().isEmpty()) {
      page.table(tables.differences());
      page.paragraph("Differences are those of trainings with the same seed.");
    }
    String title = results.size() + (results.size() == 1 ? " training" : " trainings");
    if (results.size() <= FEW) {
      page.subheading(title);
      page.table(trainings());
    } else {
      page.folded(title, trainings());
    }
  }

  private Table trainings() {
    List<List<String>> cells = new ArrayList<>();
    for (RunResult result : results) {
      RunConfig config = result.config();
      cells.add(
          List.of(
              config.label(),
              Long.toString(config.seed()),
              number(result.last().metric()),
              number(result.last().loss()),
              number(result.sad()),
              number(result.last().samplesPerSecond()),
              number(result.seconds())));
    }
    String metric = results.get(0).metric();
    return new Table(
        List.of("method", "seed", metric, "loss", "SAD", "samples/s", "seconds"), cells);
  }

  private void curves() {
    String metric = results.get(0).metric();
    chart("Training loss", "loss", rows, 0, EpochPoint::loss);
    chart("Test " + metric, metric, rows, 0, EpochPoint::metric);
    List<List<RunResult>> masked = rows.stream().filter(HtmlReport::isMasked).toList();
    chart("SAD from epoch to epoch", "bits per weight", masked, SAD_SKIPS, EpochPoint::sad);
    chart("Mask flips in an epoch", "flips per weight", masked, 0, EpochPoint::flips);
  }

  private static boolean isMasked(List<RunResult> row) {
    return row.get(0).config().method() != Method.DENSE;
  }

  private void chart(
      String title,
      String axis,
      Collection<List<RunResult>> rows,
      int skip,
      ToDoubleFunction<EpochPoint> value) {
    LineChart chart = new LineChart(title, axis);
    if (axis.endsWith("per weight")) {
      chart.fromZero();
    }
    for (List<RunResult> row : rows) {
      int epochs = row.get(0).curve().size();
      if (epochs > skip) {
        chart.line(label(row), numbers(skip + 1, epochs), means(row, skip, value));
      }
    }
    if (!chart.isEmpty()) {
      page.subheading(title);
      page.chart(chart);
    }
  }

  private void layers(List<RunResult> row) {
    int epochs = row.get(0).curve().size();
    if (!isMasked(row) || epochs <= SAD_SKIPS) {
      return;
    }
    LineChart chart = new LineChart("SAD by layer, " + label(row), "bits per weight").fromZero();
    for (String layer : row.get(0).last().sadByLayer().keySet()) {
      double[] sad = means(row, SAD_SKIPS, p -> p.sadByLayer().get(layer));
      chart.line(layer, numbers(SAD_SKIPS + 1, epochs), sad);
    }
    page.subheading("SAD by layer: " + label(row));
    page.chart(chart);
  }

  private static double[] numbers(int first, int last) {
    return java.util.stream.IntStream.rangeClosed(first, last).asDoubleStream().toArray();
  }

  /** Over the seeds, epoch by epoch. */
  private static double[] means(List<RunResult> row, int skip, ToDoubleFunction<EpochPoint> value) {
    double[] means = new double[row.get(0).curve().size() - skip];
    for (int i = 0; i < means.length; i++) {
      int epoch = i + skip;
      means[i] =
          row.stream()
              .mapToDouble(result -> value.applyAsDouble(result.curve().get(epoch)))
              .average()
              .orElseThrow();
    }
    return means;
  }

  private static String label(List<RunResult> row) {
    String text = row.get(0).config().label();
    return row.size() == 1 ? text : text + ", mean of " + row.size();
  }

  private static void inference(HtmlPage page, Inference inference) {
    page.heading("Compressed inference");
    page.paragraph(
        String.format(
            Locale.ROOT,
            "%s on %d test images, batches of %d, %d thread(s); medians of 7 rounds in turn."
                + " Dense is PyTorch with the same masked weights.",
            inference.model(),
            inference.images(),
            inference.batch(),
            inference.threads()));
    page.table(
        new Table(
            List.of("", "dense", "compressed"),
            List.of(
                List.of(
                    "accuracy",
                    number(inference.denseAccuracy()),
                    number(inference.compressedAccuracy())),
                List.of(
                    "microseconds an image",
                    number(inference.denseMicros()),
                    number(inference.compressedMicros())),
                List.of(
                    "weights, bytes",
                    Long.toString(inference.denseBytes()),
                    Long.toString(inference.bytes())))));
    page.paragraph(
        String.format(
            Locale.ROOT,
            "%d predictions differ; the largest difference of two logits is %.2g.",
            inference.differingPredictions(),
            inference.largestDifference()));
    List<List<String>> cells = new ArrayList<>();
    for (CompressedLayer layer : inference.layers()) {
      cells.add(
          List.of(
              layer.name(),
              layer.isCompressed() ? layer.dtype().toString() : "dense: " + layer.reason(),
              Long.toString(layer.denseBytes()),
              Long.toString(layer.bytes())));
    }
    page.table(new Table(List.of("layer", "stored as", "dense bytes", "bytes"), cells));
  }

  private static void environment(HtmlPage page, List<RunResult> results) {
    page.heading("Environment");
    page.table(
        new Table(
            List.of("", ""),
            List.of(
                List.of("trained on", distinct(results, RunResult::cpu)),
                List.of("threads", distinct(results, r -> Integer.toString(r.threads()))),
                List.of("this page: CPU", Nm4j.info().cpu()),
                List.of("instruction set", Nm4j.info().isa()),
                List.of("nm4j", Nm4j.info().version()),
                List.of("Java", System.getProperty("java.vm.name") + " " + Runtime.version()),
                List.of(
                    "system",
                    System.getProperty("os.name") + " " + System.getProperty("os.version")))));
    results.stream().map(RunResult::command).distinct().forEach(page::code);
  }

  private static String distinct(List<RunResult> results, Function<RunResult, String> value) {
    return results.stream().map(value).distinct().collect(Collectors.joining(", "));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%.0f" : "%.4f", value);
  }
}
