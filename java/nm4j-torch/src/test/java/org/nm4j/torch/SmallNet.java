/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network of plain modules with everything that matters: a stem, a sparse convolution, dropout.
 */
final class SmallNet extends Module {
  final Conv2dImpl stem = register_module("stem", conv(1, 16));
  final Conv2dImpl conv = register_module("conv", conv(16, 16));
  final BatchNorm2dImpl norm =
      register_module("norm", new BatchNorm2dImpl(new BatchNormOptions(16)));
  final LinearImpl fc1 = register_module("fc1", new LinearImpl(16 * 4 * 4, 32));
  final LinearImpl fc2 = register_module("fc2", new LinearImpl(32, 10));

  static SmallNet seeded(long seed) {
    torch.set_num_threads(1);
    torch.manual_seed(seed);
    return new SmallNet();
  }

  private static Conv2dImpl conv(long in, long out) {
    Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(3, 3));
    options.padding().put(new LongPointer(1, 1));
    return new Conv2dImpl(options);
  }

  Tensor forward(Tensor x) {
    Tensor y = torch.max_pool2d(torch.relu(stem.forward(x)), 2, 2);
    y = torch.relu(norm.forward(conv.forward(y))).flatten(1, -1);
    y = torch.dropout(torch.relu(fc1.forward(y)), 0.2, is_training());
    return fc2.forward(y);
  }

  /**
   * The loss of a batch that depends on the number only; the gradient is left in the parameters.
   */
  double backward(long batch) {
    try (PointerScope scope = new PointerScope()) {
      torch.manual_seed(1000 + batch);
      Tensor x = torch.randn(8, 1, 8, 8).to(stem.weight().scalar_type());
      Tensor y = torch.randint(10, new long[] {8}, new TensorOptions(ScalarType.Long));
      zero_grad(true);
      Tensor loss = torch.cross_entropy(forward(x), y);
      loss.backward();
      return loss.item_double();
    }
  }

  /** A copy, with the weights that this one computes with. */
  SmallNet inDoublePrecision() {
    SmallNet twin = new SmallNet();
    twin.train(is_training());
    copy(parameters(), twin.parameters());
    copy(buffers(), twin.buffers());
    return twin;
  }

  SmallNet inBf16() {
    to(ScalarType.BFloat16, false);
    return this;
  }

  private static void copy(TensorVector from, TensorVector to) {
    for (long i = 0; i < from.size(); i++) {
      Tensor tensor = from.get(i).detach();
      to.get(i).set_data(tensor.is_floating_point() ? tensor.to(ScalarType.Double) : tensor);
    }
  }

  SGD sgd() {
    SGDOptions options = new SGDOptions(0.05);
    options.momentum().put(0.9);
    options.weight_decay().put(1e-3);
    return new SGD(parameters(), options);
  }

  Adam adam() {
    return new Adam(parameters(), new AdamOptions(1e-3));
  }

  List<float[]> values() {
    List<float[]> values = new ArrayList<>();
    for (TensorVector tensors : List.of(parameters(), buffers())) {
      for (long i = 0; i < tensors.size(); i++) {
        values.add(floats(tensors.get(i)));
      }
    }
    return values;
  }

  /** Bit for bit. */
  static void assertSame(List<float[]> expected, List<float[]> got) {
    assertEquals(expected.size(), got.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), got.get(i));
    }
  }

  /** What two trainings have in common when one goes on as the other: bit for bit. */
  static void assertSame(Sparsifier expected, Sparsifier got) {
    assertEquals(expected.sparse().keySet(), got.sparse().keySet());
    for (String name : expected.sparse().keySet()) {
      SparseWeight a = expected.sparse().get(name);
      SparseWeight b = got.sparse().get(name);
      assertArrayEquals(floats(a.master()), floats(b.master()));
      assertEquals(a.parameter().mask(), b.parameter().mask());
      assertEquals(a.parameter().flips(), b.parameter().flips());
    }
    assertEquals(expected.curve(), got.curve());
    assertEquals(expected.steps(), got.steps());
  }

  static float[] floats(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      Tensor plain = tensor.detach().to(ScalarType.Float).contiguous();
      float[] values = new float[(int) plain.numel()];
      if (values.length > 0) {
        plain.data_ptr_float().get(values);
      }
      return values;
    }
  }
}
