/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import java.util.regex.Pattern;

/** The cases that are measured: those of every op, and what they have in common. */
final class Suite {
  /** M x K of the linear layers of well-known models. */
  static final List<String> LINEAR_LAYERS =
      List.of(
          "384x384", // MiniLM: attention, both halves of the feed-forward block
          "1536x384",
          "384x1536",
          "768x768", // BERT-base: the same
          "3072x768",
          "768x3072",
          "4096x4096", // 7B-class language model: attention, feed-forward
          "11008x4096");

  /** The patterns that are reported, the most used first. */
  static final List<org.nm4j.Pattern> PATTERNS =
      List.of(
          org.nm4j.Pattern.P2_4,
          org.nm4j.Pattern.P4_8,
          org.nm4j.Pattern.P1_4,
          org.nm4j.Pattern.P2_8,
          org.nm4j.Pattern.of(1, 8),
          org.nm4j.Pattern.of(1, 16));

  private Suite() {}

  /** The cases that can share their work between so many threads. */
  static List<BenchmarkCase> full(int threads) {
    return Op.ALL.stream()
        .filter(op -> !op.cuda())
        .filter(op -> threads == 1 || op.threaded())
        .flatMap(op -> op.full().stream())
        .toList();
  }

  static List<BenchmarkCase> quick() {
    return Op.ALL.stream().filter(op -> !op.cuda()).flatMap(op -> op.quick().stream()).toList();
  }

  /** The cases of a GPU. */
  static List<BenchmarkCase> cuda(boolean quick) {
    return Op.ALL.stream()
        .filter(Op::cuda)
        .flatMap(op -> (quick ? op.quick() : op.full()).stream())
        .toList();
  }

  static List<BenchmarkCase> matching(List<BenchmarkCase> cases, Pattern filter) {
    return cases.stream().filter(c -> filter.matcher(c.toString()).find()).toList();
  }
}
