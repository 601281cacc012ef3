/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.LBFGS;
import org.bytedeco.pytorch.LBFGSOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.CompressedMatrix;
import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Placement;
import org.nm4j.train.Recipe;
import org.nm4j.train.SkipReason;
import org.nm4j.train.SparsityReport;

class SparsifierTest {
  private static Recipe recipe(MaskRule rule) {
    return Recipe.builder().rule(rule).build();
  }

  private static Optimizer optimizer(SmallNet net, String name) {
    return name.equals("sgd") ? net.sgd() : net.adam();
  }

  /**
   * lambda = 0 and M:M: the bits of PyTorch alone. No {@link Pattern} keeps everything; a dense
   * phase does, with the same masks, masked copies and steps as any other. Where nothing is pruned
   * lambda does not matter, either.
   */
  @ParameterizedTest
  @CsvSource({"sgd, 0", "adam, 0", "sgd, 0.5"})
  void keepingEverythingIsPlainPyTorch(String name, float lambda) {
    SmallNet plain = SmallNet.seeded(1);
    SmallNet masked = SmallNet.seeded(1);
    Optimizer plainOptimizer = optimizer(plain, name);
    Optimizer maskedOptimizer = optimizer(masked, name);
    Recipe all = Recipe.builder().rule(MaskRule.srSte(lambda)).warmUp(1).build();
    try (Sparsifier sparsifier = Sparsifier.attach(masked, all, 1000)) {
      for (int batch = 0; batch < 30; batch++) {
        assertEquals(plain.backward(batch), masked.backward(batch));
        plainOptimizer.step();
        assertEquals(0, sparsifier.step(maskedOptimizer));
        SmallNet.assertSame(plain.values(), masked.values());
      }
      for (String sparse : List.of("conv.weight", "fc1.weight")) {
        SparseWeight weight = sparsifier.sparse().get(sparse);
        assertEquals(30, weight.parameter().steps());
        assertEquals(weight.master().numel(), weight.parameter().mask().count());
        assertNotEquals(weight.master().data_ptr().address(), weight.tensor().data_ptr().address());
      }
    }
    SmallNet.assertSame(plain.values(), masked.values());
  }

