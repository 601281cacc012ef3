/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ParallelRunTest {
  private final ExecutorService pool = Executors.newFixedThreadPool(4);

  @AfterEach
  void shutDown() {
    pool.shutdown();
  }

  @Test
  void everyTileRunsOnce() {
    for (int count : new int[] {0, 1, 2, 3, 7, 16, 17, 100, 1000}) {
      for (int threads : new int[] {1, 2, 3, 8, 100}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(count, 1));
        ParallelRun.run(
            count,
            pool,
            threads,
            (begin, end) -> {
              for (long i = begin; i < end; i++) {
                runs.incrementAndGet((int) i);
              }
            });
        for (int i = 0; i < count; i++) {
          assertEquals(1, runs.get(i), "tile " + i + " of " + count);
        }
      }
    }
  }

  @Test
  void rangesShrinkTowardsTheEnd() {
    List<Long> sizes = new ArrayList<>();
    ParallelRun.run(64, task -> {}, 4, (begin, end) -> sizes.add(end - begin));
    assertEquals(16, sizes.get(0)); // a quarter
    assertEquals(12, sizes.get(1)); // a quarter of what is left
    assertEquals(1, sizes.get(sizes.size() - 1));
    List<Long> descending = new ArrayList<>(sizes);
    descending.sort(Comparator.reverseOrder());
    assertEquals(descending, sizes);
  }

  @Test
  void theCallerWaitsForTilesThatHelpersHaveClaimed() {
    AtomicBoolean done = new AtomicBoolean();
    whileTheCallerWaits(() -> done.set(true));
    assertTrue(done.get());
  }

  @Test
  void anInterruptDuringTheWaitStaysPending() {
    Thread caller = Thread.currentThread();
    whileTheCallerWaits(caller::interrupt);
    assertTrue(Thread.interrupted());
  }

  @Test
  void theFirstFailureIsThrownAndStopsWhatHasNotBegun() {
    RuntimeException failure = new ArithmeticException("tile 3");
    List<Long> ran = new ArrayList<>();
    Throwable thrown =
        assertThrows(
            ArithmeticException.class,
            () ->
                ParallelRun.run(
                    100,
                    Runnable::run,
                    100, // ranges of one tile
                    (begin, end) -> {
                      ran.add(begin);
                      if (begin == 3) {
                        throw failure;
                      }
                    }));
    assertSame(failure, thrown);
    assertEquals(List.of(0L, 1L, 2L, 3L), ran);
  }

  @Test
  void aFailureOfAHelperIsThrownInTheCaller() {
    Thread caller = Thread.currentThread();
    CountDownLatch failed = new CountDownLatch(1);
    Error failure = new AssertionError("in the helper");
    Throwable thrown =
        assertThrows(
            AssertionError.class,
            () ->
                ParallelRun.run(
                    2,
                    pool,
                    2,
                    (begin, end) -> {
                      if (Thread.currentThread() == caller) {
                        await(failed);
                      } else {
                        failed.countDown();
                        throw failure;
                      }
                    }));
    assertSame(failure, thrown);
  }

  /** Two tiles: the caller's ends at once, the helper's acts when the caller waits for it. */
  private void whileTheCallerWaits(Runnable action) {
    Thread caller = Thread.currentThread();
    CountDownLatch helperBusy = new CountDownLatch(1);
    ParallelRun.run(
        2,
        pool,
        2,
        (begin, end) -> {
          if (Thread.currentThread() == caller) {
            await(helperBusy);
          } else {
            helperBusy.countDown();
            while (caller.getState() != Thread.State.WAITING) {
              Thread.onSpinWait();
            }
            action.run();
          }
        });
  }

  /** Waits without the thread state WAITING, by which a test knows that the run itself waits. */
  private static void await(CountDownLatch latch) {
    while (latch.getCount() > 0) {
      Thread.onSpinWait();
    }
  }
}
