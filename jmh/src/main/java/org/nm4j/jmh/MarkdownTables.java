/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.nm4j.Pattern;

/** The tables of the README, made from result files. */
final class MarkdownTables {
  private static final String NONE = "";

  private final StringBuilder text = new StringBuilder();

  MarkdownTables(List<ResultFile.Run> runs) {
    runs.forEach(this::run);
  }

  @Override
  public String toString() {
    return text.toString();
  }

  private void run(ResultFile.Run run) {
    Environment environment = run.environment();
    line("### %s, %s", threads(run.threads()), environment.isa());
    line("");
    line(
        "%s, %d cores; %s on %s; measured %s. nm4j %s; OpenBLAS %s; oneDNN %s.%s",
        environment.cpu(),
        environment.cores(),
        environment.jdk(),
        environment.os(),
        environment.date(),
        environment.nm4j(),
        environment.openblas(),
        environment.onednn(),
        disturbances(run.cases()));
    line("");
    grouped(run.cases(), result -> result.spec().op()).forEach(this::op);
    readBandwidth(run.cases());
    slower(run.cases());
  }

  private static String threads(int threads) {
    return threads == 1 ? "1 thread" : threads + " threads";
  }

  private static String disturbances(List<CaseResult> results) {
    long disturbed = results.stream().filter(CaseResult::disturbed).count();
    return disturbed == 0
        ? ""
        : " Other work disturbed " + disturbed + " of " + results.size() + " cases.";
  }

  private void op(Op op, List<CaseResult> results) {
    if (op.unit() != Unit.GFLOPS) {
      byCase(op, results);
    } else if (!results.get(0).with(Role.VARIANT).isEmpty()) {
      variants(op, results);
    } else {
      overDense(op, results);
    }
  }

  /** nm4j over dense: geometric means over the shapes, by batch; in full for 2:4. */
  private void overDense(Op op, List<CaseResult> results) {
    grouped(results, result -> result.spec().dtype())
        .forEach(
            (dtype, ofDtype) -> {
              TreeSet<Integer> batches = batches(ofDtype);
              line("**%s, %s**: speed over dense, x", op.name(), dtype);
              line("");
              header("N", batches);
              grouped(ofDtype, result -> result.spec().pattern() + " " + result.spec().layout())
                  .forEach((label, group) -> overDense(label, group, batches));
              line("");
            });
  }

  private void overDense(String label, List<CaseResult> group, TreeSet<Integer> batches) {
    Map<Integer, List<CaseResult>> byBatch = grouped(group, result -> result.spec().n());
    Function<CaseResult, Double> best =
        result -> result.fastestDense().map(line -> line.ratio().doubleValue()).orElse(null);
    row(label + ": over the best", batches, n -> mean(values(byBatch.get(n), best), "%.2f"));
    row("range", batches, n -> range(values(byBatch.get(n), best)));
    if (group.get(0).spec().pattern().equals(Pattern.P2_4)) {
      for (String peer : peers(group, Role.DENSE)) {
        Function<CaseResult, Double> ratio =
            result -> result.peer(peer).map(line -> line.ratio().doubleValue()).orElse(null);
        row("over " + peer, batches, n -> mean(values(byBatch.get(n), ratio), "%.2f"));
      }
    }
    row("nm4j GFLOP/s", batches, n -> mean(values(byBatch.get(n), CaseResult::nm4j), "%.0f"));
  }

  /** nm4j in several ways: GFLOP/s of each, by batch, shape by shape. */
  private void variants(Op op, List<CaseResult> results) {
    TreeSet<Integer> batches = batches(results);
    line("**%s**: GFLOP/s", op.name());
    line("");
    header("N", batches);
    grouped(results, MarkdownTables::withoutBatch)
        .forEach(
            (label, group) -> {
              Map<Integer, List<CaseResult>> byBatch = grouped(group, result -> result.spec().n());
              row(
                  label + ": nm4j",
                  batches,
                  n -> mean(values(byBatch.get(n), CaseResult::nm4j), "%.0f"));
              for (String peer : peers(group, Role.VARIANT)) {
                row(
                    peer,
                    batches,
                    n -> mean(values(byBatch.get(n), result -> speed(result, peer)), "%.0f"));
              }
              if (!group.get(0).with(Role.DENSE).isEmpty()) {
                row(
                    "fastest dense",
                    batches,
                    n ->
                        mean(
                            values(
                                byBatch.get(n),
                                result ->
                                    result
                                        .fastestDense()
                                        .map(line -> line.peer(Unit.GFLOPS))
                                        .orElse(null)),
                            "%.0f"));
              }
            });
    line("");
  }

  private static Double speed(CaseResult result, String peer) {
    return result.peer(peer).map(line -> line.peer(Unit.GFLOPS)).orElse(null);
  }

