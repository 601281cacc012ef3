/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A handle of the native library: counts the calls in progress, so that it is never freed under
 * one, and frees itself when it is forgotten.
 */
public abstract class NativeHandle implements Held {
  private static final int CLOSED = -1;
  private static final int EXCLUSIVE = -2;

  /** Calls in progress, or one of the states above. */
  private final AtomicInteger users = new AtomicInteger();

  private final String name;
  private final long address;
  private final Cleaner.Cleanable memory;

  /**
   * Owns a handle.
   *
   * @param name what messages call it
   * @param address the handle
   * @param free frees it; must not refer to this object
   */
  protected NativeHandle(String name, long address, Runnable free) {
    this.name = name;
    this.address = address;
    memory = Cleaners.CLEANER.register(this, free);
  }

  @Override
  public long acquire() {
    while (true) {
      int n = users.get();
      if (n < 0) {
        throw unavailable(n);
      }
      if (users.compareAndSet(n, n + 1)) {
        return address;
      }
    }
  }

  @Override
  public void release() {
    users.decrementAndGet();
    Reference.reachabilityFence(this);
  }

  /**
   * Begins a call that tolerates no other.
   *
   * @throws IllegalStateException when closed or in use
   */
  public long acquireExclusively() {
    if (!users.compareAndSet(0, EXCLUSIVE)) {
      throw unavailable(users.get());
    }
    return address;
  }

  /** Ends an exclusive call. */
  public void releaseExclusively() {
    users.set(0);
    Reference.reachabilityFence(this);
  }

  /** Whether the memory is freed. */
  public boolean isClosed() {
    return users.get() == CLOSED;
  }

  /**
   * Frees the memory, once.
   *
   * @throws IllegalStateException when in use; then nothing happens
   */
  public void close() {
    while (!users.compareAndSet(0, CLOSED)) {
      int n = users.get();
      if (n == CLOSED) {
        return;
      }
      if (n != 0) {
        throw unavailable(n);
      }
    }
    memory.clean();
  }

  private IllegalStateException unavailable(int users) {
    return new IllegalStateException(
        users == CLOSED
            ? "the " + name + " is closed"
            : "the "
                + name
                + " is in use by "
                + Math.max(users, 1)
                + (users > 1 ? " calls" : " call"));
  }

  /** Lazy: no cleaner thread before the first handle. */
  private static final class Cleaners {
    static final Cleaner CLEANER = Cleaner.create();
  }
}
