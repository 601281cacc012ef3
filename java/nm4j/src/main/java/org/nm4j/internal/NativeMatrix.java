/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The handle of an {@code nm_matrix}: counts the calls in progress, so that it is never freed under
 * one, and frees itself when it is forgotten.
 */
public final class NativeMatrix {
  private static final int CLOSED = -1;
  private static final int EXCLUSIVE = -2;

  /** Calls in progress, or one of the states above. */
  private final AtomicInteger users = new AtomicInteger();

  private final long address;
  private final Cleaner.Cleanable memory;

  /** Makes an empty matrix. */
  public NativeMatrix(long rows, long cols, int n, int m, int dtype, int workload) {
    this(create(rows, cols, n, m, dtype, workload));
  }

  /** Owns a handle. */
  private NativeMatrix(long handle) {
    address = handle;
    memory = Cleaners.CLEANER.register(this, () -> Bindings.nm_matrix_free(handle));
  }

  private static long create(long rows, long cols, int n, int m, int dtype, int workload) {
    long[] out = new long[1];
    Status.check(Bindings.nm_matrix_create(rows, cols, n, m, dtype, workload, out));
    return out[0];
  }

  /**
   * Makes the transpose of this sealed matrix.
   *
   * @throws IllegalStateException when closed
   */
  public NativeMatrix transposed() {
    long[] out = new long[1];
    long source = acquire();
    try {
      Status.check(Bindings.nm_matrix_transpose(source, out));
    } finally {
      release();
    }
    return new NativeMatrix(out[0]);
  }

  /**
   * A handle on one packing of this sealed matrix, which shares its memory.
   *
   * @return null when there is no such packing
   * @throws IllegalStateException when closed
   */
  public NativeMatrix restricted(int workload) {
    long[] out = new long[1];
    long source = acquire();
    try {
      int status = Bindings.nm_matrix_restrict(source, workload, out);
      if (status == Bindings.NM_UNSUPPORTED) {
        return null;
      }
      Status.check(status);
    } finally {
      release();
    }
    return new NativeMatrix(out[0]);
  }

  /**
   * The native memory it occupies, in bytes.
   *
   * @throws IllegalStateException when closed
   */
  public long bytes() {
    long[] bytes = new long[1];
    long matrix = acquire();
    try {
      Status.check(Bindings.nm_matrix_bytes(matrix, bytes));
      return bytes[0];
    } finally {
      release();
    }
  }

  /**
   * Begins a call. Every acquire needs a {@link #release} in a finally block.
   *
   * @throws IllegalStateException when closed
   */
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

  /** Ends a call. */
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

  private static IllegalStateException unavailable(int users) {
    return new IllegalStateException(
        users == CLOSED
            ? "the matrix is closed"
            : "the matrix is in use by " + Math.max(users, 1) + (users > 1 ? " calls" : " call"));
  }

  /** Lazy: no cleaner thread before the first matrix. */
  private static final class Cleaners {
    static final Cleaner CLEANER = Cleaner.create();
  }
}
