/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.digits;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.nm4j.DenseMatrix;

/** 1797 handwritten digits of 8 x 8 pixels, see README.md beside the data. */
final class Digits {
  static final int PIXELS = 64;
  static final int CLASSES = 10;

  private final List<float[]> lines;
  private final int begin;
  private final int end;

  private Digits(List<float[]> lines, int begin, int end) {
    this.lines = lines;
    this.begin = begin;
    this.end = end;
  }

  static Digits load() {
    List<float[]> lines = new ArrayList<>();
    try (var in = Digits.class.getResourceAsStream("digits.csv.gz");
        var text =
            new BufferedReader(
                new InputStreamReader(new GZIPInputStream(in), StandardCharsets.US_ASCII))) {
      for (String line = text.readLine(); line != null; line = text.readLine()) {
        String[] fields = line.split(",");
        float[] values = new float[fields.length];
        for (int i = 0; i < fields.length; i++) {
          values[i] = Float.parseFloat(fields[i]);
        }
        lines.add(values);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Digits(lines, 0, lines.size());
  }

  /** The first 1437 digits, four fifths. */
  Digits training() {
    return new Digits(lines, 0, 1437);
  }

  Digits test() {
    return new Digits(lines, 1437, lines.size());
  }

  int size() {
    return end - begin;
  }

  /** The numbers of all digits in random order. */
  int[] shuffled(Random random) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Pixels from 0 to 1 of the digits order[from] and on, as many as {@code x} has rows. */
  void pixels(int[] order, int from, DenseMatrix x) {
    float[] values = new float[Math.toIntExact(x.rows()) * PIXELS];
    for (int i = 0; i < x.rows(); i++) {
      float[] line = lines.get(begin + order[from + i]);
      for (int p = 0; p < PIXELS; p++) {
        values[i * PIXELS + p] = line[p] / 16;
      }
    }
    x.copyFrom(values);
  }

  int label(int number) {
    return (int) lines.get(begin + number)[PIXELS];
  }

  /** 0, 1, 2, .. */
  int[] inOrder() {
    int[] order = new int[size()];
    Arrays.setAll(order, i -> i);
    return order;
  }
}
