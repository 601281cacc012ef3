/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Times several contenders in turns, so that the times of a round are milliseconds apart and a
 * drift of the machine's speed touches all of them alike.
 */
final class PairedTimer {
  private record Entry(Contender contender, double[] nanos) {}

  private final List<Entry> entries = new ArrayList<>();
  private final long pauseNanos;
  private final Random random = new Random(1);

  /**
   * @param turnNanos how long a contender is repeated in its turn; it runs once if it takes longer
   * @param pauseNanos waited before each turn, for helper threads of the turn before to fall asleep
   */
  PairedTimer(List<? extends Contender> contenders, long turnNanos, long pauseNanos) {
    this.pauseNanos = pauseNanos;
    for (Contender contender : contenders) {
      long once = Math.max(1, time(contender));
      entries.add(new Entry(contender, new double[(int) Math.max(1, turnNanos / once)]));
    }
  }

  /**
   * Gives each contender its turn, in a new order each time: who comes next finds the caches as the
   * one before left them.
   *
   * @return median nanoseconds per call, by name
   */
  Map<String, Double> round() {
    Collections.shuffle(entries, random);
    Map<String, Double> medians = new LinkedHashMap<>();
    for (Entry entry : entries) {
      LockSupport.parkNanos(pauseNanos);
      if (entry.nanos.length > 1) {
        entry.contender.run(); // fills the caches again and wakes the threads
      }
      for (int run = 0; run < entry.nanos.length; run++) {
        entry.nanos[run] = time(entry.contender);
      }
      medians.put(entry.contender.name(), Statistics.median(entry.nanos) / entry.contender.calls());
    }
    return medians;
  }

  private static long time(Contender contender) {
    long start = System.nanoTime();
    contender.run();
    return System.nanoTime() - start;
  }
}
