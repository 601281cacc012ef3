/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tokens as tensors. */
final class Longs {
  private Longs() {}

  static Tensor tensor(long[] values) {
    try (LongPointer pointer = new LongPointer(values)) {
      TensorOptions options = new TensorOptions(ScalarType.Long);
      return torch.from_blob(pointer, new long[] {values.length}, options).clone();
    }
  }
}
