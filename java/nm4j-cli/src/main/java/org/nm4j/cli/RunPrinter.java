/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.PrintWriter;

/** The results of {@code nm4j run} for people: a table for each shape, and what was compared. */
final class RunPrinter {
  private static final String TIMES = "%5s %10s %10s %9s";
  private static final String ROW = TIMES + "  %9s %8s  %-14s  %s";

  /** With less of a CPU than this the times are not to be trusted. */
  private static final double QUIET_CPU_SHARE = 0.95;

  private final PrintWriter out;

  RunPrinter(PrintWriter out) {
    this.out = out;
  }

  void print(RunReport report) {
    report.shapes().forEach(shape -> print(report.pattern(), shape));
    printTotals(report);
    printVerdict(report);
  }

  private void print(String pattern, RunReport.Shape shape) {
    out.println();
    out.println(
        Text.format(
            "%d inputs x %d outputs, %s",
            shape.inputs(), shape.outputs(), Text.count(shape.weights().size(), "weight")));
    out.println(
        Text.format(
            "  %s keeps %s of |w|, %s of w^2",
            pattern, percent(shape.keptMagnitude()), percent(shape.keptSquare())));
    out.println(
        Text.format(
            "  dense %s, compressed %s (%s), packed for speed %s (%s)",
            Text.bytes(shape.denseBytes()),
            Text.bytes(shape.compressedBytes()),
            Text.percent((double) shape.compressedBytes() / shape.denseBytes()),
            Text.bytes(shape.packedBytes()),
            Text.percent((double) shape.packedBytes() / shape.denseBytes())));
    out.println(
        Text.format(
            ROW,
            "batch",
            "dense us",
            "sparse us",
            "speed-up",
            "max error",
            "of tol.",
            "dense",
            "sparse"));
    for (RunReport.Product p : shape.products()) {
      out.println(
          Text.format(
              ROW,
              p.batch(),
              Text.micros(p.denseSeconds()),
              Text.micros(p.sparseSeconds()),
              speedup(p.speedup()),
              p.maxError() == null ? "n/a" : Text.format("%.2e", p.maxError()),
              percent(p.maxErrorToTolerance()) + (p.ok() ? "" : " FAIL"),
              p.dense(),
              p.kernel()));
    }
  }

  private void printTotals(RunReport report) {
    int weights = report.shapes().stream().mapToInt(s -> s.weights().size()).sum();
    out.println();
    out.println("all " + Text.count(weights, "weight") + " of " + report.model());
    out.println(Text.format(TIMES, "batch", "dense us", "sparse us", "speed-up"));
    for (RunReport.Total t : report.totals()) {
      out.println(
          Text.format(
              TIMES,
              t.batch(),
              Text.micros(t.denseSeconds()),
              Text.micros(t.sparseSeconds()),
              speedup(t.speedup())));
    }
  }

  private void printVerdict(RunReport report) {
    RunReport.Environment e = report.environment();
    out.println();
    out.println(
        report.ok()
            ? "Every product agrees with the dense one within rounding."
            : "FAILED: products marked FAIL differ from the dense ones by more than rounding.");
    out.println(
        Text.format(
            "Compared: fp32, the same pruned weights, random normal activations, medians over"
                + " %.3g s per batch",
            e.secondsPerBatch()));
    out.println(
        Text.format(
            "  sparse  nm4j %s, %s kernels, %s",
            report.version(), e.isa(), Text.count(e.sparseThreads(), "thread")));
    out.println(
        Text.format(
            "  dense   %s, %s; the faster of both weight orders",
            e.dense(), Text.count(e.denseThreads(), "thread")));
    out.println(Text.format("  on      %s, %s, %s", e.cpu(), e.java(), e.os()));
    if (e.cpuShare() != null && e.cpuShare() < QUIET_CPU_SHARE) {
      out.println(
          Text.format(
              "Not reliable: other programs left %s of a CPU to measure with; repeat on a quiet"
                  + " machine.",
              Text.percent(e.cpuShare())));
    }
    if (!e.denseOverrides().isEmpty()) {
      out.println(
          "Not a fair comparison: the environment has "
              + String.join(" and ", e.denseOverrides())
              + ", which keeps OpenBLAS from choosing its kernels for this CPU.");
    }
  }

  private static String percent(Double share) {
    return Text.percent(share == null ? Double.NaN : share);
  }

  private static String speedup(double factor) {
    return Text.format("%.2f x", factor);
  }
}
