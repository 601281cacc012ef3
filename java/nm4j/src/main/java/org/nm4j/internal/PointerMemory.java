/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.Buffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** The memory of a JavaCPP pointer, of any size. */
public final class PointerMemory implements Memory {
  private final Pointer pointer;
  private final long address;

  /**
   * Takes what a pointer points to now; moving its position later changes nothing here.
   *
   * @throws IllegalArgumentException when it is null or not aligned to its elements
   */
  public PointerMemory(Pointer pointer) {
    if (pointer.isNull()) {
      throw new IllegalArgumentException("pointer must point to memory, got the null pointer");
    }
    this.pointer = copy(pointer);
    this.address = pointer.address() + pointer.position() * pointer.sizeof();
    Alignment.require("pointer", address, pointer.sizeof());
  }

  private static Pointer copy(Pointer pointer) {
    if (pointer instanceof FloatPointer floats) {
      return new FloatPointer(floats);
    }
    if (pointer instanceof ShortPointer shorts) {
      return new ShortPointer(shorts);
    }
    return pointer instanceof IntPointer ints ? new IntPointer(ints) : new BytePointer(pointer);
  }

  /** A new pointer, of the kind of the first, to {@code count} elements from {@code from}. */
  public Pointer pointer(long from, long count) {
    long position = pointer.position() + from;
    return copy(pointer).position(position).limit(position + count);
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
  public Buffer buffer(long from, int count) {
    return pointer(from, count).asBuffer();
  }
}
