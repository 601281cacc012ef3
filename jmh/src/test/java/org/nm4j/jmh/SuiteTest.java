/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SuiteTest {
  private static List<BenchmarkCase> matching(String regex) {
    return Suite.matching(Suite.full(1), Pattern.compile(regex));
  }

  @Test
  void noCaseStandsTwice() {
    List<BenchmarkCase> cases = Suite.full(1);
    assertEquals(cases.size(), new HashSet<>(cases).size());
  }

  @Test
  void everyOpHasCasesThatItTakes() {
    for (Op op : Op.ALL) {
      List<BenchmarkCase> suite = op.cuda() ? Suite.cuda(false) : Suite.full(1);
      assertTrue(suite.stream().anyMatch(spec -> spec.op() == op), op.name());
      for (BenchmarkCase spec : op.full()) {
        assertEquals(op, spec.op());
        assertTrue(op.product(spec).flops() > 0, spec.toString());
      }
    }
  }

  @Test
  void fp32At24IsCompleteInBothLayouts() {
    assertEquals(8 * 9, matching("^gemm/f32/2:4/batch-major/").size());
    assertEquals(8 * 9, matching("^gemm/f32/2:4/feature-major/").size());
  }

  @Test
  void allPatternsAreMeasured() {
    Set<String> patterns =
        matching("^gemm/f32/").stream()
            .map(spec -> spec.pattern().toString())
            .collect(Collectors.toSet());
    assertEquals(Set.of("2:4", "4:8", "1:4", "2:8", "1:8", "1:16"), patterns);
  }

  @Test
  void severalThreadsLeaveOutWhatOneThreadDoes() {
    assertTrue(Suite.full(2).stream().allMatch(spec -> spec.op().threaded()));
    assertTrue(Suite.full(1).containsAll(Suite.full(2)));
    assertTrue(Suite.full(2).size() < Suite.full(1).size());
  }

  @Test
  void quickSuiteIsAPartOfTheFullOne() {
    assertTrue(Suite.full(1).containsAll(Suite.quick()));
    assertTrue(Suite.quick().size() <= 30);
    assertTrue(
        Suite.quick().stream().map(BenchmarkCase::n).toList().containsAll(List.of(1, 32, 384)));
  }

  @Test
  void casesOfAGpuAreApart() {
    assertTrue(Suite.full(1).stream().noneMatch(spec -> spec.op().cuda()));
    assertTrue(Suite.cuda(false).stream().allMatch(spec -> spec.op().cuda()));
    assertTrue(
        Suite.cuda(false).stream()
            .anyMatch(c -> c.toString().equals("cuda-gemm/bf16/2:4/batch-major/8192x8192/n8192")));
    assertTrue(Suite.cuda(true).size() <= 10);
  }

  @Test
  void filterFindsItsMatchAnywhereInTheName() {
    List<BenchmarkCase> found = matching("1:4/.*/4096x4096/n(1|8)$");
    assertTrue(found.size() >= 2);
    found.forEach(spec -> assertEquals(org.nm4j.Pattern.P1_4, spec.pattern()));
    assertEquals(Suite.full(1), matching(""));
  }
}
