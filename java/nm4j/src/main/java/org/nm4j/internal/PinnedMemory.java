/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Host memory that GPUs reach directly. */
public final class PinnedMemory {
  private PinnedMemory() {}

  /**
   * New zero bytes in native order, freed when the buffer and all its views are forgotten.
   *
   * @throws IllegalArgumentException when they exceed a Java buffer
   */
  public static ByteBuffer bytes(long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          bytes + " bytes do not fit a Java buffer; work in blocks of rows");
    }
    CudaLoader.load();
    long[] out = new long[1];
    CudaStatus.check(CudaBindings.nm4j_cuda_host_alloc(Math.max(bytes, 1), out));
    long address = out[0];
    ByteBuffer buffer = buffer(address, bytes);
    Cleaners.CLEANER.register(buffer, () -> CudaBindings.nm_cuda_host_free(address));
    ByteBuffer view = buffer.slice().order(ByteOrder.nativeOrder());
    while (view.hasRemaining()) {
      view.put((byte) 0);
    }
    return view.clear();
  }

  /** A direct buffer over memory that it does not own; see nm4j_cuda_jni.h. */
  private static native ByteBuffer buffer(long address, long bytes);

  /** Lazy: no cleaner thread before the first buffer. */
  private static final class Cleaners {
    static final Cleaner CLEANER = Cleaner.create();
  }
}
