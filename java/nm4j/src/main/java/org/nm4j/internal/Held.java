/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** Something native that nobody may free while a call uses it. */
public interface Held {
  /**
   * Begins a call. Every acquire needs a {@link #release} in a finally block.
   *
   * @return its address
   * @throws IllegalStateException when closed
   */
  long acquire();

  /** Ends a call. */
  void release();
}
