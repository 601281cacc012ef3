/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;
import org.nm4j.Device;
import org.nm4j.Nm4jException;

/**
 * The handle of an {@code nm_cuda_stream}, and what its queued work reads and writes: garbage
 * collection must not free that before the work is done.
 */
public final class CudaStream extends NativeHandle {
  /** How many objects to keep before the first look whether the work is done. */
  private static final int FIRST_LOOK = 64;

  /** What is used, and in which epoch it was used last. */
  private final Map<Object, Long> inFlight = new IdentityHashMap<>();

  /** What nobody uses now. Work on this stream alone writes there, so that order is no matter. */
  private final ArrayDeque<CudaFindings> findings = new ArrayDeque<>();

  /** The same for memory of any use; a call has one at most. */
  private final ArrayDeque<CudaAllocation> scratch = new ArrayDeque<>();

  private long epoch;
  private int nextLook = FIRST_LOOK;

  /** A stream of its own. */
  public CudaStream(int device) {
    this(create(device));
  }

  /** A stream on somebody else's {@code cudaStream_t}. */
  public CudaStream(int device, long raw) {
    this(wrap(device, raw));
  }

  private CudaStream(long address) {
    super("stream", address, () -> CudaBindings.nm_cuda_stream_free(address));
  }

  private static long create(int device) {
    CudaLoader.load();
    long[] out = new long[1];
    CudaStatus.check(CudaBindings.nm4j_cuda_stream_create(device, out));
    return out[0];
  }

  private static long wrap(int device, long raw) {
    CudaLoader.load();
    long[] out = new long[1];
    CudaStatus.check(CudaBindings.nm4j_cuda_stream_wrap(device, raw, out));
    return out[0];
  }

  /** Keeps reachable what work uses that is queued already, until that work is done. */
  public synchronized void keep(Object used) {
    if (inFlight.size() >= nextLook) {
      if (isKnownDone()) {
        inFlight.clear();
      }
      nextLook = Math.max(FIRST_LOOK, 2 * inFlight.size());
    }
    inFlight.put(used, epoch);
  }

  /** Whether all work queued so far is done. */
  public boolean isDone() {
    int[] done = new int[1];
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_stream_query(call.use(this), done));
    }
    return done[0] != 0;
  }

  /** False of work that has failed, too: who waits for it is told. */
  private boolean isKnownDone() {
    try {
      return isDone();
    } catch (Nm4jException e) {
      return false;
    }
  }

  /** Blocks until all work queued so far is done. */
  public void synchronize() {
    long past;
    synchronized (this) {
      past = epoch++;
    }
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_stream_synchronize(call.use(this)));
    }
    synchronized (this) {
      inFlight.values().removeIf(last -> last <= past);
    }
  }

  /** Memory for what a kernel finds, to be given back. */
  synchronized CudaFindings takeFindings(Device device) {
    return findings.isEmpty() ? new CudaFindings(device) : findings.pop();
  }

  synchronized void giveBack(CudaFindings free) {
    findings.push(free);
  }

  /** At least so many bytes, to be given back; what is too small makes place. */
  CudaAllocation takeScratch(Device device, long bytes) {
    CudaAllocation small;
    synchronized (this) {
      for (CudaAllocation free : scratch) {
        if (free.bytes() >= bytes) {
          scratch.remove(free);
          return free;
        }
      }
      small = scratch.poll();
    }
    if (small != null) {
      small.close(); // waits for the work
    }
    return new CudaAllocation(device.index(), bytes);
  }

  void giveBack(CudaAllocation free) {
    synchronized (this) {
      if (!isClosed()) {
        scratch.push(free);
        return;
      }
    }
    free.close();
  }

  @Override
  public void close() {
    super.close(); // waits for the work
    synchronized (this) {
      inFlight.clear();
      findings.forEach(CudaFindings::free);
      findings.clear();
      scratch.forEach(CudaAllocation::close);
      scratch.clear();
    }
  }
}
