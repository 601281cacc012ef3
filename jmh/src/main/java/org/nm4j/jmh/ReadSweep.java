/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sdot;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The floor of work that is bound by reading memory: reads slice after slice of a buffer much
 * larger than the caches, as OpenBLAS's {@code cblas_sdot} of the halves of a slice. Runs on the
 * threads given to OpenBLAS.
 */
final class ReadSweep implements Contender {
  static final String NAME = "read";

  /** Bytes that one run reads. */
  static final long BYTES = 8L << 20;

  private static final int SLICES = 32;
  private static final int HALF = (int) (BYTES / Float.BYTES / 2);

  private final FloatPointer buffer = new FloatPointer(2L * HALF * SLICES);
  private final FloatPointer low = new FloatPointer(buffer);
  private final FloatPointer high = new FloatPointer(buffer);
  private int slice;

  ReadSweep() {
    Pointer.memset(buffer, 0, BYTES * SLICES); // else every page is the same page of zeros
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Role role() {
    return Role.FLOOR;
  }

  @Override
  public long bytes() {
    return BYTES;
  }

  @Override
  public void run() {
    low.position(2L * HALF * slice);
    high.position(2L * HALF * slice + HALF);
    slice = (slice + 1) % SLICES;
    float dot = cblas_sdot(HALF, low, 1, high, 1);
    if (dot != 0) {
      throw new IllegalStateException("the dot product of zeros is " + dot);
    }
  }

  @Override
  public void close() {
    buffer.close();
  }
}
