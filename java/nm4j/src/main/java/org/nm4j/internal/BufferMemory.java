/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/** The memory of a direct buffer. */
public final class BufferMemory implements Memory {
  /** The boundary of memory that nm4j allocates, in bytes: a cache line. */
  private static final int ALIGNMENT = 64;

  private static final int MAX_BYTES = Integer.MAX_VALUE - 2 * ALIGNMENT;

  private final Buffer buffer;
  private final long address;

  /**
   * Takes what is between a buffer's position and limit.
   *
   * @throws IllegalArgumentException unless the buffer is direct, in native order and aligned to
   *     its elements of {@code bytes}
   */
  public BufferMemory(Buffer buffer, int bytes) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException(
          "buffer must be direct, got a heap buffer; copy it or use DenseMatrix.copyOf");
    }
    if (order(buffer) != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "buffer must be in native order "
              + ByteOrder.nativeOrder()
              + ", got "
              + order(buffer)
              + "; call order(ByteOrder.nativeOrder()) before asFloatBuffer()");
    }
    Loader.load();
    this.buffer = buffer.slice();
    this.address = Bindings.address(this.buffer);
    Alignment.require("buffer", address, bytes);
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

  /** Bytes have no order. */
  private static ByteOrder order(Buffer buffer) {
    if (buffer instanceof FloatBuffer floats) {
      return floats.order();
    }
    if (buffer instanceof ShortBuffer shorts) {
      return shorts.order();
    }
    return buffer instanceof IntBuffer ints ? ints.order() : ByteOrder.nativeOrder();
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
  public Buffer buffer(long from, int count) {
    return buffer.slice((int) from, count);
  }
}
