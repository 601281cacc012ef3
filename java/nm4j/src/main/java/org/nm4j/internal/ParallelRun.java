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
 * claims ranges of tiles from a counter until none is left. The caller waits for claimed tiles
 * only, never for a helper that has not started; one that starts late finds nothing to claim.
 */
public final class ParallelRun implements Runnable {
  /** Ranges per thread: enough that an uneven start is levelled out. */
  private static final int RANGES_PER_THREAD = 4;

  private static final int SPINS = 1000;

  /** Null once the job is complete: a helper still queued somewhere keeps no matrix alive. */
  private Tiles tiles;

  private final long count;
  private final long range;
  private final Thread caller = Thread.currentThread();
  private final AtomicLong claimed = new AtomicLong();
  private final AtomicLong finished = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  private ParallelRun(Tiles tiles, long count, long range) {
    this.tiles = tiles;
    this.count = count;
    this.range = range;
  }

  /**
   * Runs all tiles and returns when they are complete. Interrupts do not end it and stay pending.
   *
   * @throws RuntimeException the first failure of a tile or of the executor; tiles not begun by
   *     then are left out
   */
  public static void run(long count, Executor executor, int threads, Tiles tiles) {
    long range = Math.max(1, count / ((long) threads * RANGES_PER_THREAD));
    ParallelRun job = new ParallelRun(tiles, count, range);
    long helpers = Math.min(threads, (count + range - 1) / range) - 1;
    for (long i = 0; i < helpers && job.offer(executor); i++) {}
    job.run();
    job.await();
    job.tiles = null;
    job.rethrow();
  }

  @Override
  public void run() {
    long begin;
    while ((begin = claimed.getAndAdd(range)) < count) {
      long end = Math.min(begin + range, count);
      try {
        if (failure.get() == null) {
          tiles.run(begin, end);
        }
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
      }
      if (finished.addAndGet(end - begin) == count) {
        LockSupport.unpark(caller);
      }
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
    for (int i = 0; i < SPINS && finished.get() < count; i++) {
      Thread.onSpinWait();
    }
    boolean interrupted = false;
    while (finished.get() < count) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      caller.interrupt();
    }
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
