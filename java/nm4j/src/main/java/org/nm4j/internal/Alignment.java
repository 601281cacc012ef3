/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The alignment that native code needs: that of an element. */
final class Alignment {
  private Alignment() {}

  static void require(String name, long address, int bytes) {
    long excess = address % bytes;
    if (excess != 0) {
      throw new IllegalArgumentException(
          name
              + " must start at a multiple of "
              + bytes
              + " bytes, got one "
              + excess
              + " bytes beyond");
    }
  }
}