  /**
   * The gradient that the optimiser sees is d loss / d masked + lambda (1 - E) w: the first part by
   * finite differences of the masked weights in double precision, the second by the formula.
   */
  @Test
  void gradientIsThatOfTheReferenceFormula() {
    SmallNet net = SmallNet.seeded(3);
    net.eval();
    float lambda = 0.5f;
    Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte(lambda)));
    net.backward(5);
    for (String name : List.of("conv.weight", "fc1.weight")) {
      SparseWeight weight = sparsifier.sparse().get(name);
      float[] masked = SmallNet.floats(weight.tensor());
      float[] master = SmallNet.floats(weight.master());
      float[] before = SmallNet.floats(weight.tensor().grad());
      Mask mask = weight.parameter().mask();
      weight.correctGradient(MaskRule.srSte(lambda), org.nm4j.Execution.caller());
      float[] after = SmallNet.floats(weight.tensor().grad());
      int pruned = 0;
      for (int i = 0; i < master.length; i++) {
        boolean kept = mask.get(i / mask.cols(), i % mask.cols());
        assertEquals(kept ? master[i] : 0, masked[i]);
        double term = kept ? 0 : lambda * (double) master[i];
        assertEquals(before[i] + term, after[i], 1e-7 * Math.max(1, Math.abs(before[i] + term)));
        pruned += kept ? 0 : 1;
      }
      assertEquals(master.length / 2, pruned);
      checkByDifferences(net, name, before);
    }
    sparsifier.close();
  }

  /**
   * Nudges some masked weights, pruned ones among them, of the same network in double precision.
   */
  private static void checkByDifferences(SmallNet net, String name, float[] gradient) {
    SmallNet twin = net.inDoublePrecision();
    DoublePointer data = twin.named_parameters().get(name).data_ptr_double();
    double step = 1e-6;
    for (int i = 0; i < gradient.length; i += gradient.length / 37) {
      double before = data.get(i);
      data.put(i, before + step);
      double difference = twin.backward(5);
      data.put(i, before - step);
      difference -= twin.backward(5);
      data.put(i, before);
      // Sums of at most a few thousand products in float, of gradients below 1.
      assertEquals(difference / (2 * step), gradient[i], 1e-6, name + " " + i);
    }
  }

  /** The whole step, term included, against the same formulas with PyTorch's own tensors. */
  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam"})
  void stepsEqualThoseWithMasksByHand(String name) {
    SmallNet net = SmallNet.seeded(4);
    SmallNet reference = SmallNet.seeded(4);
    Optimizer optimizer = optimizer(net, name);
    Optimizer byHand = optimizer(reference, name);
    LinearImpl fc1 = reference.fc1;
    Recipe onlyFc1 = Recipe.builder().rule(MaskRule.srSte(0.01f)).include("fc1").build();
    try (Sparsifier sparsifier = Sparsifier.attach(net, onlyFc1)) {
      for (int batch = 0; batch < 20; batch++) {
        Tensor master = fc1.weight().detach().clone();
        Tensor kept = keptOf(master);
        fc1.weight().set_data(master.mul(kept));
        reference.backward(batch);
        fc1.weight().set_data(master);
        Tensor pruned = master.mul(kept.mul(new org.bytedeco.pytorch.Scalar(-1)).add(one()));
        fc1.weight().grad().add_(pruned, new org.bytedeco.pytorch.Scalar(0.01));
        byHand.step();
        net.backward(batch);
        sparsifier.step(optimizer);
      }
      float[] expected = SmallNet.floats(fc1.weight());
      float[] got = SmallNet.floats(sparsifier.sparse().get("fc1.weight").master());
      assertArrayEquals(expected, got, 1e-4f);
    }
  }

  private static org.bytedeco.pytorch.Scalar one() {
    return new org.bytedeco.pytorch.Scalar(1);
  }

  /** 2:4 by PyTorch's own top-k. */
  private static Tensor keptOf(Tensor w) {
    Tensor groups = w.abs().reshape(-1, 4);
    Tensor best = groups.topk(2, 1, true, true).get1();
    return torch.zeros_like(groups).scatter_(1, best, one()).reshape(w.size(0), w.size(1));
  }

  @Test
  void fusedOptimizersFollowPyTorchs() {
    SmallNet net = SmallNet.seeded(5);
    SmallNet reference = SmallNet.seeded(5);
    Recipe recipe = recipe(MaskRule.srSte(0.01f));
    org.nm4j.train.Optimizer fused =
        org.nm4j.train.Optimizer.sgd(0.05f).momentum(0.9f).weightDecay(1e-3f);
    try (Sparsifier a = Sparsifier.attach(net, recipe);
        Sparsifier b = Sparsifier.attach(reference, recipe)) {
      Optimizer sgd = reference.sgd();
      for (int batch = 0; batch < 20; batch++) {
        net.backward(batch);
        a.step(fused);
        reference.backward(batch);
        b.step(sgd);
      }
      List<float[]> expected = reference.values();
      List<float[]> got = net.values();
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i), got.get(i), 1e-3f);
      }
    }
  }

  @Test
  void networkComputesSparseWhileAttachedAndAfterwards() {
    SmallNet net = SmallNet.seeded(6);
    Optimizer sgd = net.sgd();
    long flips = 0;
    Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()));
    MaskChange start = sparsifier.record();
    assertEquals(0, start.total().bits());
    for (int batch = 0; batch < 20; batch++) {
      net.backward(batch);
      flips += sparsifier.step(sgd);
      assertTrue(sparsifier.report().ok());
    }
    MaskChange end = sparsifier.record();
    assertEquals(flips, end.flips());
    assertTrue(end.total().bits() > 0 && end.total().bits() <= flips);
    assertEquals(flips, sparsifier.flips().values().stream().mapToLong(Long::longValue).sum());
    Map<String, SparsityReport.Line> lines = lines(sparsifier);
    assertEquals(Pattern.P2_4, lines.get("conv.weight").choice().pattern());
    assertEquals(Pattern.P2_4, lines.get("fc1.weight").choice().pattern());
    assertEquals(0.5, lines.get("fc1.weight").nonZeros(), 1e-9);
    assertEquals(1, lines.get("fc1.weight").kept().magnitude());
    assertEquals(SkipReason.TOO_SMALL, lines.get("stem.weight").choice().skipped());
    assertTrue(lines.get("stem.weight").choice().detail().contains("1 inputs"));
    assertEquals(SkipReason.LAST, lines.get("fc2.weight").choice().skipped());
    float[] masked = SmallNet.floats(net.fc1.weight());
    sparsifier.finish();
    assertArrayEquals(masked, SmallNet.floats(net.fc1.weight()));
    assertThrows(IllegalStateException.class, () -> sparsifier.step(sgd));
  }

  private static Map<String, SparsityReport.Line> lines(Sparsifier sparsifier) {
    return sparsifier.report().lines().stream()
        .collect(Collectors.toMap(line -> line.choice().weight().name(), line -> line));
  }

  /** Convolutions have blocks of outputs x input channels at each kernel position. */
  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam", "fused"})
  void masksMayBeTransposable(String name) {
    SmallNet net = SmallNet.seeded(16);
    Optimizer torchs = name.equals("fused") ? null : optimizer(net, name);
    Recipe recipe =
        Recipe.builder()
            .masks(MaskKind.TRANSPOSABLE)
            .rule(MaskRule.srSte().refreshEvery(4))
            .build();
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe)) {
      assertTrue(sparsifier.report().ok(), () -> sparsifier.report().toString());
      for (int batch = 1; batch <= 12; batch++) {
        net.backward(batch);
        long flips =
            torchs == null
                ? sparsifier.step(org.nm4j.train.Optimizer.sgd(0.1f))
                : sparsifier.step(torchs);
        assertTrue(batch % 4 == 0 || flips == 0);
      }
      assertTrue(sparsifier.flips().get("fc1.weight") > 0);
      assertTrue(sparsifier.report().ok(), () -> sparsifier.report().toString());
      SparseWeight fc1 = sparsifier.sparse().get("fc1.weight");
      assertTrue(fc1.parameter().mask().checkTransposable(Pattern.P2_4).ok());
      assertTrue(lines(sparsifier).get("conv.weight").compliance().ok());
    }
  }

  /** Wanda: columns with large inputs keep their weights. */
  @Test
  void masksMayBeMadeOfScores() {
    SmallNet net = SmallNet.seeded(17);
    Optimizer sgd = net.sgd();
    Recipe recipe = Recipe.builder().masks(MaskKind.WANDA).build();
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe)) {
      DenseMatrix norms = sparsifier.scores("fc1.weight");
      for (long c = 0; c < norms.cols(); c += 2) {
        norms.set(0, c, 1000);
      }
      assertTrue(sparsifier.refreshMasks() > 0);
      sparsifier.freezeMasks();
      net.backward(0);
      sparsifier.step(sgd);
      Mask mask = sparsifier.sparse().get("fc1.weight").parameter().mask();
      for (long c = 0; c < norms.cols(); c++) {
        assertEquals(c % 2 == 0, mask.get(3, c));
      }
      assertThrows(IllegalArgumentException.class, () -> sparsifier.scores("fc2.weight"));
    }
    SmallNet plain = SmallNet.seeded(17);
    try (Sparsifier sparsifier = Sparsifier.attach(plain, recipe(MaskRule.ste()))) {
      assertThrows(IllegalStateException.class, () -> sparsifier.scores("fc1.weight"));
    }
  }

  @Test
  void detachGivesTheDenseWeightsBack() {
    SmallNet net = SmallNet.seeded(7);
    List<float[]> before = net.values();
    Tensor weight = net.fc1.weight();
    long memory = weight.data_ptr().address();
    Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.ste()));
    assertNotEquals(memory, weight.data_ptr().address());
    sparsifier.detach();
    assertEquals(memory, weight.data_ptr().address());
    SmallNet.assertSame(before, net.values());
  }

  @Test
  void frozenMasksStay() {
    SmallNet net = SmallNet.seeded(8);
    Optimizer sgd = net.sgd();
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()))) {
      net.backward(0);
      sparsifier.step(sgd);
      Mask before = sparsifier.sparse().get("fc1.weight").parameter().mask();
      sparsifier.freezeMasks();
      for (int batch = 1; batch < 10; batch++) {
        net.backward(batch);
        assertEquals(0, sparsifier.step(sgd));
      }
      SparseWeight weight = sparsifier.sparse().get("fc1.weight");
      assertEquals(before, weight.parameter().mask());
      assertArrayEquals(SmallNet.floats(weight.masked()), SmallNet.floats(weight.master()));
    }
  }

  @Test
  void attachingWithinAScopeOutlivesIt() {
    SmallNet net = SmallNet.seeded(9);
    Optimizer sgd = net.sgd();
    Sparsifier sparsifier;
    try (PointerScope scope = new PointerScope()) {
      sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()));
    }
    System.gc();
    for (int batch = 0; batch < 3; batch++) {
      net.backward(batch);
      sparsifier.step(sgd);
    }
    sparsifier.close();
  }

  @Test
  void frozenAndSharedParameters() {
    torch.manual_seed(1);
    Module net = new Module();
    LinearImpl twice = new LinearImpl(32, 32);
    net.register_module("first", twice);
    net.register_module("second", twice);
    LinearImpl frozen = net.register_module("frozen", new LinearImpl(32, 32));
    frozen.weight().requires_grad_(false);
    LinearImpl tied = net.register_module("tied", new LinearImpl(32, 32));
    net.register_parameter("alias", tied.weight());
    Recipe all = Recipe.builder().lastDense(false).build();
    try (Sparsifier sparsifier = Sparsifier.attach(net, all)) {
      Map<String, SparsityReport.Line> lines = lines(sparsifier);
      assertEquals(
          Set.of(
              "first.weight", "first.bias", "frozen.weight", "frozen.bias", "alias", "tied.bias"),
          lines.keySet());
      assertEquals(Pattern.P2_4, lines.get("first.weight").choice().pattern());
      LayerChoice still = lines.get("frozen.weight").choice();
      assertEquals(SkipReason.UNSUITABLE, still.skipped());
      assertTrue(still.detail().contains("requires no gradient"));
      assertEquals(
          "no such layer, and shared with one, tied.weight", lines.get("alias").choice().detail());
      // Both see the mask, which is made once per step.
      Tensor x = torch.randn(4, 32);
      twice.forward(twice.forward(x)).sum().backward();
      SGD sgd = new SGD(net.parameters(), new SGDOptions(0.1));
      float[] before = SmallNet.floats(frozen.weight());
      sparsifier.step(sgd);
      assertEquals(1, sparsifier.sparse().get("first.weight").parameter().steps());
      assertArrayEquals(before, SmallNet.floats(frozen.weight()));
    }
  }

  @Test
  void refusalsNameTheLayer() {
    SmallNet half = SmallNet.seeded(1);
    half.fc1.to(ScalarType.Half, false);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Sparsifier.attach(half, Recipe.paper()));
    assertTrue(e.getMessage().startsWith("fc1.weight: expected contiguous float32"));
    assertTrue(e.getMessage().contains("got Half"), e.getMessage());

    Tensor nowhere = torch.zeros(8, 16).to(new Device("meta"), ScalarType.Float);
    e =
        assertThrows(
            IllegalArgumentException.class, () -> Tensors.requireTrainable("fc.weight", nowhere));
    assertTrue(e.getMessage().startsWith("fc.weight: expected contiguous float32 or bfloat16 on"));
    assertTrue(e.getMessage().contains("got Float of [8, 16] on meta; "), e.getMessage());

    SmallNet net = SmallNet.seeded(1);
    Recipe none = Recipe.builder().include("nothing").build();
    e = assertThrows(IllegalArgumentException.class, () -> Sparsifier.attach(net, none));
    assertTrue(e.getMessage().contains("no layer fits the recipe: stem.weight: "), e.getMessage());
    Recipe warm = Recipe.builder().warmUp(0.5).build();
    assertThrows(IllegalArgumentException.class, () -> Sparsifier.attach(net, warm));
    assertThrows(IllegalArgumentException.class, () -> Sparsifier.attach(net, warm, 0));
    assertThrows(NullPointerException.class, () -> Sparsifier.attach(null, Recipe.paper()));
  }

  @Test
  void badStepsChangeNothing() {
    SmallNet net = SmallNet.seeded(2);
    Optimizer sgd = net.sgd();
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()))) {
      net.backward(0);
      List<float[]> before = net.values();
      net.fc1.weight().grad().data_ptr_float().put(7, Float.NaN);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> sparsifier.step(sgd));
      assertTrue(e.getMessage().startsWith("fc1.weight: the gradient is not finite"));
      SmallNet.assertSame(before, net.values());
      assertEquals(0, sparsifier.steps());
      LBFGS lbfgs = new LBFGS(net.parameters(), new LBFGSOptions(1));
      assertThrows(IllegalArgumentException.class, () -> sparsifier.step(lbfgs));
    }
    MaskRule outside = MaskRule.srSte().placement(Placement.OUTSIDE_MOMENTS);
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe(outside))) {
      net.backward(0);
      assertThrows(IllegalArgumentException.class, () -> sparsifier.step(sgd));
      sparsifier.step(org.nm4j.train.Optimizer.sgd(0.1f));
    }
  }

  /** Scores are looked at before the first layer's gradient, or weights, change. */
  @ParameterizedTest
  @ValueSource(strings = {"torch", "torch bf16", "fused"})
  void scoresThatAreNotFiniteChangeNothing(String kind) {
    SmallNet seeded = SmallNet.seeded(2);
    SmallNet net = kind.endsWith("bf16") ? seeded.inBf16() : seeded;
    Recipe recipe = Recipe.builder().masks(MaskKind.SCORES).rule(MaskRule.srSte(0.1f)).build();
    Optimizer sgd = net.sgd();
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe)) {
      net.backward(0);
      List<float[]> before = net.values();
      float[] gradient = SmallNet.floats(net.conv.weight().grad());
      sparsifier.scores("fc1.weight").set(1, 2, Float.NaN);
      Nm4jException e =
          assertThrows(
              Nm4jException.class,
              () -> {
                if (kind.equals("fused")) {
                  sparsifier.step(org.nm4j.train.Optimizer.sgd(0.1f));
                } else {
                  sparsifier.step(sgd);
                }
              });
      assertTrue(e.getMessage().contains("fc1.weight"), e.getMessage());
      SmallNet.assertSame(before, net.values());
      assertArrayEquals(gradient, SmallNet.floats(net.conv.weight().grad()));
      assertEquals(0, sparsifier.steps());
      sparsifier.scores("fc1.weight").set(1, 2, 5);
      sparsifier.step(sgd);
    }
  }

  /** A layer that a step does not use follows the recipe all the same. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void layersWithoutGradientBecomeSparse(boolean fused) {
    SmallNet net = SmallNet.seeded(3);
    Optimizer sgd = net.sgd();
    try (Sparsifier sparsifier = Sparsifier.attach(net, Recipe.builder().warmUp(0.5).build(), 4)) {
      for (int step = 0; step < 4; step++) {
        net.backward(step);
        net.fc1.weight().mutable_grad().reset();
        if (fused) {
          sparsifier.step(org.nm4j.train.Optimizer.sgd(0.1f));
        } else {
          sparsifier.step(sgd);
        }
      }
      assertEquals(4, sparsifier.sparse().get("fc1.weight").parameter().steps());
      sparsifier.finish();
    }
    int zeros = 0;
    for (float value : SmallNet.floats(net.fc1.weight())) {
      zeros += value == 0 ? 1 : 0;
    }
    assertEquals(16 * 4 * 4 * 32 / 2, zeros);
  }

  @Test
  void exportsArePortable() {
    SmallNet net = SmallNet.seeded(10);
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe(MaskRule.srSte()))) {
      Map<String, CompressedMatrix> exported = sparsifier.export();
      assertEquals(Set.of("conv.weight", "fc1.weight"), exported.keySet());
      float[] fc1 = SmallNet.floats(net.fc1.weight());
      assertArrayEquals(fc1, exported.get("fc1.weight").decompress().toArray());
      Tensor ohwi = net.conv.weight().detach().permute(0, 2, 3, 1);
      CompressedMatrix conv = exported.get("conv.weight");
      assertEquals(16, conv.cols());
      assertArrayEquals(SmallNet.floats(ohwi), conv.decompress().toArray());
    }
  }
}
