/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The handle of an {@code nm_cuda_event}. */
public final class CudaEvent extends NativeHandle {
  /** An event that was never recorded. */
  public CudaEvent(int device) {
    this(create(device));
  }

  private CudaEvent(long address) {
    super("event", address, () -> CudaBindings.nm_cuda_event_free(address));
  }

  private static long create(int device) {
    CudaLoader.load();
    long[] out = new long[1];
    CudaStatus.check(CudaBindings.nm4j_cuda_event_create(device, out));
    return out[0];
  }
}
