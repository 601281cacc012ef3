/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.List;
import java.util.stream.Collectors;

/** Cells of text under a head. */
record Table(List<String> head, List<List<String>> rows) {
  /** As Markdown, which is legible as plain text, too. */
  String markdown() {
    return line(head)
        + line(head.stream().map(cell -> "---").toList())
        + rows.stream().map(Table::line).collect(Collectors.joining());
  }

  private static String line(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.isEmpty() ? " " : " " + cell + " ")
        .collect(Collectors.joining("|", "|", "|\n"));
  }
}
