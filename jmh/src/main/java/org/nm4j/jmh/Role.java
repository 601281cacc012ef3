/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Locale;

/** What a contender stands for in a comparison. */
enum Role {
  /** nm4j, which the others are compared with. */
  NM4J,
  /** A dense library; nm4j's result is its ratio to the fastest of them. */
  DENSE,
  /** What no implementation can beat, such as reading the weights at the memory's bandwidth. */
  FLOOR,
  /** nm4j in another way, such as with an epilogue. */
  VARIANT;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
