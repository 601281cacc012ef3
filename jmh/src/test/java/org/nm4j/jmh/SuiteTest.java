/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.nm4j.Layout;

class SuiteTest {
  @Test
  void fullSuiteCrossesPatternsLayoutsShapesAndBatches() {
    List<BenchmarkCase> cases = Suite.full();
    assertEquals(3 * 2 * 8 * 9, cases.size());
    assertEquals(cases.size(), new HashSet<>(cases).size());
    for (int[] shape : new int[][] {{768, 768}, {384, 1536}, {11008, 4096}}) {
      for (org.nm4j.Pattern pattern :
          List.of(org.nm4j.Pattern.P2_4, org.nm4j.Pattern.P1_4, org.nm4j.Pattern.P4_8)) {
        for (Layout layout : Layout.values()) {
          for (int n : new int[] {1, 16, 768}) {
            assertTrue(cases.contains(new BenchmarkCase(pattern, layout, shape[0], shape[1], n)));
          }
        }
      }
    }
  }

  @Test
  void quickSuiteIsAPartOfTheFullOne() {
    assertTrue(Suite.full().containsAll(Suite.quick()));
    assertTrue(Suite.quick().size() <= 20);
    assertEquals(
        List.of(1, 32, 384), Suite.quick().stream().map(BenchmarkCase::n).distinct().toList());
  }

  @Test
  void filterFindsItsMatchAnywhereInTheName() {
    List<BenchmarkCase> matching =
        Suite.matching(Suite.full(), Pattern.compile("1:4/.*/4096x4096/n(1|8)$"));
    assertEquals(4, matching.size());
    matching.forEach(spec -> assertEquals(org.nm4j.Pattern.P1_4, spec.pattern()));
    assertEquals(Suite.full(), Suite.matching(Suite.full(), Pattern.compile("")));
  }
}
