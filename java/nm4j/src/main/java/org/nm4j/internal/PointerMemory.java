/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;

/** The memory of a JavaCPP pointer, of any size. */
public final class PointerMemory implements Memory {
  private final FloatPointer pointer;
  private final long address;

  /**
   * Takes what a pointer points to now; moving its position later changes nothing here.
   *
   * @throws IllegalArgumentException when it is null or not aligned
   */
  public PointerMemory(FloatPointer pointer) {
    if (pointer.isNull()) {
      throw new IllegalArgumentException("pointer must point to memory, got the null pointer");
    }
    this.pointer = new FloatPointer(pointer);
    this.address = pointer.address() + pointer.position() * Float.BYTES;
    Alignment.require("pointer", address);
  }

  /** A new pointer to {@code count} elements from {@code from}. */
  public FloatPointer pointer(long from, long count) {
    long position = pointer.position() + from;
    return new FloatPointer(pointer).position(position).limit(position + count);
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public boolean readOnly() {
    return false;
  }

  @Override
  public float get(long index) {
    return pointer.get(index);
  }

  @Override
  public void put(long index, float value) {
    pointer.put(index, value);
  }

  @Override
  public FloatBuffer buffer(long from, int count) {
    return pointer(from, count).asBuffer();
  }
}
