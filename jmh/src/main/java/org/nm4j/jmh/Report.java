/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Prints results for people while they come in: the environment, rows, and means per batch. */
final class Report {
  private static final String NONE = "-";
  private static final String CASE = "%-6s %-5s %-13s %13s %5s";
  private static final String NUMBER = "  %10s";
  private static final String PEER = "  %12s %6s";

  private final PrintStream out;
  private final List<CaseResult> results = new ArrayList<>();
  private List<String> columns = List.of();

  Report(PrintStream out) {
    this.out = out;
  }

  void environment(Environment environment, int threads) {
    print("CPU      %s, %d cores", environment.cpu(), environment.cores());
    print("threads  %d", threads);
    print("nm4j     %s", environment.nm4j());
    print("openblas %s", environment.openblas());
    print("onednn   %s", environment.onednn());
    print("JDK      %s on %s", environment.jdk(), environment.os());
    print("");
    print("Each peer is followed by nm4j's speed over it (x). GFLOP/s count zeros.");
    print("GB/s: how fast nm4j reads its packed weights; of read: over the read bandwidth.");
  }

  void add(CaseResult result) {
    results.add(result);
    List<ResultLine> peers = peers(result);
    List<String> wanted = new ArrayList<>(List.of(result.spec().op().name()));
    peers.forEach(line -> wanted.add(line.peer()));
    if (!wanted.equals(columns)) {
      columns = wanted;
      header(result, peers);
    }
    row(result, peers);
  }

  /** Whoever has a column; reading memory takes part with batch 1 only and has its own. */
  private static List<ResultLine> peers(CaseResult result) {
    return result.lines().stream().filter(line -> !line.peer().equals(ReadSweep.NAME)).toList();
  }

  private void header(CaseResult result, List<ResultLine> peers) {
    Unit unit = result.spec().op().unit();
    StringBuilder line =
        new StringBuilder(text(CASE, "dtype", "N:M", "layout", "shape", "N"))
            .append(text(NUMBER, "nm4j"));
    peers.forEach(peer -> line.append(text(PEER, shortName(peer.peer()), "x")));
    if (unit == Unit.GFLOPS) {
      line.append(text("  %6s", "x best")).append(text(PEER, "GB/s", "of read"));
    }
    print("");
    print("%s, %s", result.spec().op().name(), unit.text);
    print("%s  kernel", line);
  }

  /** Without what does not fit. */
  private static String shortName(String peer) {
    return peer.startsWith("onednn-") ? peer.substring("onednn-".length()) : peer;
  }

  private void row(CaseResult result, List<ResultLine> peers) {
    BenchmarkCase spec = result.spec();
    Unit unit = spec.op().unit();
    StringBuilder line =
        new StringBuilder(
                text(CASE, spec.dtype(), spec.pattern(), spec.layout(), spec.shape(), spec.n()))
            .append(text(NUMBER, number("%.1f", result.nm4j())));
    for (ResultLine peer : peers) {
      line.append(
          text(PEER, number("%.1f", peer.peer(unit)), number("%.2f", peer.ratio().doubleValue())));
    }
    if (unit == Unit.GFLOPS) {
      line.append(
          text(
              "  %6s",
              result
                  .fastestDense()
                  .map(peer -> number("%.2f", peer.ratio().doubleValue()))
                  .orElse(NONE)));
      line.append(
          result
              .peer(ReadSweep.NAME)
              .map(
                  read ->
                      text(
                          PEER,
                          number("%.1f", read.gbps().doubleValue()),
                          number("%.2f", read.ratio().doubleValue())))
              .orElse(text(PEER, NONE, NONE)));
    }
    print("%s  %s%s", line, result.kernel(), result.disturbed() ? " !" : "");
  }

  /** Geometric means over the shapes of nm4j's speed over the fastest dense peer's. */
  void summary() {
    TreeSet<Integer> batches = new TreeSet<>();
    Map<String, Map<Integer, List<Double>>> groups = new LinkedHashMap<>();
    for (CaseResult result : results) {
      BenchmarkCase spec = result.spec();
      result
          .fastestDense()
          .ifPresent(
              peer -> {
                batches.add(spec.n());
                groups
                    .computeIfAbsent(
                        text(
                            "%-10s %-6s %-5s %-13s",
                            spec.op().name(), spec.dtype(), spec.pattern(), spec.layout()),
                        key -> new LinkedHashMap<>())
                    .computeIfAbsent(spec.n(), key -> new ArrayList<>())
                    .add(peer.ratio().doubleValue());
              });
    }
    if (!groups.isEmpty()) {
      print("");
      print("x best, geometric mean over the shapes, by batch size N:");
      print("%-37s%s", "", cells(batches.stream().map(String::valueOf).toList()));
      groups.forEach(
          (group, ratios) ->
              print("%s%s", group, cells(batches.stream().map(n -> mean(ratios.get(n))).toList())));
    }
    List<CaseResult> disturbed = results.stream().filter(CaseResult::disturbed).toList();
    if (!disturbed.isEmpty()) {
      print("");
      print(
          "! %d of %d cases were measured while other work took up to %.1f cores."
              + " Repeat them on an idle machine.",
          disturbed.size(),
          results.size(),
          disturbed.stream().mapToDouble(CaseResult::otherCores).max().getAsDouble());
    }
  }

  private static String mean(List<Double> ratios) {
    return ratios == null ? NONE : number("%.2f", Statistics.geometricMean(ratios));
  }

  private static String cells(List<String> texts) {
    StringBuilder line = new StringBuilder();
    texts.forEach(text -> line.append(text("%7s", text)));
    return line.toString();
  }

  private static String number(String format, double value) {
    return text(format, value);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private void print(String format, Object... values) {
    out.println(text(format, values));
  }
}
