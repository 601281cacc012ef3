/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.Function;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.junit.jupiter.api.Test;
import org.nm4j.DType;
import org.nm4j.Execution;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

/** With a full mask nm4j's optimisers are PyTorch's. */
class TorchOptimizerTest {
  private static final int STEPS = 200;
  private static final float LR = 0.01f;

  @Test
  void sgd() {
    compare(Optimizer.sgd(LR), sgd(0, 0, false));
    compare(Optimizer.sgd(LR).weightDecay(0.1f), sgd(0, 0.1, false));
  }

  @Test
  void sgdWithMomentum() {
    compare(Optimizer.sgd(LR).momentum(0.9f), sgd(0.9, 0, false));
    compare(Optimizer.sgd(LR).momentum(0.9f).weightDecay(0.1f), sgd(0.9, 0.1, false));
  }

  @Test
  void sgdWithDampening() {
    SGDOptions options = new SGDOptions(LR);
    options.momentum().put(0.9);
    options.dampening().put(0.3);
    compare(Optimizer.sgd(LR).momentum(0.9f).dampening(0.3f), w -> new SGD(w, options));
  }

  @Test
  void nesterov() {
    Optimizer nesterov = Optimizer.sgd(LR).momentum(0.9f).nesterov(true);
    compare(nesterov, sgd(0.9, 0, true));
    compare(nesterov.weightDecay(0.1f), sgd(0.9, 0.1, true));
  }

  @Test
  void adam() {
    for (double decay : new double[] {0, 0.1}) {
      AdamOptions options = new AdamOptions(LR);
      options.weight_decay().put(decay);
      compare(Optimizer.adam(LR).weightDecay((float) decay), w -> new Adam(w, options));
    }
  }

  @Test
  void adamW() {
    for (double decay : new double[] {0, 0.01, 0.1}) {
      AdamWOptions options = new AdamWOptions(LR);
      options.weight_decay().put(decay);
      compare(Optimizer.adamW(LR).weightDecay((float) decay), w -> new AdamW(w, options));
    }
  }

  /** The comparison notices another optimiser. */
  @Test
  void aDifferenceShows() {
    assertTrue(distance(Optimizer.sgd(LR).momentum(0.9f), sgd(0.9, 0, true)) > 1e-3);
  }

  private static Function<TensorVector, org.bytedeco.pytorch.Optimizer> sgd(
      double momentum, double weightDecay, boolean nesterov) {
    SGDOptions options = new SGDOptions(LR);
    options.momentum().put(momentum);
    options.weight_decay().put(weightDecay);
    options.nesterov().put(nesterov);
    return w -> new SGD(w, options);
  }

  /** Both round a few times in each of the steps, in fp32; weights stay below 4. */
  private static void compare(
      Optimizer nm4j, Function<TensorVector, org.bytedeco.pytorch.Optimizer> torch) {
    assertEquals(0, distance(nm4j, torch), 5e-5, nm4j::toString);
  }

  /** The largest difference between weights after the steps. */
  private static double distance(
      Optimizer nm4j, Function<TensorVector, org.bytedeco.pytorch.Optimizer> torch) {
    SplittableRandom random = new SplittableRandom(7);
    Operand w = GemmProblem.random(DType.F32, 5, 37, random);
    Tensor tensor = TorchContender.tensor(w);
    tensor.set_requires_grad(true);
    org.bytedeco.pytorch.Optimizer optimizer = torch.apply(new TensorVector(tensor));
    MaskedParameter parameter = MaskedParameter.builder("w", w.matrix).build();
    for (int step = 0; step < STEPS; step++) {
      Operand grad = GemmProblem.random(DType.F32, 5, 37, random);
      tensor.mutable_grad().put(TorchContender.tensor(grad));
      optimizer.step();
      parameter.step(grad.matrix, nm4j, MaskRule.srSte(), Execution.caller());
    }
    float[] expected = TorchContender.floats(tensor);
    float[] actual = w.matrix.toArray();
    double distance = 0;
    for (int i = 0; i < actual.length; i++) {
      distance = Math.max(distance, Math.abs(expected[i] - actual[i]));
    }
    return distance;
  }
}