  /** One row a case: nm4j and everyone else, in the op's unit. */
  private void byCase(Op op, List<CaseResult> results) {
    Unit unit = op.unit();
    List<String> peers = peers(results, null);
    line("**%s**: %s", op.name(), unit.text);
    line("");
    StringBuilder head = new StringBuilder("| case | nm4j |");
    peers.forEach(peer -> head.append(" ").append(peer).append(" | x |"));
    line("%s", head);
    line("|---|---|%s", "---|---|".repeat(peers.size()));
    for (CaseResult result : results) {
      StringBuilder row =
          new StringBuilder("| " + result.spec() + " | " + number("%.4g", result.nm4j()) + " |");
      for (String peer : peers) {
        row.append(
            result
                .peer(peer)
                .map(
                    line ->
                        " %s | %s |"
                            .formatted(
                                number("%.4g", line.peer(unit)),
                                number("%.2f", line.ratio().doubleValue())))
                .orElse(" | |"));
      }
      line("%s", row);
    }
    line("");
  }

  /** How fast packed weights are read with batch 1, and the share of the read bandwidth. */
  private void readBandwidth(List<CaseResult> all) {
    List<CaseResult> results =
        all.stream().filter(result -> result.peer(ReadSweep.NAME).isPresent()).toList();
    if (results.isEmpty()) {
      return;
    }
    Collection<String> shapes = grouped(results, result -> result.spec().shape()).keySet();
    line("**Batch 1**: GB/s of packed weights, and their share of the read bandwidth");
    line("");
    header("", shapes);
    grouped(
            results,
            result ->
                result.spec().dtype()
                    + " "
                    + result.spec().pattern()
                    + " "
                    + result.spec().layout())
        .forEach(
            (label, group) ->
                row(
                    label,
                    shapes,
                    shape ->
                        group.stream()
                            .filter(result -> result.spec().shape().equals(shape))
                            .map(result -> result.peer(ReadSweep.NAME).orElseThrow())
                            .map(
                                line ->
                                    number("%.1f", line.gbps().doubleValue())
                                        + number(", %.0f %%", 100 * line.ratio().doubleValue()))
                            .findFirst()
                            .orElse(NONE)));
    line("");
  }

  private void slower(List<CaseResult> results) {
    String cases =
        results.stream()
            .filter(
                result ->
                    result
                        .fastestDense()
                        .filter(line -> line.ratio().doubleValue() < 1)
                        .isPresent())
            .map(
                result -> {
                  ResultLine line = result.fastestDense().orElseThrow();
                  return "%s (%s of %s)"
                      .formatted(
                          result.spec(), number("%.2f", line.ratio().doubleValue()), line.peer());
                })
            .collect(Collectors.joining(", "));
    if (!cases.isEmpty()) {
      line("Slower than dense: %s.", cases);
      line("");
    }
  }

  private static String withoutBatch(CaseResult result) {
    BenchmarkCase spec = result.spec();
    return spec.dtype() + " " + spec.pattern() + " " + spec.layout() + " " + spec.shape();
  }

  private static TreeSet<Integer> batches(List<CaseResult> results) {
    return results.stream()
        .map(result -> result.spec().n())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Names of the peers of a role, or of all for null, in the order of the lines. */
  private static List<String> peers(List<CaseResult> results, Role role) {
    return results.stream()
        .flatMap(result -> result.lines().stream())
        .filter(line -> role == null || line.has(role))
        .map(ResultLine::peer)
        .distinct()
        .toList();
  }

  static <K> Map<K, List<CaseResult>> grouped(
      List<CaseResult> results, Function<CaseResult, K> key) {
    return results.stream()
        .collect(Collectors.groupingBy(key, LinkedHashMap::new, Collectors.toList()));
  }

  private static List<Double> values(List<CaseResult> results, Function<CaseResult, Double> value) {
    List<Double> values = new ArrayList<>();
    if (results != null) {
      results.stream().map(value).filter(v -> v != null).forEach(values::add);
    }
    return values;
  }

  private static String mean(List<Double> values, String format) {
    return values.isEmpty() ? NONE : number(format, Statistics.geometricMean(values));
  }

  private static String range(List<Double> values) {
    if (values.isEmpty()) {
      return NONE;
    }
    TreeMap<Double, Double> sorted = new TreeMap<>();
    values.forEach(value -> sorted.put(value, value));
    return number("%.2f", sorted.firstKey()) + "-" + number("%.2f", sorted.lastKey());
  }

  private <T> void header(String first, Collection<T> columns) {
    row(first, columns, String::valueOf);
    line("|---|%s", "---|".repeat(columns.size()));
  }

  private <T> void row(String first, Collection<T> columns, Function<T, String> cell) {
    StringBuilder row = new StringBuilder("| " + first + " |");
    columns.forEach(column -> row.append(" ").append(cell.apply(column)).append(" |"));
    line("%s", row);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
