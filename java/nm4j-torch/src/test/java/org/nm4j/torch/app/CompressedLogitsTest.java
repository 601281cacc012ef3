/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nm4j.DType;
import org.nm4j.Pattern;
import org.nm4j.torch.CompressedLayer;
import org.nm4j.torch.data.FashionMnist;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.nets.SmallCnn;

/**
 * A trained network on its whole test set, compressed and masked dense. Fashion-MNIST where it is
 * installed, else pictures of stripes.
 */
class CompressedLogitsTest {
  private static final double UNIT = 0x1p-24;

  @TempDir private Path temp;

  @Test
  void logitsAgreeAndPredictionsAreTheSame() throws IOException {
    Threads.use(1);
    RunConfig config = new RunConfig("fashion-cnn", Method.SR_STE, "2:4", 2e-4f, 1, 1, 3000);
    torch.manual_seed(1);
    SmallCnn net = new SmallCnn(16, 10);
    ImageTask task =
        FashionMnist.isIn(FashionMnist.DEBIAN)
            ? new ImageTask(net, Tasks.fashion(null), false, 100, config)
            : stripes(config, net);
    Trainer.Listener silent = new SilentListener();
    RunResult result = new Trainer(config, task, temp.resolve("c"), 1e9, silent).run();
    assertTrue(result.last().metric() > 0.7, "accuracy " + result.last().metric());
    for (DType dtype : List.of(DType.F32, DType.BF16, DType.S8)) {
      compareWithStored(net, task, dtype, result.last().metric());
    }
  }

  /**
   * Against the dense network with the weights as they are stored, of which each type has fewer.
   */
  private static void compareWithStored(SmallCnn net, ImageTask task, DType dtype, double trained) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      List<DType> stored =
          net.compress(Pattern.P2_4, dtype).stream()
              .filter(CompressedLayer::isCompressed)
              .map(CompressedLayer::dtype)
              .toList();
      assertEquals(Collections.nCopies(3, dtype), stored); // two convolutions, a linear layer
      Tensor compressed = task.testLogits();
      net.decompress();
      Tensor dense = task.testLogits();
      Tensor bound = bounds(net, task);
      Tensor difference = compressed.sub(dense).abs();
      assertTrue(difference.le(bound).all().item_bool(), "worst " + difference.max().item_float());
      float bounded = bound.max().item_float() / dense.abs().max().item_float();
      assertTrue(bounded < 0.05, "a bound that says nothing: " + bounded);
      assertTrue(difference.max().item_float() > 0, "computed by the same code");
      Tensor same = predictions(dense).eq(predictions(compressed));
      Tensor best = dense.topk(2, 1, true, true).get0();
      Tensor margin = best.select(1, 0).sub(best.select(1, 1));
      Tensor decided = margin.gt(bound.amax(new long[] {1}, false).mul(new Scalar(2)));
      assertTrue(same.logical_or(decided.logical_not()).all().item_bool());
      assertEquals(task.accuracy(dense), task.accuracy(compressed), 1e-3);
      assertEquals(trained, task.accuracy(compressed), 0.01, () -> "what " + dtype + " costs");
    }
  }

  private static Tensor predictions(Tensor logits) {
    return logits.argmax(new LongOptional(1), false);
  }

  /**
   * How far two results in float may be apart. Either has, for each layer of K products, an error
   * of at most (K + 8) u (|W| |x| + |bias|), folding and normalisation included, and passes on |W|
   * times the error of its input; ReLU passes on no more than it gets.
   */
  private static Tensor bounds(SmallCnn net, ImageTask task) {
    StringTensorDict p = net.named_parameters();
    StringTensorDict b = net.named_buffers();
    Tensor all = torch.empty(task.testSize(), 10);
    for (int from = 0; from < task.testSize(); from += 500) {
      try (PointerScope scope = new PointerScope()) {
        int count = Math.min(500, task.testSize() - from);
        Tensor[] state = {task.testImages(from, count), null};
        state[1] = torch.zeros_like(state[0]);
        for (int i = 1; i <= 3; i++) {
          state = convolution(p, b, "conv" + i, i == 2 ? 1 : 2, state);
        }
        state = new Tensor[] {state[0].flatten(1, -1), state[1].flatten(1, -1)};
        state = linear(p, "fc1", state);
        state[0] = torch.relu(state[0]);
        state = linear(p, "fc2", state);
        all.narrow(0, from, count).copy_(state[1]);
      }
    }
    return all.mul(new Scalar(2));
  }

  private static Tensor[] convolution(
      StringTensorDict p, StringTensorDict b, String name, long stride, Tensor[] state) {
    Tensor deviation = b.get(name + "_norm.running_var").add(new Scalar(1e-5)).sqrt();
    Tensor scale = p.get(name + "_norm.weight").div(deviation);
    Tensor w = p.get(name + ".weight").mul(scale.reshape(-1, 1, 1, 1));
    Tensor shift = b.get(name + "_norm.running_mean").mul(scale);
    Tensor bias = p.get(name + "_norm.bias");
    Tensor y = conv(state[0], w, stride).add(bias.sub(shift).reshape(1, -1, 1, 1));
    Tensor size =
        conv(state[0].abs().add(state[1]), w.abs(), stride)
            .add(bias.abs().add(shift.abs()).reshape(1, -1, 1, 1));
    double unit = (w.numel() / w.size(0) + 8) * UNIT;
    Tensor error = conv(state[1], w.abs(), stride).add(size, new Scalar(unit));
    return new Tensor[] {torch.relu(y), error};
  }

  private static Tensor conv(Tensor x, Tensor w, long stride) {
    long[] one = {1, 1};
    return torch.conv2d(x, w, new TensorOptional(), new long[] {stride, stride}, one, one, 1);
  }

  private static Tensor[] linear(StringTensorDict p, String name, Tensor[] state) {
    Tensor w = p.get(name + ".weight");
    Tensor bias = p.get(name + ".bias");
    Tensor size = torch.linear(state[0].abs().add(state[1]), w.abs()).add(bias.abs());
    double unit = (w.size(1) + 8) * UNIT;
    Tensor error = torch.linear(state[1], w.abs()).add(size, new Scalar(unit));
    return new Tensor[] {torch.linear(state[0], w).add(bias), error};
  }

  /** Stripes whose direction and width make the class, with noise. */
  private static ImageTask stripes(RunConfig config, SmallCnn net) {
    Images images = new Images(drawn(6000, 1), drawn(2000, 2), 0.5f, 0.3f);
    return new ImageTask(net, images, false, 100, config);
  }

  private static ImageSet drawn(int count, long seed) {
    Random random = new Random(seed);
    byte[] pixels = new byte[count * 784];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(10);
      labels[i] = (byte) label;
      int period = 3 + label / 2;
      int phase = random.nextInt(period);
      for (int j = 0; j < 784; j++) {
        int along = label % 2 == 0 ? j % 28 : j / 28;
        boolean light = (along + phase) % period < period / 2;
        pixels[i * 784 + j] = (byte) ((light ? 140 : 40) + random.nextInt(80));
      }
    }
    return ImageSet.of(pixels, labels, 1, 28, 28);
  }
}
