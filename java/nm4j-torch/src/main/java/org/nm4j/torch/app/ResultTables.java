/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The tables of an experiment, for Markdown and for the page. */
final class ResultTables {
  private final List<Summary> rows;
  private final String metric;

  ResultTables(List<Summary> rows) {
    this.rows = rows;
    metric = rows.isEmpty() ? "metric" : rows.get(0).metric();
  }

  /** Both tables, and what is not trained yet. */
  static String markdown(Experiment experiment, List<RunResult> results) {
    ResultTables tables = new ResultTables(Summary.of(experiment, results));
    String text = tables.results().markdown();
    Table differences = tables.differences();
    if (!differences.rows().isEmpty()) {
      text += "\n" + differences.markdown();
    }
    return text + tables.missing(experiment);
  }

  private String missing(Experiment experiment) {
    int all = experiment.trainings().size();
    int done = rows.stream().mapToInt(row -> row.seeds().size()).sum();
    if (done >= all) {
      return "";
    }
    List<String> there = rows.stream().map(ResultTables::label).toList();
    String none =
        experiment.rows().stream()
            .map(RunConfig::label)
            .filter(label -> !there.contains(label))
            .collect(Collectors.joining("; "));
    String what = none.isEmpty() ? "" : "; none yet of: " + none;
    return "\n" + done + " of " + all + " trainings are done" + what + ".\n";
  }

  /** Mean and standard deviation over the seeds of each row. */
  Table results() {
    boolean reported = Reported.knows(metric);
    List<String> head = new ArrayList<>(List.of("method", "pattern", "lambda", "seeds"));
    head.addAll(List.of(isAccuracy() ? metric + ", %" : metric, "SAD", "SAD, last epoch"));
    if (reported) {
      head.add(Reported.HEAD);
    }
    List<List<String>> cells = new ArrayList<>();
    for (Summary row : rows) {
      Method method = Method.of(row.method());
      boolean masked = method != Method.DENSE;
      List<String> line = new ArrayList<>();
      line.add(
          method == Method.ASP
              ? "ASP (" + row.epochs() + " + " + row.epochs() + " epochs)"
              : row.method());
      line.add(masked ? row.pattern() : "");
      line.add(method == Method.SR_STE ? row.strength() : "");
      line.add(
          row.seeds().size() < row.planned()
              ? row.seeds().size() + " of " + row.planned()
              : "" + row.planned());
      line.add(spread(row.mean() * scale(), row.std() * scale(), row.seeds().size(), digits(), ""));
      line.add(masked ? sad(row.sad()) : "");
      line.add(masked ? sad(row.sadLast()) : "");
      if (reported) {
        line.add(Reported.of(row));
      }
      cells.add(line);
    }
    return new Table(head, cells);
  }

  /** Mean and standard deviation of the differences between trainings of the same seed. */
  Table differences() {
    String what = isAccuracy() ? metric + ", points" : metric;
    List<String> head =
        List.of(
            "difference, seed by seed",
            "from dense: " + what,
            "from STE: " + what,
            "from STE: SAD",
            "SAD is lower in");
    List<List<String>> cells = new ArrayList<>();
    for (Summary row : rows) {
      if (!row.differences().isEmpty()) {
        Optional<Spread> sad = from(row, Method.STE).map(Difference::sad);
        cells.add(
            List.of(
                label(row),
                from(row, Method.DENSE).map(d -> difference(d, row)).orElse(""),
                from(row, Method.STE).map(d -> difference(d, row)).orElse(""),
                sad.map(s -> spread(s.mean(), s.std(), s.values().size(), 4, "+")).orElse(""),
                sad.map(s -> s.below(0) + " of " + s.values().size()).orElse("")));
      }
    }
    return new Table(head, cells);
  }

  private static Optional<Difference> from(Summary row, Method other) {
    return row.differences().stream().filter(d -> d.from().equals(other.toString())).findAny();
  }

  private String difference(Difference difference, Summary row) {
    Spread spread = difference.metric();
    int seeds = difference.seeds().size();
    String text = spread(spread.mean() * scale(), spread.std() * scale(), seeds, digits(), "+");
    return seeds < row.planned() ? text + " (" + seeds + " of " + row.planned() + ")" : text;
  }

  private static String label(Summary row) {
    return RunConfig.label(Method.of(row.method()), row.pattern(), row.strength());
  }

  private boolean isAccuracy() {
    return metric.equals(ImageTask.ACCURACY);
  }

  private int scale() {
    return isAccuracy() ? 100 : 1;
  }

  private int digits() {
    return metric.startsWith("perplexity") ? 3 : 2;
  }

  private static String sad(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.4f", value);
  }

  /** One seed has no spread. */
  private static String spread(double mean, double std, int count, int digits, String sign) {
    String text = String.format(Locale.ROOT, "%" + sign + "." + digits + "f", mean);
    return count == 1 ? text : text + String.format(Locale.ROOT, " +- %." + digits + "f", std);
  }
}
