/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.openblas.global.openblas_nolapack.blas_set_num_threads;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** PyTorch by its JavaCPP preset: a contender whose tensors live as long as it does. */
abstract class TorchContender implements Contender {
  static final float LR = 1e-4f;
  static final float MOMENTUM = 0.9f;
  static final float WEIGHT_DECAY = 5e-5f;

  private final String name;

  TorchContender(String name, int threads) {
    this.name = name;
    torch.set_num_threads(threads);
    blas_set_num_threads(threads); // as the other peers of a run have it
  }

  @Override
  public final String name() {
    return name;
  }

  /** What a run makes is freed after it. */
  @Override
  @SuppressWarnings("try") // the scope is closed, and else not used
  public final void run() {
    try (PointerScope scope = new PointerScope()) {
      step();
    }
  }

  abstract void step();

  static SGDOptions sgd() {
    SGDOptions options = new SGDOptions(LR);
    options.momentum().put(MOMENTUM);
    options.weight_decay().put(WEIGHT_DECAY);
    return options;
  }

  /** A copy. */
  static Tensor tensor(Operand from) {
    Tensor tensor = torch.empty(from.rows, from.cols);
    tensor.copy_(torch.from_blob(from.floats(), from.rows, from.cols));
    return tensor;
  }

  @SuppressWarnings("try")
  static float[] floats(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.numel())];
    try (PointerScope scope = new PointerScope()) {
      new FloatPointer(tensor.data_ptr()).capacity(values.length).get(values);
    }
    return values;
  }
}
