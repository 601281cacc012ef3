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
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.nm4j.Nm4j;
import org.nm4j.torch.CompressedLayer;

/** One page with everything in it: no scripts, no other files, for screens of any width. */
final class HtmlReport {
  private static final String STYLE =
      """
      body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;margin:0 auto;padding:1rem;\
      max-width:60rem}
      h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}
      svg{width:100%;height:auto}
      .wide{overflow-x:auto}
      table{border-collapse:collapse;white-space:nowrap}
      th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:right}
      th:first-child,td:first-child{text-align:left}
      code{background:#f3f3f3;overflow-wrap:anywhere}
      """;

  private final StringBuilder html = new StringBuilder();

  private HtmlReport() {}

  /**
   * Writes a page.
   *
   * @param results trainings
   * @param inference dense against compressed, or null
   */
  static void write(Path file, List<RunResult> results, Inference inference) throws IOException {
    HtmlReport report = new HtmlReport();
    report.head();
    report.trainings(results);
    report.curves(results);
    for (RunResult result : results) {
      report.layers(result);
    }
    if (inference != null) {
      report.inference(inference);
    }
    report.environment(results);
    report.html.append("</body></html>\n");
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, report.html);
  }

  private void head() {
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        .append("<title>nm4j: N:M training</title><style>")
        .append(STYLE)
        .append("</style></head><body>\n<h1>N:M training</h1>\n");
  }

  private void trainings(List<RunResult> results) {
    List<List<String>> rows = new ArrayList<>();
    for (RunResult result : results) {
      RunConfig config = result.config();
      rows.add(
          List.of(
              label(result),
              Tasks.model(config.task()) + ", " + Tasks.dataset(config.task()),
              Integer.toString(config.epochs()),
              Long.toString(config.seed()),
              result.metric() + " " + number(result.last().metric()),
              number(result.last().loss()),
              number(result.sad()),
              number(result.last().samplesPerSecond()),
              number(result.seconds())));
    }
    html.append("<h2>Trainings</h2>\n");
    table(
        List.of(
            "method", "network", "epochs", "seed", "test", "loss", "SAD", "samples/s", "seconds"),
        rows);
    html.append(
        "<p>SAD: mask bits that differ between the ends of two epochs, per sparse weight, mean over"
            + " the epochs after the first. ASP trains as many epochs dense before.</p>\n");
  }

  private void curves(List<RunResult> results) {
    chart("Training loss", "loss", results, EpochPoint::loss);
    String metric = results.isEmpty() ? "metric" : results.get(0).metric();
    chart("Test " + metric, metric, results, EpochPoint::metric);
    List<RunResult> masked =
        results.stream().filter(r -> r.config().method() != Method.DENSE).toList();
    chart("SAD from epoch to epoch", "bits per weight", masked, EpochPoint::sad);
    chart("Mask flips in an epoch", "flips per weight", masked, EpochPoint::flips);
  }

  private void chart(
      String title, String axis, List<RunResult> results, ToDoubleFunction<EpochPoint> value) {
    LineChart chart = new LineChart(title, axis);
    if (axis.endsWith("per weight")) {
      chart.fromZero();
    }
    for (RunResult result : results) {
      double[] epochs = result.curve().stream().mapToDouble(EpochPoint::epoch).toArray();
      double[] values = result.curve().stream().mapToDouble(value).toArray();
      String label = label(result);
      chart.line(
          results.size() > 1 ? label + ", seed " + result.config().seed() : label, epochs, values);
    }
    if (!chart.isEmpty()) {
      html.append("<h2>").append(escaped(title)).append("</h2>\n").append(chart.svg());
    }
  }

  private void layers(RunResult result) {
    if (result.config().method() == Method.DENSE || result.curve().size() < 2) {
      return;
    }
    LineChart chart = new LineChart("SAD by layer, " + label(result), "bits per weight").fromZero();
    List<EpochPoint> curve = result.curve().subList(1, result.curve().size());
    double[] epochs = curve.stream().mapToDouble(EpochPoint::epoch).toArray();
    for (String layer : result.last().sadByLayer().keySet()) {
      chart.line(
          layer, epochs, curve.stream().mapToDouble(p -> p.sadByLayer().get(layer)).toArray());
    }
    html.append("<h2>SAD by layer: ").append(escaped(label(result))).append("</h2>\n");
    html.append(chart.svg());
  }

  private void inference(Inference inference) {
    html.append("<h2>Compressed inference</h2>\n<p>")
        .append(
            escaped(
                String.format(
                    Locale.ROOT,
                    "%s on %d test images, batches of %d, %d thread(s); medians of 7 rounds in turn."
                        + " Dense is PyTorch with the same masked weights.",
                    inference.model(),
                    inference.images(),
                    inference.batch(),
                    inference.threads())))
        .append("</p>\n");
    table(
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
                Long.toString(inference.bytes()))));
    html.append("<p>")
        .append(
            String.format(
                Locale.ROOT,
                "%d predictions differ; the largest difference of two logits is %.2g.",
                inference.differingPredictions(),
                inference.largestDifference()))
        .append("</p>\n");
    List<List<String>> rows = new ArrayList<>();
    for (CompressedLayer layer : inference.layers()) {
      rows.add(
          List.of(
              layer.name(),
              layer.isCompressed() ? layer.dtype().toString() : "dense: " + layer.reason(),
              Long.toString(layer.denseBytes()),
              Long.toString(layer.bytes())));
    }
    table(List.of("layer", "stored as", "dense bytes", "bytes"), rows);
  }

  private void environment(List<RunResult> results) {
    html.append("<h2>Environment</h2>\n");
    table(
        List.of("", ""),
        List.of(
            List.of("CPU", Nm4j.info().cpu()),
            List.of("instruction set", Nm4j.info().isa()),
            List.of("nm4j", Nm4j.info().version()),
            List.of("Java", System.getProperty("java.vm.name") + " " + Runtime.version()),
            List.of(
                "system", System.getProperty("os.name") + " " + System.getProperty("os.version")),
            List.of(
                "threads", results.isEmpty() ? "" : Integer.toString(results.get(0).threads()))));
    results.stream()
        .map(RunResult::command)
        .distinct()
        .forEach(c -> html.append("<p><code>").append(escaped(c)).append("</code></p>\n"));
  }

  private void table(List<String> head, List<List<String>> rows) {
    html.append("<div class=\"wide\"><table><tr>");
    head.forEach(cell -> html.append("<th>").append(escaped(cell)).append("</th>"));
    html.append("</tr>\n");
    for (List<String> row : rows) {
      html.append("<tr>");
      row.forEach(cell -> html.append("<td>").append(escaped(cell)).append("</td>"));
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private static String label(RunResult result) {
    RunConfig config = result.config();
    String text = config.method().toString();
    if (config.method() != Method.DENSE) {
      text += " " + config.pattern();
    }
    return config.method() == Method.SR_STE ? text + ", lambda " + config.lambda() : text;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%.0f" : "%.4f", value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
