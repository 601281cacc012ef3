/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

/** One way to do the work of a case, ready to be called again and again. */
interface Contender extends AutoCloseable {
  /** As it appears in the results. */
  String name();

  void run();

  @Override
  void close();
}
