/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The alignment that native code needs: that of a float. */
final class Alignment {
  private Alignment() {}

  static void require(String name, long address) {
    long excess = address % Float.BYTES;
    if (excess != 0) {
      throw new IllegalArgumentException(
          name + " must start at a multiple of 4 bytes, got one " + excess + " bytes beyond");
    }
  }
}
