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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nm4j.Activation;
import org.nm4j.DType;
import org.nm4j.Execution;
import org.nm4j.Pattern;
import org.nm4j.torch.nets.Mlp;
import org.nm4j.torch.nets.ResNet;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Recipe;

class NetTest {
  @BeforeEach
  void seed() {
    torch.set_num_threads(1);
    torch.manual_seed(11);
  }

  /** Every kind of layer: GELU, residual, with and without bias and normalisation. */
  private static final class Mixed extends Net {
    final Conv2d stem = conv2d("stem", ConvSpec.same(1, 16, 3));
    final Conv2d wide = normalized("wide", ConvSpec.same(16, 24, 5).stride(2));
    final Conv2d plain = conv2d("plain", ConvSpec.same(24, 24, 3).withoutBias());
    final Linear fc1 = linear("fc1", 24 * 5 * 5, 48);
    final Linear fc2 = linear("fc2", 48, 48);
    final Linear head = linear("head", 48, 7);

    Tensor forward(Tensor x) {
      Tensor y = wide.forward(stem.forward(x, Activation.RELU), Activation.GELU);
      y = plain.forward(y, Activation.RELU, y).flatten(1, -1);
      y = fc1.forward(y, Activation.GELU);
      return head.forward(fc2.forward(y, Activation.RELU, y));
    }
  }

  private static <N extends Net> N sparse(N net, Pattern pattern) {
    Recipe recipe = Recipe.builder().pattern(pattern).rule(MaskRule.ste()).build();
    Sparsifier.attach(net, recipe).finish();
    net.eval();
    return net;
  }

