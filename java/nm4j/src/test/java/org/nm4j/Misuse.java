/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.function.Executable;

/** Assertions on the exceptions that misuse gives: their type and what their message tells. */
final class Misuse {
  private Misuse() {}

  static void illegalArgument(Executable call, String... words) {
    assertMessage(assertThrows(IllegalArgumentException.class, call), words);
  }

  static void illegalState(Executable call, String... words) {
    assertMessage(assertThrows(IllegalStateException.class, call), words);
  }

  static void outOfBounds(Executable call) {
    assertThrows(IndexOutOfBoundsException.class, call);
  }

  static void nullPointer(Executable call) {
    assertThrows(NullPointerException.class, call);
  }

  static void fails(ErrorCode code, Executable call, String... words) {
    Nm4jException e = assertThrows(Nm4jException.class, call);
    assertEquals(code, e.code());
    assertMessage(e, words);
  }

  private static void assertMessage(Exception e, String... words) {
    for (String word : words) {
      assertTrue(
          e.getMessage() != null && e.getMessage().contains(word),
          () -> "expected \"" + word + "\" in: " + e.getMessage());
    }
  }
}
