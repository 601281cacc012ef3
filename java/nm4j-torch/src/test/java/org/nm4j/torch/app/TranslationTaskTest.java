/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From files to BLEU, on a language of 12 sentences that a network knows by heart soon. */
class TranslationTaskTest {
  private static final List<List<String>> PARTS =
      List.of(
          List.of("Ein Mann", "Der H\u00fcne"),
          List.of("sieht", "ruft", "sucht nie"),
          List.of("den Hund.", "zwei rote B\u00e4lle!"));

  private static final List<List<String>> ENGLISH =
      List.of(
          List.of("A man", "The giant"),
          List.of("sees", "calls", "never looks for"),
          List.of("the dog.", "two red balls!"));

  @TempDir private Path temp;

  private static List<String> sentences(List<List<String>> parts) {
    List<String> sentences = new ArrayList<>();
    for (String who : parts.get(0)) {
      for (String does : parts.get(1)) {
        for (String what : parts.get(2)) {
          sentences.add(who + " " + does + " " + what);
        }
      }
    }
    return sentences;
  }

  private void write(String name, List<String> lines) throws IOException {
    Path file = temp.resolve("multi30k." + name + ".gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void learnsToTranslate() throws IOException {
    Threads.use(1);
    for (String part : List.of("train", "test_2016_flickr")) {
      write(part + ".de", sentences(PARTS));
      write(part + ".en", sentences(ENGLISH));
    }
    RunConfig config = new RunConfig("multi30k", Method.DENSE, "2:4", 0, 1, 1, 0);
    torch.manual_seed(config.seed());
    TranslationTask task = TranslationTask.of(temp, config);
    assertEquals(1, task.batches());
    assertTrue(task.data().startsWith("12 + 12 sentences, CRC-32 "), task.data());
    task.net().eval();
    assertTrue(task.evaluate() < 10, "it cannot know yet");
    Optimizer optimizer = task.optimizer();
    task.net().train(true);
    for (int step = 0; step < 30; step++) {
      try (PointerScope scope = new PointerScope()) {
        optimizer.zero_grad();
        task.loss(step, 0).backward();
        optimizer.step();
      }
    }
    task.net().eval();
    double bleu = task.evaluate();
    assertTrue(bleu > 90, () -> "BLEU " + bleu);
  }
}