  private static float[] run(Callable<Tensor> forward) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return SmallNet.floats(forward.call());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "S8"})
  void compressedAndDenseComputeTheSame(DType dtype) {
    Mixed net = new Mixed();
    net.train(true);
    net.forward(torch.randn(16, 1, 9, 9)); // gives the normalisation something to fold
    sparse(net, Pattern.P2_4);
    Tensor x = torch.randn(5, 1, 9, 9);
    List<CompressedLayer> layers = net.compress(Pattern.P2_4, dtype);
    assertEquals(
        List.of("stem", "wide", "plain", "fc1", "fc2", "head"),
        layers.stream().map(CompressedLayer::name).toList());
    assertEquals(
        Arrays.asList(null, dtype, dtype, dtype, dtype, null),
        layers.stream().map(CompressedLayer::dtype).toList());
    assertEquals(0, net.fc1.dense().weight().numel());
    float[] compressed = run(() -> net.forward(x));
    net.decompress();
    assertFalse(net.layers().stream().anyMatch(Layer::isCompressed));
    float[] dense = run(() -> net.forward(x)); // with the weights as they were stored
    // Sums of at most 600 products, three layers deep; logits are below 1.
    assertArrayEquals(dense, compressed, 2e-5f);
  }

  @Test
  void weightsComeBack() {
    Mixed net = sparse(new Mixed(), Pattern.P1_4);
    float[] fc1 = SmallNet.floats(net.fc1.dense().weight());
    float[] plain = SmallNet.floats(net.plain.dense().weight());
    float[] wide = SmallNet.floats(net.wide.dense().weight());
    net.compress(Pattern.P1_4, DType.F32);
    net.decompress();
    assertArrayEquals(fc1, SmallNet.floats(net.fc1.dense().weight()));
    assertArrayEquals(plain, SmallNet.floats(net.plain.dense().weight()));
    assertArrayEquals(wide, SmallNet.floats(net.wide.dense().weight()), 1e-7f);
    assertTrue(net.fc1.dense().weight().requires_grad());
  }

  /** BF16 to nearest; S8 to the nearest multiple of its channel's scale. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "S8"})
  void convolutionsComeBackRounded(DType dtype) {
    Mixed net = sparse(new Mixed(), Pattern.P2_4);
    float[] plain = SmallNet.floats(net.plain.dense().weight());
    float[] wide = SmallNet.floats(net.wide.dense().weight());
    net.compress(Pattern.P2_4, dtype);
    net.decompress();
    requireRounded(dtype, plain, SmallNet.floats(net.plain.dense().weight()), 24 * 9, 0);
    // Two roundings of fp32 more where normalisation was folded.
    requireRounded(dtype, wide, SmallNet.floats(net.wide.dense().weight()), 16 * 25, 0x1p-22f);
    // What has been rounded stays as it is.
    float[] once = SmallNet.floats(net.plain.dense().weight());
    net.compress(Pattern.P2_4, dtype);
    net.decompress();
    assertArrayEquals(once, SmallNet.floats(net.plain.dense().weight()), 1e-7f);
  }

  private static void requireRounded(
      DType dtype, float[] weights, float[] stored, int channel, float folding) {
    int changed = 0;
    for (int o = 0; o < weights.length; o += channel) {
      float largest = 0;
      for (int i = o; i < o + channel; i++) {
        largest = Math.max(largest, Math.abs(weights[i]));
      }
      for (int i = o; i < o + channel; i++) {
        float step = dtype == DType.S8 ? largest / 127 : Math.ulp(weights[i]) * 0x1p16f;
        assertEquals(weights[i], stored[i], step * 0.50001f + folding * largest);
        changed += stored[i] != weights[i] ? 1 : 0;
      }
    }
    assertTrue(changed > weights.length / 3, "half of the weights, less those hit by chance");
  }

  /** Nothing is left of what normalisation multiplies by 0; the network computes the same. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "S8"})
  void channelsThatNormalisationTurnsOff(DType dtype) {
    Mixed net = sparse(new Mixed(), Pattern.P2_4);
    var parameters = net.named_parameters();
    parameters.get("wide_norm.weight").detach().select(0, 0).zero_();
    parameters.get("wide_norm.bias").detach().select(0, 0).fill_(new Scalar(0.5));
    net.compress(Pattern.P2_4, dtype);
    Tensor x = torch.randn(2, 1, 9, 9);
    float[] compressed = run(() -> net.forward(x));
    net.decompress();
    assertEquals(0, net.wide.dense().weight().select(0, 0).abs().max().item_float());
    assertArrayEquals(compressed, run(() -> net.forward(x)), 2e-5f);
  }

  /** A child that is used twice, and weights that two layers, or a layer and a lookup, share. */
  private static final class Sharing extends Net {
    final EmbeddingImpl words = register_module("words", new EmbeddingImpl(16, 16));
    final Mlp first = net("first", new Mlp(16, 32, 16));
    final Mlp second = net("second", first);
    final Linear own = linear("own", 16, 16);
    final Linear a = linear("a", 16, 16);
    final Linear b = linear("b", a.dense());
    final Linear head = linear("head", 16, 16);

    Sharing() {
      head.dense().weight(words.weight());
    }

    Tensor forward(Tensor tokens) {
      Tensor x = second.forward(first.forward(words.forward(tokens)));
      return head.forward(b.forward(a.forward(own.forward(x), Activation.RELU)));
    }
  }

  @Test
  void sharedWeights() {
    Sharing net = new Sharing();
    for (Layer layer : net.layers()) {
      Tensor weight = layer.weight().detach();
      weight.copy_(weight.mul(torch.arange(new Scalar(weight.size(1))).remainder(new Scalar(2))));
    }
    net.eval();
    Tensor tokens = torch.arange(new Scalar(16)).to(torch.ScalarType.Long);
    float[] dense = run(() -> net.forward(tokens));
    List<CompressedLayer> layers = net.compress(Pattern.P2_4, DType.F32);
    assertEquals(
        List.of("first.fc1", "first.fc2", "own", "a", "b", "head"),
        layers.stream().map(CompressedLayer::name).toList());
    assertEquals(
        List.of("", "", "", "shares its weight", "shares its weight", "shares its weight"),
        layers.stream().map(CompressedLayer::reason).toList());
    assertTrue(net.own.isCompressed() && net.first.layers().get(0).isCompressed());
    assertArrayEquals(dense, run(() -> net.forward(tokens)), 1e-5f);
    net.decompress();
    assertArrayEquals(dense, run(() -> net.forward(tokens)));
  }

  /** Two nets may hold a third, whichever is added first. */
  @Test
  void namesOfNetsInTwoNets() {
    Mlp inner = new Mlp(8, 8);
    Holder left = new Holder(List.of(inner));
    Holder right = new Holder(List.of(inner, new Mlp(8, 8)));
    Holder both = new Holder(List.of(right, left));
    assertEquals(
        List.of("net1.net0.fc1", "net0.net1.fc1"),
        both.layers().stream().map(Layer::name).toList());
  }

  private static final class Holder extends Net {
    Holder(List<Net> nets) {
      for (int i = 0; i < nets.size(); i++) {
        net("net" + i, nets.get(i));
      }
    }
  }

  @Test
  void residualNetworks() {
    ResNet net = new ResNet(1, 16, 10);
    net.train(true);
    net.forward(torch.randn(4, 3, 32, 32));
    sparse(net, Pattern.P2_4);
    Tensor x = torch.randn(2, 3, 32, 32);
    float[] dense = run(() -> net.forward(x));
    long compressed =
        net.compress(Pattern.P2_4, DType.F32).stream()
            .filter(CompressedLayer::isCompressed)
            .count();
    assertEquals(8, compressed); // all but the stem of three channels and the last layer
    assertArrayEquals(dense, run(() -> net.forward(x)), 1e-4f);
  }

  @Test
  void manyThreadsMayCompute() throws Exception {
    Mlp net = sparse(new Mlp(64, 96, 96, 10), Pattern.P2_4);
    net.compress(Pattern.P2_4, DType.F32);
    net.execution(Execution.parallel());
    Tensor x = torch.randn(17, 64);
    float[] expected = run(() -> net.forward(x));
    ExecutorService executor = Executors.newFixedThreadPool(4);
    List<Future<float[]>> results = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      results.add(executor.submit(() -> run(() -> net.forward(x))));
    }
    for (Future<float[]> result : results) {
      assertArrayEquals(expected, result.get());
    }
    executor.shutdown();
  }

  @Test
  void refusals() {
    Mlp net = sparse(new Mlp(64, 96, 96, 10), Pattern.P2_4);
    net.train(true);
    assertThrows(IllegalStateException.class, () -> net.compress(Pattern.P2_4, DType.F32));
    net.eval();
    assertThrows(NullPointerException.class, () -> net.compress(null, DType.F32));
    List<CompressedLayer> none = net.compress(Pattern.P1_4, DType.F32);
    assertTrue(none.stream().noneMatch(CompressedLayer::isCompressed));
    assertEquals("not 1:4", none.get(0).reason());
    net.compress(Pattern.P2_4, DType.F32);
    IllegalStateException again =
        assertThrows(IllegalStateException.class, () -> net.compress(Pattern.P2_4, DType.F32));
    assertEquals("fc1: compressed already", again.getMessage());
    Tensor needsGradient = torch.randn(3, 64).requires_grad_(true);
    IllegalStateException gradient =
        assertThrows(IllegalStateException.class, () -> net.forward(needsGradient));
    assertTrue(gradient.getMessage().contains("no gradients"), gradient.getMessage());
    IllegalArgumentException shape =
        assertThrows(IllegalArgumentException.class, () -> net.forward(torch.randn(3, 63)));
    assertTrue(shape.getMessage().contains("expected [.., 64]"), shape.getMessage());
    Tensor doubles = torch.randn(3, 64).to(torch.ScalarType.Double);
    assertThrows(IllegalArgumentException.class, () -> net.forward(doubles));
  }

  @Test
  void emptyBatches() {
    Mlp net = sparse(new Mlp(64, 96, 10), Pattern.P2_4);
    net.compress(Pattern.P2_4, DType.F32);
    assertEquals(0, run(() -> net.forward(torch.randn(0, 64))).length);
  }
}
