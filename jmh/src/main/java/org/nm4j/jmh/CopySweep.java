/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** The floor of work that reads memory and writes it: {@code memcpy} between two buffers. */
final class CopySweep implements Contender {
  static final String NAME = "copy";

  private final long size;
  private final BytePointer from;
  private final BytePointer to;

  /**
   * @param size bytes of the source
   */
  CopySweep(long size) {
    this.size = size;
    from = new BytePointer(size);
    to = new BytePointer(size);
    Pointer.memset(from, 1, size);
    Pointer.memset(to, 0, size);
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
  public void run() {
    Pointer.memcpy(to, from, size);
  }

  /** What is read and what is written. */
  @Override
  public long bytes() {
    return 2 * size;
  }

  @Override
  public void close() {
    from.close();
    to.close();
  }
}
