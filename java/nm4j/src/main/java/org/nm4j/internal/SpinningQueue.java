/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The tasks of a pool whose threads, when idle, poll for the next product before they sleep. */
final class SpinningQueue extends LinkedBlockingQueue<Runnable> {
  private static final long serialVersionUID = 1;

  /** How the threads of a pool that lets all of them time out fetch tasks. */
  @Override
  public Runnable poll(long timeout, TimeUnit unit) throws InterruptedException {
    while (Spin.until(() -> !isEmpty())) {
      Runnable task = poll();
      if (task != null) { // else another thread was faster
        return task;
      }
    }
    Spin.sleep();
    try {
      return super.poll(timeout, unit);
    } finally {
      Spin.wake();
    }
  }
}
