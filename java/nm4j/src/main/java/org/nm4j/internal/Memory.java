/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.FloatBuffer;

/** Floats outside the heap, owned by someone else and kept alive by this object. */
public interface Memory {
  /** Address of element 0. */
  long address();

  /** Whether nm4j may only read. */
  boolean readOnly();

  /** Element {@code index}. */
  float get(long index);

  /** Sets element {@code index}. */
  void put(long index, float value);

  /** A new view of the elements from {@code from}, {@code count} of them. */
  FloatBuffer buffer(long from, int count);
}
