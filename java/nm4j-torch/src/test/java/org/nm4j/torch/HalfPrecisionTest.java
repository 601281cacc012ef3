/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.Pattern;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Recipe;
import org.nm4j.train.SparsityReport;

/** Networks whose parameters are bfloat16: convolutions, linear layers and all the rest. */
class HalfPrecisionTest {
  private static Recipe recipe(MaskRule rule) {
    return Recipe.builder().rule(rule).build();
  }

  private static Tensor rounded(Tensor tensor) {
    return tensor.detach().to(ScalarType.BFloat16);
  }

  private static Optimizer optimizer(TensorVector parameters, String name, double rate) {
    if (name.equals("adam")) {
      return new Adam(parameters, new AdamOptions(rate));
    }
    SGDOptions options = new SGDOptions(rate);
    options.momentum().put(0.9);
    return new SGD(parameters, options);
  }

  /**
   * Straight-through steps are, bit for bit, those of PyTorch's optimiser on a float32 copy of each
   * sparse weight, of which the network sees the kept part, rounded.
   */
  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam"})
  void stepsAreThoseOfFloat32MastersByHand(String name) {
    SmallNet net = SmallNet.seeded(3).inBf16();
    SmallNet reference = SmallNet.seeded(3).inBf16();
    Tensor conv = master(reference.conv.weight());
    Tensor fc1 = master(reference.fc1.weight());
    TensorVector rest = new TensorVector();
    for (long i = 0; i < reference.parameters().size(); i++) {
      Tensor parameter = reference.parameters().get(i);
      long id = Tensors.id(parameter);
      if (id != Tensors.id(reference.conv.weight()) && id != Tensors.id(reference.fc1.weight())) {
        rest.push_back(parameter);
      }
    }
    Optimizer dense = optimizer(rest, name, 0.01);
    Optimizer masters = optimizer(new TensorVector(conv, fc1), name, 0.01);
    Optimizer all = optimizer(net.parameters(), name, 0.01);
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.ste()))) {
      for (int batch = 0; batch < 12; batch++) {
        show(conv.permute(0, 2, 3, 1), reference.conv.weight().permute(0, 2, 3, 1));
        show(fc1, reference.fc1.weight());
        double expected = reference.backward(batch);
        conv.mutable_grad().put(reference.conv.weight().grad().to(ScalarType.Float));
        fc1.mutable_grad().put(reference.fc1.weight().grad().to(ScalarType.Float));
        dense.step();
        masters.step();
        assertEquals(expected, net.backward(batch));
        sparsifier.step(all);
        assertMaster(conv, sparsifier, "conv.weight");
        assertMaster(fc1, sparsifier, "fc1.weight");
        assertArrayEquals(
            SmallNet.floats(reference.fc2.weight()), SmallNet.floats(net.fc2.weight()));
      }
    }
  }

  private static Tensor master(Tensor weight) {
    return weight.detach().to(ScalarType.Float).requires_grad_(true);
  }

  /** Writes the largest two of four neighbours, of equal ones the first, rounded, and zeros. */
  private static void show(Tensor master, Tensor shown) {
    Tensor groups = master.detach().abs().reshape(-1, 4);
    Tensor best = groups.argsort(true, 1, true).narrow(1, 0, 2); // bfloat16 has many ties
    Tensor kept = torch.zeros_like(groups).scatter_(1, best, new Scalar(1));
    shown.detach().copy_(master.detach().mul(kept.reshape_as(master)));
  }

  private static void assertMaster(Tensor expected, Sparsifier sparsifier, String name) {
    SparseWeight weight = sparsifier.sparse().get(name);
    assertArrayEquals(SmallNet.floats(expected), SmallNet.floats(weight.master()), name);
  }

  @Test
  void networkIsBf16AndMastersMoveByLessThanItCanShow() {
    SmallNet net = SmallNet.seeded(4).inBf16();
    Tensor weight = net.fc1.weight();
    long memory = weight.data_ptr().address();
    float[] before = SmallNet.floats(weight);
    Optimizer sgd = optimizer(net.parameters(), "sgd", 1e-6);
    Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()));
    for (int batch = 0; batch < 5; batch++) {
      net.backward(batch);
      float[] gradient = SmallNet.floats(weight.grad());
      sparsifier.step(sgd);
      assertTrue(Tensors.isBf16(weight) && Tensors.isBf16(weight.grad()));
      assertArrayEquals(gradient, SmallNet.floats(weight.grad()));
    }
    assertEquals(memory, weight.data_ptr().address());
    Map<String, SparsityReport.Line> lines =
        sparsifier.report().lines().stream()
            .collect(Collectors.toMap(line -> line.choice().weight().name(), line -> line));
    for (String name : List.of("conv.weight", "fc1.weight")) {
      assertEquals(Pattern.P2_4, lines.get(name).choice().pattern());
      assertTrue(lines.get(name).ok());
      assertEquals(0.5, lines.get(name).nonZeros(), 0.01);
    }
    float[] master = SmallNet.floats(sparsifier.sparse().get("fc1.weight").master());
    float[] masked = SmallNet.floats(weight);
    float[] shown = SmallNet.floats(rounded(sparsifier.sparse().get("fc1.weight").master()));
    int moved = 0;
    for (int i = 0; i < master.length; i++) {
      assertTrue(masked[i] == 0 || masked[i] == shown[i]);
      moved += master[i] != before[i] && shown[i] == before[i] ? 1 : 0;
    }
    assertTrue(moved > master.length / 2, "only " + moved + " of " + master.length);
    assertArrayEquals(masked, sparsifier.export().get("fc1.weight").decompress().toArray());
    sparsifier.finish();
    assertArrayEquals(masked, SmallNet.floats(weight));
    assertEquals(memory, weight.data_ptr().address());
  }

  @Test
  void detachGivesTheRoundedMastersBack() {
    SmallNet net = SmallNet.seeded(5).inBf16();
    List<float[]> before = net.values();
    Sparsifier.attach(net, recipe(MaskRule.srSte())).detach();
    SmallNet.assertSame(before, net.values());
    Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()));
    net.backward(0);
    sparsifier.step(optimizer(net.parameters(), "sgd", 0.1));
    float[] expected = SmallNet.floats(rounded(sparsifier.sparse().get("conv.weight").master()));
    sparsifier.detach();
    assertArrayEquals(expected, SmallNet.floats(net.conv.weight()));
    assertTrue(Tensors.isBf16(net.conv.weight()));
  }

  /**
   * nm4j's optimisers keep masters of what stays dense, too, so a network follows its float32 twin.
   */
  @Test
  void fusedOptimizersKeepMastersOfEverything() {
    SmallNet net = SmallNet.seeded(6).inBf16();
    SmallNet twin = SmallNet.seeded(6);
    copyInto(net, twin);
    org.nm4j.train.Optimizer adam = org.nm4j.train.Optimizer.adam(1e-5f);
    try (Sparsifier a = Sparsifier.attach(net, recipe(MaskRule.srSte()));
        Sparsifier b = Sparsifier.attach(twin, recipe(MaskRule.srSte()))) {
      float[] start = SmallNet.floats(twin.fc2.bias());
      for (int batch = 0; batch < 10; batch++) {
        net.backward(batch);
        a.step(adam);
        twin.backward(batch);
        b.step(adam);
      }
      float[] master = SmallNet.floats(a.fused().masters().get("fc2.bias"));
      assertFalse(Tensors.isBf16(a.fused().masters().get("fc2.bias")));
      assertArrayEquals(
          SmallNet.floats(rounded(a.fused().masters().get("fc2.bias"))),
          SmallNet.floats(net.fc2.bias()));
      // Ten steps of about 1e-5 each; rounded gradients have the same sign nearly everywhere.
      assertArrayEquals(SmallNet.floats(twin.fc2.bias()), master, 5e-5f);
      int moved = 0;
      for (int i = 0; i < master.length; i++) {
        moved += Math.abs(master[i] - start[i]) > 2e-5f ? 1 : 0;
      }
      assertTrue(moved > 5, "only " + moved + " of 10 biases moved");
    }
  }

  private static void copyInto(SmallNet from, SmallNet to) {
    for (long i = 0; i < from.parameters().size(); i++) {
      to.parameters().get(i).detach().copy_(from.parameters().get(i).detach());
    }
  }

  @Test
  void refusalsNameTheLayerAndChangeNothing() {
    SmallNet half = SmallNet.seeded(1).inBf16();
    half.fc1.to(ScalarType.Half, false);
    List<float[]> before = half.values();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Sparsifier.attach(half, Recipe.paper()));
    assertTrue(
        e.getMessage().startsWith("fc1.weight: expected contiguous float32 or bfloat16 on the CPU"),
        e.getMessage());
    assertTrue(e.getMessage().contains("got Half"), e.getMessage());
    SmallNet.assertSame(before, half.values());

    SmallNet nan = SmallNet.seeded(1).inBf16();
    nan.fc1.weight().detach().select(0, 0).fill_(new Scalar(Float.NaN));
    List<float[]> values = nan.values();
    assertThrows(RuntimeException.class, () -> Sparsifier.attach(nan, Recipe.paper()));
    SmallNet.assertSame(values, nan.values());

    SmallNet net = SmallNet.seeded(1).inBf16();
    net.fc2.to(ScalarType.Half, false); // stays dense, so PyTorch's optimisers may have it
    try (Sparsifier sparsifier = Sparsifier.attach(net, Recipe.paper())) {
      List<float[]> attached = net.values();
      org.nm4j.train.Optimizer sgd = org.nm4j.train.Optimizer.sgd(0.1f);
      e = assertThrows(IllegalArgumentException.class, () -> sparsifier.step(sgd));
      assertTrue(e.getMessage().startsWith("fc2.weight: expected"), e.getMessage());
      SmallNet.assertSame(attached, net.values());
    }
  }
}
