/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The reference against published or hand-made values. */
class ReferenceTest {
  @Test
  void erfHasItsTabulatedValues() {
    assertEquals(0.520499877813046538, Reference.erf(0.5), 1e-15);
    assertEquals(-0.842700792949714869, Reference.erf(-1), 1e-15);
    assertEquals(0.995322265018952734, Reference.erf(2), 1e-13);
    assertEquals(0.999977909503001415, Reference.erf(3), 1e-15);
    assertEquals(Reference.erf(3 - 1e-9), Reference.erf(3), 1e-12);
  }

  @Test
  void magnitudeKeepsTheLargestAndOfEqualsTheFirst() {
    float[] w = {1, -1, 1, 0, /**/ 3, 2, -4, 1, /**/ 5, 6};
    assertArrayEquals(
        new byte[] {(byte) 0b0101_0011, 0b11},
        Reference.bytes(Reference.magnitude(w, 1, 10, Pattern.P2_4), 1, 10));
  }
}
