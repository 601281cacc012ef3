/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Whether products on a GPU take at most 3 % longer through nm4j's Java API than by bare calls of
 * cuSPARSELt on the same buffers, in Markdown.
 */
final class BareTarget {
  static final double LIMIT = 0.03;

  private record Comparison(String name, ResultLine line) {
    /** Of nm4j's time, over bare calls: the median of the rounds. */
    double overhead() {
      return 1 / line.ratio().doubleValue() - 1;
    }

    boolean missed() {
      return !(overhead() <= LIMIT); // so that NaN is missed
    }
  }

  private final List<Comparison> comparisons;

  BareTarget(List<ResultFile.Run> runs) {
    comparisons =
        runs.stream().flatMap(run -> run.cases().stream()).flatMap(BareTarget::comparison).toList();
  }

  private static Stream<Comparison> comparison(CaseResult result) {
    return result
        .peer(GpuContender.BARE_NAME)
        .map(line -> new Comparison(result.spec().toString(), line))
        .stream();
  }

  /** Not if nothing was compared. */
  boolean met() {
    return !comparisons.isEmpty() && comparisons.stream().noneMatch(Comparison::missed);
  }

  @Override
  public String toString() {
    if (comparisons.isEmpty()) {
      return "**At most 3 % over bare calls of cuSPARSELt: not measured.**\n";
    }
    StringBuilder text = new StringBuilder(verdict());
    text.append("\n\n| case | nm4j, us | bare calls, us | over bare calls |\n|---|---|---|---|\n");
    for (Comparison c : comparisons) {
      text.append(
          format(
              "| %s | %.1f | %.1f | %+.1f %%%s |\n",
              c.name,
              c.line.nm4jNanos().doubleValue() / 1e3,
              c.line.peerNanos().doubleValue() / 1e3,
              100 * c.overhead(),
              c.missed() ? ", missed" : ""));
    }
    return text.toString();
  }

  private String verdict() {
    long missed = comparisons.stream().filter(Comparison::missed).count();
    Comparison worst =
        comparisons.stream().max(Comparator.comparingDouble(Comparison::overhead)).orElseThrow();
    double mean =
        Statistics.geometricMean(
                comparisons.stream().map(c -> 1 / c.line.ratio().doubleValue()).toList())
            - 1;
    return format(
        "**At most %.0f %% over bare calls of cuSPARSELt: %s** %d of %d cases; on average %+.1f %%,"
            + " at worst %+.1f %% (%s).",
        100 * LIMIT,
        missed == 0 ? "met" : "MISSED",
        comparisons.size() - missed,
        comparisons.size(),
        100 * mean,
        100 * worst.overhead(),
        worst.name);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
