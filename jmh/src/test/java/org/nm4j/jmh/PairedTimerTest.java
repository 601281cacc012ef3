/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PairedTimerTest {
  private final List<String> calls = new ArrayList<>();

  private Contender recorder(String name) {
    return new Contender() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void run() {
        calls.add(name);
      }
    };
  }

  @Test
  void everyRoundTimesEveryContender() {
    PairedTimer timer = new PairedTimer(List.of(recorder("a"), recorder("b")), 100_000, 0);
    for (int round = 0; round < 3; round++) {
      Map<String, Double> nanos = timer.round();
      assertEquals(Set.of("a", "b"), nanos.keySet());
      nanos.values().forEach(time -> assertTrue(time >= 0 && Double.isFinite(time)));
    }
  }

  @Test
  void aContenderLongerThanItsTurnRunsOnce() {
    PairedTimer timer = new PairedTimer(List.of(recorder("a"), recorder("b")), 1, 0);
    calls.clear();
    timer.round();
    assertEquals(2, calls.size());
  }

  @Test
  void turnsAreNotInterruptedAndTheirOrderChanges() {
    List<Contender> contenders = List.of(recorder("a"), recorder("b"), recorder("c"));
    PairedTimer timer = new PairedTimer(contenders, 1, 0);
    Set<List<String>> orders = new HashSet<>();
    for (int round = 0; round < 50; round++) {
      calls.clear();
      timer.round();
      assertEquals(Set.of("a", "b", "c"), new HashSet<>(calls));
      orders.add(List.copyOf(calls));
    }
    assertEquals(6, orders.size(), "all orders of three turns");
  }

  @Test
  void aRunOfManyCallsCountsAsMany() {
    Contender billion =
        new Contender() {
          @Override
          public String name() {
            return "billion";
          }

          @Override
          public int calls() {
            return 1_000_000_000;
          }

          @Override
          public void run() {}
        };
    double nanos = new PairedTimer(List.of(billion), 1, 0).round().get("billion");
    assertTrue(nanos >= 0 && nanos < 1, "a billionth of an empty run, got " + nanos);
  }
}
