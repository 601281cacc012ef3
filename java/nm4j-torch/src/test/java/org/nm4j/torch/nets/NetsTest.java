/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nm4j.DType;
import org.nm4j.Pattern;
import org.nm4j.torch.Net;
import org.nm4j.torch.Sparsifier;
import org.nm4j.train.Recipe;

/** Every network: shapes, gradients everywhere, and the same when compressed. */
class NetsTest {
  @BeforeEach
  void seed() {
    torch.set_num_threads(1);
    torch.manual_seed(5);
  }

  private static Tensor tokens(long n, long length, long below) {
    return torch.randint(below, new long[] {n, length}, new TensorOptions(ScalarType.Long));
  }

  private static void check(Net net, Supplier<Tensor> forward, int compressed, long... shape) {
    net.train(true);
    Tensor y = forward.get();
    assertEquals(shape.length, y.dim());
    for (int i = 0; i < shape.length; i++) {
      assertEquals(shape[i], y.size(i));
    }
    y.sin().sum().backward();
    var parameters = net.named_parameters();
    for (long i = 0; i < parameters.size(); i++) {
      String name = parameters.keys().get(i).getString();
      assertTrue(parameters.values().get(i).grad().defined(), name + " takes no part");
    }
    Sparsifier.attach(net, Recipe.paper()).finish();
    net.eval();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      float[] dense = floats(forward.get());
      long layers =
          net.compress(Pattern.P2_4, DType.F32).stream().filter(l -> l.isCompressed()).count();
      assertEquals(compressed, layers);
      assertArrayEquals(dense, floats(forward.get()), 1e-4f);
    }
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    tensor.contiguous().data_ptr_float().get(values);
    return values;
  }

  @Test
  void mlp() {
    Mlp net = new Mlp(64, 32, 32, 10);
    Tensor x = torch.randn(3, 1, 8, 8);
    check(net, () -> net.forward(x), 2, 3, 10);
  }

  @Test
  void smallCnn() {
    SmallCnn net = new SmallCnn(16, 10);
    Tensor x = torch.randn(3, 1, 28, 28);
    check(net, () -> net.forward(x), 3, 3, 10);
  }

  @Test
  void resNet20HasTwentyLayersAndTwoProjections() {
    ResNet net = new ResNet(3, 16, 10);
    assertEquals(22, net.layers().size());
    Tensor x = torch.randn(2, 3, 32, 32);
    check(net, () -> net.forward(x), 20, 2, 10);
  }

  @Test
  void uNet() {
    UNet net = new UNet(1, 16);
    Tensor x = torch.randn(2, 1, 28, 28);
    check(net, () -> net.forward(x), 4, 2, 1, 28, 28);
  }

  @Test
  void languageModel() {
    LanguageModel net = new LanguageModel(30, 20, 32, 4, 2, 0);
    Tensor x = tokens(2, 20, 30);
    check(net, () -> net.forward(x), 12, 2, 20, 30);
  }

  @Test
  void languageModelsDoNotLookAhead() {
    LanguageModel net = new LanguageModel(30, 20, 32, 4, 2, 0);
    net.eval();
    Tensor x = tokens(1, 20, 30);
    float[] before = floats(net.forward(x).narrow(1, 0, 12).detach());
    x.narrow(1, 12, 8).fill_(new Scalar(7));
    assertArrayEquals(before, floats(net.forward(x).narrow(1, 0, 12).detach()), 1e-6f);
  }

  @Test
  void translator() {
    Translator net = new Translator(40, 50, 16, 32, 4, 2, 0);
    Tensor source = tokens(2, 12, 40);
    Tensor target = tokens(2, 9, 50);
    check(net, () -> net.forward(source, target), 32, 2, 9, 50);
  }

  @Test
  void translationIsGreedyAndPaddingDoesNotMatter() {
    Translator net = new Translator(40, 50, 16, 32, 4, 2, 0);
    net.eval();
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor source = tokens(1, 6, 37).add(new Scalar(3));
      Tensor padded = torch.zeros(new long[] {1, 11}, new TensorOptions(ScalarType.Long));
      padded.narrow(1, 0, 6).copy_(source);
      Tensor short1 = net.translate(source, 8);
      assertEquals(8, short1.size(1));
      assertTrue(short1.equal(net.translate(padded, 8)));
      Tensor begun = torch.ones(new long[] {1, 1}, new TensorOptions(ScalarType.Long));
      Tensor first = net.forward(source, begun).argmax();
      assertEquals(first.item_long(), short1.select(1, 0).item_long());
    }
  }

  private static Tensor sentence(long... words) {
    return Tensor.create(words, 1, words.length);
  }

  /** Token by token from the whole prefix, up to the end. */
  private static List<Long> greedy(Translator net, Tensor source, int length) {
    List<Long> tokens = new ArrayList<>();
    long[] prefix = {Translator.BEGIN};
    while (tokens.size() < length && !tokens.contains(Translator.END)) {
      Tensor logits = net.forward(source, sentence(prefix)).select(1, prefix.length - 1);
      tokens.add(logits.argmax().item_long());
      prefix = Arrays.copyOf(prefix, prefix.length + 1);
      prefix[prefix.length - 1] = tokens.get(tokens.size() - 1);
    }
    return tokens;
  }

  /** Six words, and larger weights than at random: most sentences end, at different places. */
  @Test
  void translationEndsWithTheLongestSentence() {
    Translator net = new Translator(40, 6, 31, 32, 4, 1, 0);
    net.eval();
    TreeSet<Integer> lengths = new TreeSet<>();
    try (NoGradGuard guard = new NoGradGuard()) {
      var parameters = net.parameters();
      for (long i = 0; i < parameters.size(); i++) {
        if (parameters.get(i).dim() == 2) {
          parameters.get(i).mul_(new Scalar(3));
        }
      }
      List<List<Long>> expected = new ArrayList<>();
      TensorVector sources = new TensorVector();
      for (int i = 0; i < 12; i++) {
        Tensor source = tokens(1, 12, 40);
        List<Long> translation = greedy(net, source, 30);
        if (translation.size() < 30) {
          expected.add(translation);
          sources.push_back(source);
        }
      }
      Tensor translated = net.translate(torch.cat(sources, 0), 30);
      for (int i = 0; i < expected.size(); i++) {
        for (int j = 0; j < expected.get(i).size(); j++) {
          assertEquals(expected.get(i).get(j), translated.select(0, i).select(0, j).item_long());
        }
        lengths.add(expected.get(i).size());
      }
      assertEquals(lengths.last(), (int) translated.size(1));
      assertTrue(lengths.size() > 2, lengths::toString);
    }
  }
}
