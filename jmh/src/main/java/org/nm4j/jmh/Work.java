/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;

/**
 * A case made ready.
 *
 * @param contenders everyone who does its work; exactly one of them is nm4j
 * @param kernel name of nm4j's kernel
 * @param check runs the contenders and throws {@link IllegalStateException} when one is wrong
 */
record Work(List<Contender> contenders, String kernel, Runnable check) implements AutoCloseable {
  Work {
    contenders = List.copyOf(contenders);
  }

  @Override
  public void close() {
    contenders.forEach(Contender::close);
  }
}
