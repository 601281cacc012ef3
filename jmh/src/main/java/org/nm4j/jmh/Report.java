/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Prints measurements for people: the environment, a row per case, and means per batch size. */
final class Report {
  private static final String NONE = "-";
  private static final List<String> PEERS =
      List.of(OpenBlasGemm.NAME, OneDnnGemm.NAME, OneDnnMatmul.NAME);
  private static final String ROW =
      "%-5s %-13s %11s %4s %8s  %8s %6s  %8s %6s  %9s %6s  %6s  %6s %7s  %s";

  private final PrintStream out;
  private final List<Measurement> measurements = new ArrayList<>();

  Report(PrintStream out) {
    this.out = out;
  }

  void add(Measurement measurement) {
    if (measurements.isEmpty()) {
      environment(measurement);
      header();
    }
    measurements.add(measurement);
    row(measurement);
  }

  private void environment(Measurement measurement) {
    Facts facts = measurement.facts();
    print("CPU      %s, %d cores", facts.cpu(), Runtime.getRuntime().availableProcessors());
    print("threads  %d", measurement.threads());
    print("nm4j     %s", facts.nm4j());
    print("openblas %s, kernels for %s", facts.openblas(), measurement.core());
    print("onednn   %s", facts.onednn());
    print(
        "JDK      %s %s on %s",
        System.getProperty("java.vm.name"),
        System.getProperty("java.vm.version"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"));
    print("");
  }

  private void header() {
    print("Columns: GFLOP/s with zeros counted, each peer followed by nm4j's speed over it (x).");
    print("GB/s: how fast nm4j reads its packed weights; of read: over the read bandwidth.");
    print("");
    print(
        ROW,
        "N:M",
        "layout",
        "M x K",
        "N",
        "nm4j",
        "openblas",
        "x",
        "onednn",
        "x",
        "prepacked",
        "x",
        "x best",
        "GB/s",
        "of read",
        "kernel");
  }

  private void row(Measurement measurement) {
    BenchmarkCase spec = measurement.spec();
    List<Object> cells = new ArrayList<>();
    cells.add(spec.pattern());
    cells.add(spec.layoutName());
    cells.add(spec.m() + "x" + spec.k());
    cells.add(spec.n());
    cells.add(number("%.1f", measurement.gflops(Nm4jGemm.NAME)));
    for (String peer : PEERS) {
      cells.add(number("%.1f", measurement.gflops(peer)));
      cells.add(number("%.2f", measurement.ratio(peer)));
    }
    cells.add(number("%.2f", measurement.ratio(measurement.fastestPeer())));
    boolean read = measurement.hasRead();
    cells.add(read ? number("%.1f", measurement.gigabytesPerSecond()) : NONE);
    cells.add(read ? number("%.2f", measurement.ratio(ReadSweep.NAME)) : NONE);
    cells.add(measurement.facts().kernel() + (measurement.disturbed() ? " !" : ""));
    print(ROW, cells.toArray());
  }

  /** Geometric means over the shapes of nm4j's speed over the fastest peer's. */
  void summary() {
    TreeSet<Integer> batches = new TreeSet<>();
    Map<String, Map<Integer, List<Double>>> groups = new LinkedHashMap<>();
    for (Measurement measurement : measurements) {
      BenchmarkCase spec = measurement.spec();
      batches.add(spec.n());
      groups
          .computeIfAbsent(
              "%-5s %-13s".formatted(spec.pattern(), spec.layoutName()),
              key -> new LinkedHashMap<>())
          .computeIfAbsent(spec.n(), key -> new ArrayList<>())
          .add(measurement.ratio(measurement.fastestPeer()));
    }
    print("");
    print("x best, geometric mean over the shapes, by batch size N:");
    print("%-19s%s", "", cells(batches.stream().map(String::valueOf).toList()));
    groups.forEach(
        (group, ratios) ->
            print("%s%s", group, cells(batches.stream().map(n -> mean(ratios.get(n))).toList())));
    double[] others =
        measurements.stream()
            .filter(Measurement::disturbed)
            .mapToDouble(Measurement::otherCores)
            .toArray();
    if (others.length > 0) {
      print("");
      print(
          "! %d of %d cases were measured while other work took up to %.1f cores."
              + " Repeat them on an idle machine.",
          others.length, measurements.size(), Arrays.stream(others).max().getAsDouble());
    }
  }

  private static String mean(List<Double> ratios) {
    return ratios == null ? NONE : number("%.2f", geometricMean(ratios));
  }

  static double geometricMean(List<Double> values) {
    return Math.exp(values.stream().mapToDouble(Math::log).average().orElseThrow());
  }

  private static String cells(List<String> texts) {
    StringBuilder line = new StringBuilder();
    texts.forEach(text -> line.append("%7s".formatted(text)));
    return line.toString();
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private void print(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
