/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** The memory of a direct buffer. */
public final class BufferMemory implements Memory {
  /** The boundary of memory that nm4j allocates, in bytes: a cache line. */
  private static final int ALIGNMENT = 64;

  private static final int MAX_BYTES = Integer.MAX_VALUE - 2 * ALIGNMENT;

  private final FloatBuffer buffer;
  private final long address;

  /**
   * Takes what is between a buffer's position and limit.
   *
   * @throws IllegalArgumentException unless the buffer is direct, in native order and aligned
   */
  public BufferMemory(FloatBuffer buffer) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException(
          "buffer must be direct, got a heap buffer; copy it or use DenseMatrix.copyOf");
    }
    if (buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "buffer must be in native order "
              + ByteOrder.nativeOrder()
              + ", got "
              + buffer.order()
              + "; call order(ByteOrder.nativeOrder()) before asFloatBuffer()");
    }
    Loader.load();
    this.buffer = buffer.slice();
    this.address = Bindings.address(this.buffer);
    Alignment.require("buffer", address);
  }

  /** New zeros, aligned to a cache line. */
  public static BufferMemory allocate(long elements) {
    return new BufferMemory(bytes(Math.multiplyExact(elements, Float.BYTES)).asFloatBuffer());
  }

  /**
   * New zero bytes, aligned to a cache line, in native order.
   *
   * @throws IllegalArgumentException when they exceed a Java buffer
   */
  public static ByteBuffer bytes(long bytes) {
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          bytes
              + " bytes do not fit a Java buffer, which holds "
              + MAX_BYTES
              + "; work in blocks of rows");
    }
    // alignedSlice cuts both ends down to the boundary, so both need room.
    int room = (int) (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
    return ByteBuffer.allocateDirect(room)
        .alignedSlice(ALIGNMENT)
        .slice(0, (int) bytes)
        .order(ByteOrder.nativeOrder());
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public boolean readOnly() {
    return buffer.isReadOnly();
  }

  @Override
  public float get(long index) {
    return buffer.get((int) index);
  }

  @Override
  public void put(long index, float value) {
    buffer.put((int) index, value);
  }

  @Override
  public FloatBuffer buffer(long from, int count) {
    return buffer.slice((int) from, count);
  }
}
