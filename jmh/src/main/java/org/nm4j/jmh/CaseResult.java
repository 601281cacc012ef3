/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * All lines of a measured case.
 *
 * @param lines one for each contender but nm4j, at least one
 */
record CaseResult(BenchmarkCase spec, int threads, List<ResultLine> lines) {
  private static final double DISTURBED = 0.1;

  CaseResult {
    lines = List.copyOf(lines);
  }

  List<ResultLine> with(Role role) {
    return lines.stream().filter(line -> line.has(role)).toList();
  }

  /** The dense peer with the smallest median time. */
  Optional<ResultLine> fastestDense() {
    return with(Role.DENSE).stream().min(Comparator.comparing(ResultLine::peerNanos));
  }

  Optional<ResultLine> peer(String name) {
    return lines.stream().filter(line -> line.peer().equals(name)).findFirst();
  }

  /** nm4j's speed or time, in the op's unit. */
  double nm4j() {
    return lines.get(0).nm4j(spec.op().unit());
  }

  String kernel() {
    return lines.get(0).kernel();
  }

  double otherCores() {
    return lines.get(0).otherCores().doubleValue();
  }

  /** Whether other work disturbed the measurement. */
  boolean disturbed() {
    return otherCores() > DISTURBED;
  }
}
