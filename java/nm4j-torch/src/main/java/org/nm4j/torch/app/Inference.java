/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.DType;
import org.nm4j.Pattern;
import org.nm4j.Workload;
import org.nm4j.torch.CompressedLayer;

/**
 * Inference on the whole test set with masked dense weights, by PyTorch, and compressed, by nm4j.
 *
 * @param model what was compared
 * @param images in the test set
 * @param denseAccuracy by PyTorch
 * @param compressedAccuracy by nm4j
 * @param differingPredictions images that the two classify differently
 * @param largestDifference between two logits
 * @param layers what became of each layer
 * @param batch images at a time, for the times
 * @param threads of either side
 * @param denseMicros median time of an image by PyTorch
 * @param compressedMicros median time of an image by nm4j, dense layers by PyTorch
 */
record Inference(
    String model,
    int images,
    double denseAccuracy,
    double compressedAccuracy,
    long differingPredictions,
    double largestDifference,
    List<CompressedLayer> layers,
    int batch,
    int threads,
    double denseMicros,
    double compressedMicros) {
  private static final int ROUNDS = 7;

  /**
   * Compares and leaves the network dense. Both sides take turns, so that neither gets the worse
   * minute.
   */
  static Inference compare(String model, ImageTask task, Pattern pattern, int batch) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      task.net().eval();
      Tensor dense = task.testLogits();
      List<CompressedLayer> layers = task.net().compress(pattern, DType.F32, Workload.LARGE_BATCH);
      Tensor compressed = task.testLogits();
      long differing = predictions(dense).ne(predictions(compressed)).sum().item_long();
      List<Double> denseTimes = new ArrayList<>();
      List<Double> compressedTimes = new ArrayList<>();
      Tensor x = task.testImages(0, Math.min(batch, task.testSize()));
      for (int round = 0; round < ROUNDS; round++) {
        compressedTimes.add(micros(task, x));
        task.net().decompress();
        denseTimes.add(micros(task, x));
        if (round < ROUNDS - 1) {
          task.net().compress(pattern, DType.F32, Workload.LARGE_BATCH);
        }
      }
      return new Inference(
          model,
          task.testSize(),
          task.accuracy(dense),
          task.accuracy(compressed),
          differing,
          dense.sub(compressed).abs().max().item_double(),
          layers,
          (int) x.size(0),
          torch.get_num_threads(),
          median(denseTimes),
          median(compressedTimes));
    }
  }

  private static Tensor predictions(Tensor logits) {
    return logits.argmax(new LongOptional(1), false);
  }

  private static double micros(ImageTask task, Tensor x) {
    int runs = 0;
    long start = 0;
    long end;
    do {
      if (runs == 2) { // the first two warm up
        start = System.nanoTime();
      }
      try (PointerScope scope = new PointerScope()) {
        task.net().forward(x);
      }
      runs++;
      end = System.nanoTime();
    } while (runs < 6 || end - start < 100_000_000L);
    return (end - start) / 1e3 / (runs - 2) / x.size(0);
  }

  private static double median(List<Double> values) {
    Collections.sort(values);
    return values.get(values.size() / 2);
  }

  double speedUp() {
    return denseMicros / compressedMicros;
  }

  long denseBytes() {
    return layers.stream().mapToLong(CompressedLayer::denseBytes).sum();
  }

  long bytes() {
    return layers.stream().mapToLong(CompressedLayer::bytes).sum();
  }
}
