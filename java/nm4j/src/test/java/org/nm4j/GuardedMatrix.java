/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;

/**
 * A matrix amid sentinels: before its first element, between its rows and after its last. They are
 * NaN, so that reading one shows in the result, and of one bit pattern, so that a write shows too.
 */
final class GuardedMatrix {
  private static final int SENTINEL = 0x7fc0dead;
  private static final int MARGIN = 37; // odd: the matrix starts at no boundary

  private final FloatBuffer memory;
  private final int rows;
  private final int cols;
  private final int ld;
  private final DenseMatrix view;

  GuardedMatrix(int rows, int cols, int gap) {
    this.rows = rows;
    this.cols = cols;
    this.ld = cols + gap;
    this.memory = Samples.direct(MARGIN + rows * ld + MARGIN);
    for (int i = 0; i < memory.capacity(); i++) {
      memory.put(i, Float.intBitsToFloat(SENTINEL));
    }
    this.view = DenseMatrix.of(memory.duplicate().position(MARGIN), rows, cols, ld);
  }

  GuardedMatrix(float[] values, int rows, int cols, int gap) {
    this(rows, cols, gap);
    view.copyFrom(values);
  }

  DenseMatrix view() {
    return view;
  }

  void assertGuardsIntact() {
    for (int i = 0; i < memory.capacity(); i++) {
      int at = i - MARGIN;
      boolean element = at >= 0 && at < rows * ld && at % ld < cols;
      if (!element) {
        assertEquals(SENTINEL, Float.floatToRawIntBits(memory.get(i)), "guard at " + at);
      }
    }
  }
}
