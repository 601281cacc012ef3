/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How many cores do other work than this process: other processes, and the hypervisor. With less
 * than the whole machine the peers' threads wait for each other, and ratios mean nothing.
 */
final class OtherLoad {
  private static final Path STAT = Path.of("/proc/stat");
  private static final long NANOS_PER_TICK = 10_000_000; // the kernel reports in 1/100 s
  private static final int IDLE = 4; // fields of the first line, which is for all cores together
  private static final int IOWAIT = 5;
  private static final int STEAL = 8;

  private final long startNanos = System.nanoTime();
  private final long startOther = otherNanos();

  /** Cores that did other work since this object was made. */
  double cores() {
    return (double) (otherNanos() - startOther) / (System.nanoTime() - startNanos);
  }

  private static long otherNanos() {
    try {
      Duration own = ProcessHandle.current().info().totalCpuDuration().orElseThrow();
      return busyTicks(Files.readAllLines(STAT).get(0)) * NANOS_PER_TICK - own.toNanos();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Time in which the cores were not idle, from the first line of /proc/stat. */
  static long busyTicks(String line) {
    String[] fields = line.split(" +");
    long busy = 0;
    for (int i = 1; i <= STEAL; i++) {
      if (i != IDLE && i != IOWAIT) {
        busy += Long.parseLong(fields[i]);
      }
    }
    return busy;
  }
}
