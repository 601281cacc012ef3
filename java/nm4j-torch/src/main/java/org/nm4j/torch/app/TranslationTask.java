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
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.torch.data.Bleu;
import org.nm4j.torch.data.Vocabulary;
import org.nm4j.torch.nets.Translator;

/** Multi30k, German to English, with Adam; words that appear once are unknown. */
final class TranslationTask extends AdamTask<Translator> {
  private static final int LENGTH = 32;
  private static final int BATCH = 64;

  private final Pairs train;
  private final Pairs test;
  private final Vocabulary german;
  private final Vocabulary english;

  /** Sentences and their translations. */
  private record Pairs(List<String> german, List<String> english) {
    static Pairs read(Path folder, String name) throws IOException {
      String start = "multi30k." + name;
      return new Pairs(lines(folder, start + ".de.gz"), lines(folder, start + ".en.gz"));
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
  }

  static TranslationTask of(Path folder, RunConfig config) throws IOException {
    Pairs train = Pairs.read(folder, "train");
    Pairs test = Pairs.read(folder, "test_2016_flickr");
    Vocabulary german = Vocabulary.of(train.german(), 2);
    Vocabulary english = Vocabulary.of(train.english(), 2);
    return new TranslationTask(train, test, german, english, config);
  }

  private TranslationTask(
      Pairs train, Pairs test, Vocabulary german, Vocabulary english, RunConfig config) {
    super(
        new Translator(german.size(), english.size(), LENGTH, 128, 4, 2, 0.1),
        Batches.first(train.german().size(), BATCH, config));
    this.train = train;
    this.test = test;
    this.german = german;
    this.english = english;
  }

  @Override
  public String data() {
    return new Fingerprint()
        .add(train.german())
        .add(train.english())
        .add(test.german())
        .add(test.english())
        .of(train.german().size(), test.german().size(), "sentences");
  }

  @Override
  public Tensor loss(int epoch, int batch) {
    int[] chosen = samples(epoch, batch);
    Tensor target = encoded(english, train.english(), chosen);
    Tensor known = target.narrow(1, 0, LENGTH - 1).contiguous();
    Tensor logits = net().forward(encoded(german, train.german(), chosen), known);
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
    return Tensor.create(all, chosen.length, LENGTH);
  }

  @Override
  public double evaluate() {
    List<List<String>> translations = new ArrayList<>();
    try (NoGradGuard guard = new NoGradGuard()) {
      for (int from = 0; from < test.german().size(); from += BATCH) {
        try (PointerScope scope = new PointerScope()) {
          int[] chosen =
              IntStream.range(from, Math.min(from + BATCH, test.german().size())).toArray();
          Tensor tokens = net().translate(encoded(german, test.german(), chosen), LENGTH - 1);
          long[] all = new long[(int) tokens.numel()];
          tokens.contiguous().data_ptr_long().get(all);
          int width = (int) tokens.size(1);
          for (int i = 0; i < chosen.length; i++) {
            translations.add(english.decode(Arrays.copyOfRange(all, i * width, (i + 1) * width)));
          }
        }
      }
    }
    return Bleu.of(translations, test.english().stream().map(Vocabulary::words).toList());
  }

  @Override
  public String metric() {
    return "BLEU";
  }
}
