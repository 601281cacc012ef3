/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.torch.Net;
import org.nm4j.torch.data.Bleu;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.data.Vocabulary;
import org.nm4j.torch.nets.Translator;

/** Multi30k, German to English, with Adam; words that appear once are unknown. */
final class TranslationTask implements Task {
  private static final int LENGTH = 32;
  private static final int BATCH = 64;

  private final Translator net;
  private final Vocabulary german;
  private final Vocabulary english;
  private final List<String> trainGerman;
  private final List<String> trainEnglish;
  private final List<String> testGerman;
  private final List<String> testEnglish;
  private final int limit;
  private final long seed;

  TranslationTask(Path folder, RunConfig config) throws IOException {
    trainGerman = lines(folder, "multi30k.train.de.gz");
    trainEnglish = lines(folder, "multi30k.train.en.gz");
    testGerman = lines(folder, "multi30k.test_2016_flickr.de.gz");
    testEnglish = lines(folder, "multi30k.test_2016_flickr.en.gz");
    german = Vocabulary.of(trainGerman, 2);
    english = Vocabulary.of(trainEnglish, 2);
    net = new Translator(german.size(), english.size(), LENGTH, 128, 4, 2, 0.1);
    limit = config.limit() == 0 ? trainGerman.size() : Math.min(config.limit(), trainGerman.size());
    seed = config.seed();
  }

  private static List<String> lines(Path folder, String name) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(folder.resolve(name))),
                StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    }
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
    int[] order = ImageSet.order(limit, seed, epoch);
    int[] chosen = Arrays.copyOfRange(order, batch * BATCH, Math.min(limit, (batch + 1) * BATCH));
    Tensor target = encoded(english, trainEnglish, chosen);
    Tensor known = target.narrow(1, 0, LENGTH - 1).contiguous();
    Tensor logits = net.forward(encoded(german, trainGerman, chosen), known);
    Tensor next = target.narrow(1, 1, LENGTH - 1).reshape(-1);
    int mean = 1;
    return torch.cross_entropy_loss(
        logits.reshape(-1, logits.size(2)), next, new TensorOptional(), mean, Translator.PAD, 0.1);
  }

  private static Tensor encoded(Vocabulary vocabulary, List<String> lines, int[] chosen) {
    long[] all = new long[chosen.length * LENGTH];
    for (int i = 0; i < chosen.length; i++) {
      long[] line = vocabulary.encode(lines.get(chosen[i]), LENGTH);
      System.arraycopy(line, 0, all, i * LENGTH, LENGTH);
    }
    return TextTask.longs(all).reshape(chosen.length, LENGTH);
  }

  @Override
  public double evaluate() {
    List<List<String>> translations = new ArrayList<>();
    try (NoGradGuard guard = new NoGradGuard()) {
      for (int from = 0; from < testGerman.size(); from += BATCH) {
        try (PointerScope scope = new PointerScope()) {
          int[] chosen = IntStream.range(from, Math.min(from + BATCH, testGerman.size())).toArray();
          Tensor tokens = net.translate(encoded(german, testGerman, chosen), LENGTH - 1);
          long[] all = new long[(int) tokens.numel()];
          tokens.contiguous().data_ptr_long().get(all);
          int width = (int) tokens.size(1);
          for (int i = 0; i < chosen.length; i++) {
            translations.add(english.decode(Arrays.copyOfRange(all, i * width, (i + 1) * width)));
          }
        }
      }
    }
    return Bleu.of(translations, testEnglish.stream().map(Vocabulary::words).toList());
  }

  @Override
  public String metric() {
    return "BLEU";
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
