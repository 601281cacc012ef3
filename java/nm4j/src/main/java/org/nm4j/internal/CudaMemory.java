/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.nio.Buffer;

/** Memory of a GPU, which the CPU cannot reach. */
public interface CudaMemory extends Memory, Held {
  /** Index of the GPU. */
  int device();

  @Override
  default boolean readOnly() {
    return false;
  }

  @Override
  default Buffer buffer(long from, int count) {
    throw new IllegalStateException(
        "expected a matrix in host memory, got one on cuda:" + device() + "; copy it first");
  }
}
