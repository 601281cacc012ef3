/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SharedPoolTest {
  /** Longer than any polling. */
  private static final long NAP_MILLIS = 20;

  @Test
  void threadsTakeTasksWhetherTheyPollOrSleep() throws Exception {
    ThreadPoolExecutor pool = SharedPool.create(2, 10_000);
    try {
      for (int round = 0; round < 200; round++) {
        CountDownLatch done = new CountDownLatch(3);
        for (int i = 0; i < 3; i++) {
          pool.execute(done::countDown);
        }
        done.await();
        if (round % 20 == 0) {
          Thread.sleep(NAP_MILLIS);
        }
      }
      assertEquals(2, pool.getPoolSize());
    } finally {
      pool.shutdown();
      assertTrue(pool.awaitTermination(60, TimeUnit.SECONDS)); // sleepers are woken
    }
  }

  @Test
  void idleThreadsEnd() throws Exception {
    ThreadPoolExecutor pool = SharedPool.create(1, 1);
    AtomicReference<Thread> thread = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    pool.execute(
        () -> {
          thread.set(Thread.currentThread());
          done.countDown();
        });
    done.await();
    thread.get().join(60_000);
    assertFalse(thread.get().isAlive());
    assertEquals(0, pool.getPoolSize());
    pool.shutdown();
  }

  @Test
  void onlyThreadsAtWorkCountAsAwake() throws Exception {
    ThreadPoolExecutor pool = SharedPool.create(3, 10_000);
    CountDownLatch working = new CountDownLatch(3);
    CountDownLatch end = new CountDownLatch(1);
    for (int i = 0; i < 3; i++) {
      pool.execute(
          () -> {
            working.countDown();
            try {
              end.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
    }
    working.await();
    assertTrue(Spin.awake() >= 3);
    end.countDown();
    awaitNobodyAwake(); // three threads poll, then sleep
    pool.shutdown();
    assertTrue(pool.awaitTermination(60, TimeUnit.SECONDS));
    awaitNobodyAwake();
  }

  @Test
  void aFailingTaskEndsNeitherThePoolNorTheCount() throws Exception {
    ThreadPoolExecutor pool = SharedPool.create(1, 10_000);
    CountDownLatch after = new CountDownLatch(1);
    Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> seen.set(e));
    try {
      RuntimeException failure = new ArithmeticException("on purpose");
      pool.execute(
          () -> {
            throw failure;
          });
      pool.execute(after::countDown);
      after.await();
      assertSame(failure, seen.get());
      awaitNobodyAwake();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(handler);
      pool.shutdown();
    }
  }

  @Test
  void aPollThatTimesOutReturnsNothing() throws Exception {
    Spin.wake();
    try {
      assertNull(new SpinningQueue().poll(1, TimeUnit.MILLISECONDS));
    } finally {
      Spin.sleep();
    }
  }

  @Test
  void settings() {
    assertEquals(0, Spin.nanos("0"));
    assertEquals(50_000, Spin.nanos("50"));
    assertEquals(1_000_000_000, Spin.nanos("1000000"));
    for (String wrong : new String[] {"-1", "1000001", "9223372036854775807", "1.5", " 1", ""}) {
      assertTrue(Spin.nanos(wrong) < 0, wrong);
    }
  }

  @Test
  void whoeverHasNoProcessorDoesNotPoll() {
    for (int i = 0; i <= SharedPool.PROCESSORS; i++) {
      Spin.wake();
    }
    try {
      int[] polls = new int[1];
      assertFalse(Spin.until(() -> ++polls[0] > 1));
      assertEquals(1, polls[0]);
    } finally {
      for (int i = 0; i <= SharedPool.PROCESSORS; i++) {
        Spin.sleep();
      }
    }
  }

  /** The shared pool of other tests may still be polling, too. */
  private static void awaitNobodyAwake() throws InterruptedException {
    while (Spin.awake() != 0) {
      Thread.sleep(1);
    }
  }
}
