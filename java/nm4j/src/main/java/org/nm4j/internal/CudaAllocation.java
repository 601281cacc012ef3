/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.nm4j.ErrorCode;
import org.nm4j.Nm4jException;

/**
 * Memory of a GPU that nm4j allocated. Freeing it waits until the GPU has done all work queued so
 * far: what is in flight never loses its memory.
 */
public final class CudaAllocation extends NativeHandle implements CudaMemory {
  /** Milliseconds; all waits together are about twice that. */
  private static final int LONGEST_WAIT = 256;

  private final int device;
  private final long address;
  private final long bytes;

  /**
   * Allocates, contents unspecified.
   *
   * @throws org.nm4j.Nm4jException {@code OUT_OF_MEMORY}, {@code UNAVAILABLE}
   */
  public CudaAllocation(int device, long bytes) {
    this(device, allocate(device, bytes), bytes);
  }

  private CudaAllocation(int device, long address, long bytes) {
    super("device memory", address, () -> CudaBindings.nm_cuda_free(device, address));
    this.device = device;
    this.address = address;
    this.bytes = bytes;
  }

  /** The collector does not know that a GPU is full: it is asked, as for direct buffers. */
  private static long allocate(int device, long bytes) {
    CudaLoader.load();
    long[] out = new long[1];
    int status = CudaBindings.nm4j_cuda_alloc(device, bytes, out);
    for (int wait = 1; status == Bindings.NM_OUT_OF_MEMORY && wait <= LONGEST_WAIT; wait *= 2) {
      String message = CudaBindings.nm_cuda_last_error();
      System.gc();
      try {
        Thread.sleep(wait); // while forgotten memory is freed
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Nm4jException(ErrorCode.OUT_OF_MEMORY, message);
      }
      status = CudaBindings.nm4j_cuda_alloc(device, bytes, out);
    }
    CudaStatus.check(status);
    return out[0];
  }

  @Override
  public int device() {
    return device;
  }

  @Override
  public long address() {
    return address;
  }

  /** Its size. */
  public long bytes() {
    return bytes;
  }
}
