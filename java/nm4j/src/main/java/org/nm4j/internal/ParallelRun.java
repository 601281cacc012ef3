/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * One job cut into tiles, computed by the calling thread and by helpers from an executor. Each
 * claims ranges of tiles until none is left. The caller waits for claimed tiles only, never for a
 * helper that has not started; one that starts late finds nothing to claim.
 */
public final class ParallelRun implements Runnable {
  /** Null once the job is complete: a helper still queued somewhere keeps no matrix alive. */
  private Tiles tiles;

  private final long count;
  private final int threads;
  private final Thread caller = Thread.currentThread();
  private final AtomicLong claimed = new AtomicLong();
  private final AtomicLong finished = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile boolean callerSleeps;

  private ParallelRun(Tiles tiles, long count, int threads) {
    this.tiles = tiles;
    this.count = count;
    this.threads = threads;
  }

  /**
   * Runs all tiles and returns when they are complete. Interrupts do not end it and stay pending.
   *
   * @throws RuntimeException the first failure of a tile or of the executor; tiles not begun by
   *     then are left out
   */
  public static void run(long count, Executor executor, int threads, Tiles tiles) {
    Spin.requireValidSetting();
    ParallelRun job = new ParallelRun(tiles, count, threads);
    long helpers = Math.min(threads, count) - 1;
    Spin.wake();
    try {
      for (long i = 0; i < helpers && job.offer(executor); i++) {}
      job.run();
      job.await();
    } finally {
      Spin.sleep();
    }
    job.tiles = null;
    job.rethrow();
  }

  @Override
  public void run() {
    long done = 0;
    long begin;
    while ((begin = claimed.get()) < count) {
      long end = begin + range(count - begin);
      if (claimed.compareAndSet(begin, end)) {
        compute(begin, end);
        done += end - begin;
      }
    }
    if (done > 0 && finished.addAndGet(done) == count && callerSleeps) {
      LockSupport.unpark(caller);
    }
  }

  /**
   * An equal share of the tiles that are left: large at first, since tiles computed together share
   * the packing of activations, and small at the end, so that all threads end at the same time.
   * (Half of that share costs 2 to 5 % at two threads.)
   */
  private long range(long left) {
    return Math.max(1, left / threads);
  }

  private void compute(long begin, long end) {
    try {
      if (failure.get() == null) {
        tiles.run(begin, end);
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  private boolean offer(Executor executor) {
    try {
      executor.execute(this);
      return true;
    } catch (RejectedExecutionException e) {
      return false; // The caller computes what nobody else does.
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
      return false;
    }
  }

  private void await() {
    if (Spin.until(this::complete)) {
      return;
    }
    callerSleeps = true; // before it looks again: who finishes last sees it, or is seen
    boolean interrupted = false;
    while (!complete()) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      caller.interrupt();
    }
  }

  private boolean complete() {
    return finished.get() == count;
  }

  private void rethrow() {
    Throwable e = failure.get();
    if (e instanceof Error error) {
      throw error;
    }
    if (e instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Computes the tiles from {@code begin} to {@code end - 1}. */
  public interface Tiles {
    void run(long begin, long end);
  }
}
