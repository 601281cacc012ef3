/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.DenseMatrix;
import org.nm4j.Pattern;

/** Verifies weights that were pruned by magnitude. */
final class PruningCheck {
  private PruningCheck() {}

  /**
   * Every weight is kept as it was or 0; in each group N are kept, and none that is dropped is
   * larger than one that is kept.
   *
   * @throws IllegalStateException when it is not so
   */
  static void verify(String name, Operand w, DenseMatrix pruned, Pattern pattern) {
    for (int row = 0; row < w.rows; row++) {
      for (int start = 0; start < w.cols; start += pattern.m()) {
        int end = Math.min(w.cols, start + pattern.m());
        int kept = 0;
        float smallestKept = Float.POSITIVE_INFINITY;
        float largestDropped = 0;
        for (int col = start; col < end; col++) {
          float before = w.get(row, col);
          float after = pruned.get(row, col);
          if (after != 0) {
            kept++;
            smallestKept = Math.min(smallestKept, Math.abs(after));
          } else {
            largestDropped = Math.max(largestDropped, Math.abs(before));
          }
          if (after != 0 && after != before) {
            throw wrong(name, row, col, "weight " + before + " became " + after);
          }
        }
        if (kept != Math.min(pattern.n(), end - start)) {
          throw wrong(name, row, start, kept + " weights of the group are kept");
        }
        if (smallestKept < largestDropped) {
          throw wrong(
              name, row, start, "of the group " + smallestKept + " is kept, not " + largestDropped);
        }
      }
    }
  }

  private static IllegalStateException wrong(String name, int row, int col, String what) {
    return new IllegalStateException("%s: row %d, column %d: %s".formatted(name, row, col, what));
  }
}
