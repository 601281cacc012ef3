/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.data;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BLEU of a corpus with one reference a sentence (Papineni et al., ACL 2002): the geometric mean of
 * the precisions of 1 to 4 words in a row, clipped by the reference's counts, times the penalty for
 * brevity. Without smoothing, from 0 to 100.
 *
 * <pre>{@code
 * List<String> same = List.of("a", "man", "is", "eating", "food");
 * double bleu = Bleu.of(List.of(same), List.of(same));   // 100
 * }</pre>
 */
public final class Bleu {
  private static final int ORDER = 4;

  private Bleu() {}

  /**
   * Compares translations with references.
   *
   * @param translations words of each sentence
   * @param references words of each sentence, in the same order
   * @return from 0 to 100
   * @throws IllegalArgumentException when their numbers differ
   */
  public static double of(List<List<String>> translations, List<List<String>> references) {
    if (translations.size() != references.size()) {
      throw new IllegalArgumentException(
          "expected " + references.size() + " translations, got " + translations.size());
    }
    long[] matches = new long[ORDER];
    long[] totals = new long[ORDER];
    long translated = 0;
    long expected = 0;
    for (int i = 0; i < translations.size(); i++) {
      List<String> translation = translations.get(i);
      List<String> reference = references.get(i);
      translated += translation.size();
      expected += reference.size();
      for (int n = 1; n <= ORDER; n++) {
        Map<List<String>, Integer> allowed = grams(reference, n);
        for (Map.Entry<List<String>, Integer> gram : grams(translation, n).entrySet()) {
          matches[n - 1] += Math.min(gram.getValue(), allowed.getOrDefault(gram.getKey(), 0));
          totals[n - 1] += gram.getValue();
        }
      }
    }
    double logs = 0;
    for (int n = 0; n < ORDER; n++) {
      if (matches[n] == 0) {
        return 0;
      }
      logs += Math.log((double) matches[n] / totals[n]) / ORDER;
    }
    double brevity = translated >= expected ? 1 : Math.exp(1 - (double) expected / translated);
    return 100 * brevity * Math.exp(logs);
  }

  private static Map<List<String>, Integer> grams(List<String> words, int n) {
    Map<List<String>, Integer> grams = new HashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      grams.merge(words.subList(i, i + n), 1, Integer::sum);
    }
    return grams;
  }
}
