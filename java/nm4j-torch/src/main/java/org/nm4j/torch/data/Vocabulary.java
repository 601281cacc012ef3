/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Words as numbers: 0 pads, 1 begins and 2 ends a sentence, 3 is any word that is not in it.
 *
 * <pre>{@code
 * Vocabulary vocabulary = Vocabulary.of(List.of("A man sleeps.", "a man eats"), 2);
 * long[] numbers = vocabulary.encode("A man walks", 8);      // 1, a, man, 3, 2, 0, 0, 0
 * List<String> words = vocabulary.decode(numbers);           // a, man, <unk>
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 */
public final class Vocabulary {
  private static final List<String> SPECIAL = List.of("<pad>", "<s>", "</s>", "<unk>");
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+|[^\\s\\p{L}\\p{N}]");

  private final List<String> words = new ArrayList<>(SPECIAL);
  private final Map<String, Integer> numbers = new HashMap<>();

  private Vocabulary() {}

  /**
   * Collects words in the order of their first appearance.
   *
   * @param lines sentences
   * @param least how often a word must appear
   * @return the vocabulary
   */
  public static Vocabulary of(List<String> lines, int least) {
    Map<String, Integer> counts = new java.util.LinkedHashMap<>();
    lines.forEach(line -> words(line).forEach(word -> counts.merge(word, 1, Integer::sum)));
    Vocabulary vocabulary = new Vocabulary();
    counts.forEach(
        (word, count) -> {
          if (count >= least) {
            vocabulary.numbers.put(word, vocabulary.words.size());
            vocabulary.words.add(word);
          }
        });
    return vocabulary;
  }

  /**
   * Splits a sentence into words and punctuation marks, in lower case.
   *
   * @param line a sentence
   * @return its words
   */
  public static List<String> words(String line) {
    List<String> found = new ArrayList<>();
    Matcher matcher = WORD.matcher(line.toLowerCase(Locale.ROOT));
    while (matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }

  /**
   * How many numbers there are.
   *
   * @return at least 4
   */
  public int size() {
    return words.size();
  }

  /**
   * A sentence as numbers.
   *
   * @param line a sentence
   * @param length how many numbers, at least 2; longer sentences are cut off, shorter ones filled
   *     up
   * @return beginning, words, end and padding
   * @throws IllegalArgumentException when there is no room for beginning and end
   */
  public long[] encode(String line, int length) {
    if (length < 2) {
      throw new IllegalArgumentException("expected a length of at least 2, got " + length);
    }
    long[] encoded = new long[length];
    encoded[0] = 1;
    int at = 1;
    for (String word : words(line)) {
      if (at == length - 1) {
        break;
      }
      encoded[at++] = numbers.getOrDefault(word, 3);
    }
    encoded[at] = 2;
    return encoded;
  }

  /**
   * The words of a sentence, up to its end.
   *
   * @param encoded numbers of this vocabulary
   * @return the words, without beginning and end; unknown ones are {@code <unk>}, which no sentence
   *     holds
   */
  public List<String> decode(long[] encoded) {
    List<String> decoded = new ArrayList<>();
    for (long number : encoded) {
      if (number == 2 || number == 0) {
        break;
      }
      if (number != 1) {
        decoded.add(words.get((int) number));
      }
    }
    return decoded;
  }
}
