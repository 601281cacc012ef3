/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The pool behind {@code Execution.parallel()}. */
public final class SharedPool {
  /** As many threads as can compute at once: a caller, and the pool's. */
  public static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private static final long IDLE_MILLIS = 10_000;

  private SharedPool() {}

  /** One thread fewer than processors, but one at least. */
  public static Executor executor() {
    return Holder.EXECUTOR;
  }

  /** Daemon threads, each started when needed and ended when idle. */
  static ThreadPoolExecutor create(int threads, long idleMillis) {
    AtomicInteger count = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            idleMillis,
            TimeUnit.MILLISECONDS,
            new SpinningQueue(),
            worker -> thread(worker, count.incrementAndGet()));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static Thread thread(Runnable worker, int number) {
    Runnable counted =
        () -> {
          Spin.wake();
          try {
            worker.run();
          } finally {
            Spin.sleep();
          }
        };
    Thread thread = new Thread(null, counted, "nm4j-" + number, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }

  private static final class Holder {
    static final Executor EXECUTOR = create(Math.max(1, PROCESSORS - 1), IDLE_MILLIS);
  }
}
