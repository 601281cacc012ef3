/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.torch.nets.LanguageModel;

/** The next character of a text. The last twentieth is the test; Adam. */
final class TextTask extends AdamTask<LanguageModel> {
  private static final int LENGTH = 64;
  private static final int BATCH = 32;

  private final Corpus corpus;

  /** A text cut into windows. */
  private record Corpus(
      int[] tokens, int alphabet, int trainWindows, int windows, String fingerprint) {
    static Corpus read(Path file) throws IOException {
      String text = Files.readString(file);
      int[] characters = text.chars().toArray();
      int[] alphabet = Arrays.stream(characters).distinct().sorted().toArray();
      int windows = (characters.length - 1) / LENGTH;
      int trainWindows = windows - windows / 20;
      if (trainWindows < BATCH) {
        throw new IOException(
            file + ": expected at least 2200 characters, got " + characters.length);
      }
      int[] tokens = Arrays.stream(characters).map(c -> Arrays.binarySearch(alphabet, c)).toArray();
      String fingerprint =
          new Fingerprint().add(text).of(trainWindows, windows - trainWindows, "windows");
      return new Corpus(tokens, alphabet.length, trainWindows, windows, fingerprint);
    }
  }

  static TextTask of(Path file, RunConfig config) throws IOException {
    return new TextTask(Corpus.read(file), config);
  }

  private TextTask(Corpus corpus, RunConfig config) {
    super(
        new LanguageModel(corpus.alphabet(), LENGTH, 128, 4, 3, 0.1),
        Batches.changing(corpus.trainWindows(), BATCH, config));
    this.corpus = corpus;
  }

  @Override
  public String data() {
    return corpus.fingerprint();
  }

  @Override
  public Tensor loss(int epoch, int batch) {
    return loss(samples(epoch, batch));
  }

  private Tensor loss(int[] chosen) {
    long[] values = new long[chosen.length * (LENGTH + 1)];
    for (int i = 0; i < chosen.length; i++) {
      for (int j = 0; j <= LENGTH; j++) {
        values[i * (LENGTH + 1) + j] = corpus.tokens()[chosen[i] * LENGTH + j];
      }
    }
    Tensor text = Tensor.create(values, chosen.length, LENGTH + 1);
    Tensor logits = net().forward(text.narrow(1, 0, LENGTH).contiguous());
    Tensor next = text.narrow(1, 1, LENGTH).reshape(-1);
    return torch.cross_entropy(logits.reshape(-1, logits.size(2)), next);
  }

  @Override
  public double evaluate() {
    double sum = 0;
    int count = 0;
    try (NoGradGuard guard = new NoGradGuard()) {
      for (int from = corpus.trainWindows(); from < corpus.windows(); from += BATCH) {
        try (PointerScope scope = new PointerScope()) {
          int until = Math.min(from + BATCH, corpus.windows());
          int[] chosen = IntStream.range(from, until).toArray();
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
}
