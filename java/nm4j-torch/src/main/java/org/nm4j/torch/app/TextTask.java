/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.torch.Net;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.nets.LanguageModel;

/** The next character of a text. The last twentieth is the test; Adam. */
final class TextTask implements Task {
  private static final int LENGTH = 64;
  private static final int BATCH = 32;

  private final LanguageModel net;
  private final int[] tokens;
  private final int trainWindows;
  private final int windows;
  private final int limit;
  private final long seed;

  TextTask(Path file, RunConfig config) throws IOException {
    int[] characters = Files.readString(file).chars().toArray();
    int[] alphabet = Arrays.stream(characters).distinct().sorted().toArray();
    tokens = Arrays.stream(characters).map(c -> Arrays.binarySearch(alphabet, c)).toArray();
    int all = (tokens.length - 1) / LENGTH;
    trainWindows = all - all / 20;
    windows = all;
    if (trainWindows < BATCH) {
      throw new IOException(file + ": expected at least 2200 characters, got " + tokens.length);
    }
    net = new LanguageModel(alphabet.length, LENGTH, 128, 4, 3, 0.1);
    seed = config.seed();
    limit = config.limit() == 0 ? trainWindows : Math.min(config.limit(), trainWindows);
  }

  @Override
  public Net net() {
    return net;
  }

  @Override
  public int batches() {
    return Math.max(1, limit / BATCH);
  }

  @Override
  public int samples() {
    return batches() * BATCH;
  }

  @Override
  public Tensor loss(int epoch, int batch) {
    int[] order = ImageSet.order(trainWindows, seed, epoch);
    return loss(Arrays.copyOfRange(order, batch * BATCH, (batch + 1) * BATCH));
  }

  private Tensor loss(int[] chosen) {
    long[] values = new long[chosen.length * (LENGTH + 1)];
    for (int i = 0; i < chosen.length; i++) {
      for (int j = 0; j <= LENGTH; j++) {
        values[i * (LENGTH + 1) + j] = tokens[chosen[i] * LENGTH + j];
      }
    }
    Tensor text = longs(values).reshape(chosen.length, LENGTH + 1);
    Tensor logits = net.forward(text.narrow(1, 0, LENGTH).contiguous());
    Tensor next = text.narrow(1, 1, LENGTH).reshape(-1);
    return torch.cross_entropy(logits.reshape(-1, logits.size(2)), next);
  }

  static Tensor longs(long[] values) {
    try (LongPointer pointer = new LongPointer(values)) {
      TensorOptions options = new TensorOptions(ScalarType.Long);
      return torch.from_blob(pointer, new long[] {values.length}, options).clone();
    }
  }

  @Override
  public double evaluate() {
    double sum = 0;
    int count = 0;
    try (NoGradGuard guard = new NoGradGuard()) {
      for (int from = trainWindows; from < windows; from += BATCH) {
        try (PointerScope scope = new PointerScope()) {
          int until = Math.min(from + BATCH, windows);
          int[] chosen = java.util.stream.IntStream.range(from, until).toArray();
          sum += loss(chosen).item_double() * chosen.length;
          count += chosen.length;
        }
      }
    }
    return Math.exp(sum / count);
  }

  @Override
  public String metric() {
    return "perplexity of a character";
  }

  @Override
  public Optimizer optimizer() {
    return new Adam(net.parameters(), new AdamOptions(rate()));
  }

  @Override
  public double rate() {
    return 1e-3;
  }
}
