/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Waits for what usually comes within microseconds: polls for a while, because a thread that sleeps
 * takes tens of microseconds to wake, which is as long as a small product. Only threads that have a
 * processor each poll.
 */
final class Spin {
  /** The system property that says for how long; 0 turns polling off. */
  static final String PROPERTY = "nm4j.spin.micros";

  /** A few times the cost of what it avoids: a wake-up. */
  private static final String DEFAULT_MICROS = "100";

  private static final long MAX_MICROS = TimeUnit.SECONDS.toMicros(1);

  /** Reading the clock takes about as long as this many polls. */
  private static final int POLLS_PER_CLOCK = 16;

  private static final String MICROS = System.getProperty(PROPERTY, DEFAULT_MICROS);
  private static final long NANOS = nanos(MICROS);

  /** Threads that nm4j keeps running: callers of parallel runs, and pool threads not asleep. */
  private static final AtomicInteger awake = new AtomicInteger();

  private Spin() {}

  /**
   * Whether the setting makes sense.
   *
   * @throws IllegalArgumentException when it does not
   */
  static void requireValidSetting() {
    if (NANOS < 0) {
      throw new IllegalArgumentException(
          PROPERTY + " must be a whole number from 0 to " + MAX_MICROS + ", got " + MICROS);
    }
  }

  /** To be called by a thread that begins to compute. */
  static void wake() {
    awake.incrementAndGet();
  }

  /** To be called by a thread that goes to sleep, or has nothing to do with nm4j any more. */
  static void sleep() {
    awake.decrementAndGet();
  }

  /** Threads that nm4j keeps running now. */
  static int awake() {
    return awake.get();
  }

  /** Polls; false when the event did not come in time, or others need the processor. */
  static boolean until(BooleanSupplier event) {
    if (event.getAsBoolean()) {
      return true;
    }
    long start = System.nanoTime();
    while (awake.get() <= SharedPool.PROCESSORS && System.nanoTime() - start < NANOS) {
      for (int i = 0; i < POLLS_PER_CLOCK; i++) {
        Thread.onSpinWait();
        if (event.getAsBoolean()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Negative when the text is no valid setting. */
  static long nanos(String micros) {
    try {
      long value = Long.parseLong(micros);
      return value > MAX_MICROS ? -1 : TimeUnit.MICROSECONDS.toNanos(value);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
