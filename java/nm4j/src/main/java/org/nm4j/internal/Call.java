/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.ArrayList;
import java.util.List;

/** All that one call uses, held until it returns. */
public final class Call implements AutoCloseable {
  private final List<Held> held = new ArrayList<>(8);

  /** Nothing yet. */
  public Call() {}

  /**
   * Holds one thing more.
   *
   * @return its address
   * @throws IllegalStateException when it is closed
   */
  public long use(Held one) {
    long address = one.acquire();
    held.add(one);
    return address;
  }

  @Override
  public void close() {
    held.forEach(Held::release);
  }
}
