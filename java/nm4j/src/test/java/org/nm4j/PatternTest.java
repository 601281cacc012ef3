/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatternTest {
  @Test
  void everyPatternWithinTheBoundsReadsBackWhatItWrites() {
    for (int m = 2; m <= Pattern.MAX_M; m++) {
      for (int n = 1; n < m; n++) {
        Pattern pattern = Pattern.of(n, m);
        assertEquals(pattern, Pattern.parse(pattern.toString()));
        assertEquals((double) n / m, pattern.density());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0,4", "4,4", "5,4", "-1,4", "1,0", "0,0", "1,1", "2,-4", "1,33", "2147483647,2"})
  void patternsOutsideTheBoundsAreRefused(int n, int m) {
    Exception e = assertThrows(IllegalArgumentException.class, () -> Pattern.of(n, m));
    assertTrue(e.getMessage().contains("got " + n + ":" + m), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "2", "2:", ":4", "2/4", "2:4 ", " 2:4", "a:b", "2:4:8", "+2:4", "2.0:4", "-2:4"
      })
  void otherTextIsRefused(String text) {
    Exception e = assertThrows(IllegalArgumentException.class, () -> Pattern.parse(text));
    assertTrue(e.getMessage().contains("\"" + text + "\""), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0:4", "4:4", "5:4", "1:33", "99999999999999999999:4"})
  void textOfPatternsOutsideTheBoundsIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> Pattern.parse(text));
  }

  @Test
  void nullTextIsRefused() {
    assertThrows(NullPointerException.class, () -> Pattern.parse(null));
  }

  @ParameterizedTest
  @CsvSource({
    "2,4,0,0",
    "2,4,1,1",
    "2,4,2,2",
    "2,4,3,2",
    "2,4,4,2",
    "2,4,7,4",
    "1,4,10,3",
    "31,32,33,32",
    "31,32,9223372036854775807,8935141660703064064"
  })
  void keptPerRowCountsTheShortGroupToo(int n, int m, long cols, long kept) {
    assertEquals(kept, Pattern.of(n, m).keptPerRow(cols));
  }

  @Test
  void negativeColumnsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Pattern.P2_4.keptPerRow(-1));
  }
}
