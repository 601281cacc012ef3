/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** Weights in memory of a GPU, in the form that its products consume. */
public abstract class CudaPacked extends NativeHandle {
  /** Owns a handle. */
  CudaPacked(long address, Runnable free) {
    super("matrix", address, free);
  }

  /** What a native function makes. */
  static long create(Maker maker) {
    CudaLoader.load();
    long[] out = new long[1];
    CudaStatus.check(maker.make(out));
    return out[0];
  }

  /** The memory of the GPU that they occupy. */
  public final long bytes() {
    long[] bytes = new long[1];
    try (Call call = new Call()) {
      CudaStatus.check(bytes(call.use(this), bytes));
    }
    return bytes[0];
  }

  abstract int bytes(long address, long[] bytes);

  /** Whether {@link #pack} looks at the mask. */
  public abstract boolean needsMask();

  /**
   * Queues packing of dense weights of this type, zeros where nothing is kept, and, if it is
   * needed, their mask. Nothing is checked. Within a call that holds all of it.
   */
  public abstract int pack(long address, long stream, long dense, long ld, long mask);

  /** Queues a product, within a call that holds all of it. */
  public abstract int multiply(long address, long stream, CudaProduct product);

  /** What computes products. */
  public abstract String kernel();

  /** Makes a handle. */
  interface Maker {
    int make(long[] out);
  }
}
