/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

/** One way to do the work of a case, ready to be called again and again. */
interface Contender extends AutoCloseable {
  /** As it appears in the results. */
  String name();

  default Role role() {
    return Role.DENSE;
  }

  void run();

  /** How often one run does the work; more than once where a clock cannot tell a single time. */
  default int calls() {
    return 1;
  }

  /**
   * Bytes that one call has to read and write, where memory may be what binds; else 0. A floor's
   * time is compared for as many bytes as nm4j's.
   */
  default long bytes() {
    return 0;
  }

  @Override
  default void close() {}
}
