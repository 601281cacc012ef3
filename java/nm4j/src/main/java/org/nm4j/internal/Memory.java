/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.Buffer;

/** Elements outside the heap, owned by someone else and kept alive by this object. */
public interface Memory {
  /** Address of element 0. */
  long address();

  /** Whether nm4j may only read. */
  boolean readOnly();

  /** A new view of the elements from {@code from}, {@code count} of them. */
  Buffer buffer(long from, int count);
}
