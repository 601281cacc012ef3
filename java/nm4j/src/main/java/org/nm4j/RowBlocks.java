/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.ParallelRun;
import org.nm4j.internal.Status;

/** Work on independent rows on the CPU, divided over threads; a stream of a GPU is refused. */
final class RowBlocks {
  /** Rows that lie side by side in a packed matrix: threads write whole panels. */
  static final long PANEL = 16;

  /** What a thread must have to do for its start to pay: some tens of microseconds. */
  private static final long WEIGHTS_PER_THREAD = 128 * 1024;

  private RowBlocks() {}

  /**
   * Works on rows {@code row0} to {@code row0 + rows - 1}, of {@code cols} weights each.
   *
   * @throws Nm4jException what the work says about the first row that fails
   */
  static void run(long row0, long rows, long cols, Execution execution, Work work) {
    run(row0, rows, cols, PANEL, execution, work);
  }

  /** As above, divided at rows whose numbers are multiples of {@code height} only. */
  static void run(long row0, long rows, long cols, long height, Execution execution, Work work) {
    int threads = threads(rows, cols, execution);
    if (threads > 1) {
      try {
        runParallel(row0, rows, height, execution, threads, work);
        return;
      } catch (Nm4jException e) {
        // A block failed: the whole once more, in order, then says which row is the first.
      }
    }
    Status.check(work.run(0, rows));
  }

  /**
   * As {@link #run} from row 0, for work that must not be done twice, divided at multiples of
   * {@code height} only.
   *
   * @throws Nm4jException what the work says about some row that fails
   */
  static void runOnce(long rows, long cols, long height, Execution execution, Work work) {
    int threads = threads(rows, cols, execution);
    if (threads > 1) {
      long panel = height * Math.max(1, PANEL / height);
      runParallel(0, rows, panel, execution, threads, work);
    } else {
      Status.check(work.run(0, rows));
    }
  }

  /**
   * As {@link #runOnce}, in one part for each thread: for work that costs something with each part.
   *
   * @param cost of a row, in multiplications
   */
  static void runParts(long rows, long cost, Execution execution, Work work) {
    long multiplications = WEIGHTS_PER_THREAD / 16;
    int threads = threads(rows, Math.max(1, cost / multiplications), execution);
    long size = ((rows + PANEL - 1) / PANEL / threads + 1) * PANEL;
    runBlocks(rows, size, execution, threads, work);
  }

  /** As {@link #runOnce}, in blocks of {@code size} rows, the last of which may be shorter. */
  static void runBlocks(long rows, long cols, long size, Execution execution, Work work) {
    runBlocks(rows, size, execution, threads(rows, cols, execution), work);
  }

  private static void runBlocks(long rows, long size, Execution execution, int threads, Work work) {
    ParallelRun.Tiles blocks =
        (begin, end) -> {
          long last = Math.min(end * size, rows);
          Status.check(work.run(begin * size, last - begin * size));
        };
    long count = (rows + size - 1) / size;
    if (threads > 1 && count > 1) {
      ParallelRun.run(count, execution.executor(), threads, blocks);
    } else if (count > 0) {
      blocks.run(0, count);
    }
  }

  private static int threads(long rows, long cols, Execution execution) {
    Objects.requireNonNull(execution, "execution").requireDevice(Device.cpu());
    long useful = Math.max(1, rows * cols / WEIGHTS_PER_THREAD);
    return (int) Math.min(execution.threads(), useful);
  }

  private static void runParallel(
      long row0, long rows, long height, Execution execution, int threads, Work work) {
    long first = row0 / height;
    long blocks = (row0 + rows - 1) / height + 1 - first;
    ParallelRun.run(
        blocks,
        execution.executor(),
        threads,
        (begin, end) -> {
          long from = Math.max((first + begin) * height - row0, 0);
          long to = Math.min((first + end) * height - row0, rows);
          Status.check(work.run(from, to - from));
        });
  }

  /** Works on {@code count} rows from {@code row} on, counted from the first; returns a status. */
  interface Work {
    int run(long row, long count);
  }
}
