/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A product whose weight is left dense.
 *
 * @param operator MatMul or Gemm
 * @param node name of the graph node
 * @param weight name of the weight, null when the node has none
 * @param reason why it is left dense
 */
record Skipped(String operator, String node, String weight, String reason) {
  /** One line for each weight and reason, with the number of products. */
  static List<String> lines(List<Skipped> all) {
    Map<String, Long> counts =
        all.stream()
            .collect(
                Collectors.groupingBy(Skipped::what, LinkedHashMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .map(e -> Text.format("skipped %d x %s", e.getValue(), e.getKey()))
        .toList();
  }

  private String what() {
    return operator + (weight == null ? "" : " " + weight) + ": " + reason;
  }
}
