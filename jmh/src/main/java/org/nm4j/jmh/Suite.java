/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.nm4j.Layout;

/** The cases that are measured: the linear layers of well-known models, in every batch size. */
final class Suite {
  private record Shape(int m, int k) {}

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(384, 384), // MiniLM: attention, both halves of the feed-forward block
          new Shape(1536, 384),
          new Shape(384, 1536),
          new Shape(768, 768), // BERT-base: the same
          new Shape(3072, 768),
          new Shape(768, 3072),
          new Shape(4096, 4096), // 7B-class language model: attention, feed-forward
          new Shape(11008, 4096));
  private static final List<Integer> BATCHES = List.of(1, 4, 8, 16, 32, 64, 128, 384, 768);
  private static final List<org.nm4j.Pattern> PATTERNS =
      List.of(org.nm4j.Pattern.P2_4, org.nm4j.Pattern.P1_4, org.nm4j.Pattern.P4_8);

  private static final List<Shape> QUICK_SHAPES =
      List.of(new Shape(768, 768), new Shape(3072, 768), new Shape(4096, 4096));
  private static final List<Integer> QUICK_BATCHES = List.of(1, 32, 384);

  private Suite() {}

  static List<BenchmarkCase> full() {
    return cross(PATTERNS, SHAPES, BATCHES);
  }

  static List<BenchmarkCase> quick() {
    return cross(List.of(org.nm4j.Pattern.P2_4), QUICK_SHAPES, QUICK_BATCHES);
  }

  static List<BenchmarkCase> matching(List<BenchmarkCase> cases, Pattern filter) {
    return cases.stream().filter(c -> filter.matcher(c.toString()).find()).toList();
  }

  private static List<BenchmarkCase> cross(
      List<org.nm4j.Pattern> patterns, List<Shape> shapes, List<Integer> batches) {
    List<BenchmarkCase> cases = new ArrayList<>();
    for (org.nm4j.Pattern pattern : patterns) {
      for (Layout layout : List.of(Layout.BATCH_MAJOR, Layout.FEATURE_MAJOR)) {
        for (Shape shape : shapes) {
          for (int n : batches) {
            cases.add(new BenchmarkCase(pattern, layout, shape.m, shape.k, n));
          }
        }
      }
    }
    return cases;
  }
}
