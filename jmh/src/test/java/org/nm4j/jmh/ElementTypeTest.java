/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElementTypeTest {
  private static float stored(ElementType type, float value) {
    Operand operand = new Operand(type, 2, 3);
    operand.fill(0);
    operand.set(1, 2, value);
    assertEquals(0, operand.get(1, 1));
    return operand.get(1, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 0.1, 0.1",
    "BF16, 1.00390625, 1", // halfway between 1 and 1.0078125: ties to even
    "BF16, 1.01171875, 1.015625", // halfway between 1.0078125 and 1.015625
    "BF16, -0.1, -0.10009765625",
    "S8, -127, -127",
    "U8, 255, 255"
  })
  void keepsTheNearestValue(ElementType type, float value, float expected) {
    assertEquals(expected, stored(type, value));
  }

  @Test
  void sizesAreThoseOfTheMemory() {
    for (ElementType type : ElementType.values()) {
      assertEquals(6 * type.bytes, new Operand(type, 2, 3).pointer().limit(), type.toString());
    }
  }

  @Test
  void onlyFp32IsADenseMatrix() {
    assertEquals(3, new Operand(ElementType.F32, 2, 3).dense().cols());
    assertThrows(IllegalStateException.class, () -> new Operand(ElementType.S8, 2, 3).dense());
  }
}
