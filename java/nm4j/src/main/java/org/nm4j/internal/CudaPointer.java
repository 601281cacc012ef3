/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.lang.ref.Reference;

/**
 * Memory of a GPU that somebody else allocated and frees.
 *
 * @param device index of the GPU
 * @param address where it begins
 * @param owner what keeps it, and is kept reachable
 */
public record CudaPointer(int device, long address, Object owner) implements CudaMemory {
  @Override
  public long acquire() {
    return address;
  }

  @Override
  public void release() {
    Reference.reachabilityFence(owner);
  }
}
