/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.IntBuffer;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.DeviceStream;

/** What a kernel has found: how many, and where the first one lies. Numbers of 64 bits. */
public final class CudaFindings {
  /** As pairs of 32 bits, low halves first. */
  private final DenseMatrix there;

  private final DenseMatrix here = DenseMatrix.allocate(DType.S32, 1, 4);

  CudaFindings(Device device) {
    there = DenseMatrix.allocate(device, DType.S32, 1, 4);
  }

  DenseMatrix memory() {
    return there;
  }

  /** Waits for the stream, and reads what its work has found. */
  void read(DeviceStream stream) {
    stream.copy(there, here);
    stream.synchronize();
  }

  /** How many. */
  public long count() {
    return number(0);
  }

  /** The first one, as row * columns + column; -1 if there is none. */
  public long first() {
    return number(2);
  }

  void free() {
    ((CudaAllocation) Matrices.get().memory(there)).close();
  }

  private long number(int at) {
    IntBuffer halves = here.int32Buffer();
    return (long) halves.get(at + 1) << Integer.SIZE | halves.get(at) & 0xffffffffL;
  }
}
