/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.util.List;

/** What {@code nm4j prune} writes for programs. */
record PruneReport(
    String version,
    String input,
    String output,
    String pattern,
    Total total,
    List<Pruned> weights,
    List<Skipped> skipped) {

  /** All weights together. */
  record Total(long values, long kept, Double keptMagnitude, Double keptSquare) {}

  /** One weight; {@code reductionDim} is the stored dimension that groups run along. */
  record Pruned(
      String name,
      List<String> nodes,
      int inputs,
      int outputs,
      int reductionDim,
      long kept,
      Double keptMagnitude,
      Double keptSquare) {}
}
