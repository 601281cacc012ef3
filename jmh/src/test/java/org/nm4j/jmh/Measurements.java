/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Arrays;
import java.util.Map;
import org.nm4j.Layout;
import org.nm4j.Pattern;

/** Made-up measurements. */
final class Measurements {
  private Measurements() {}

  static final Facts FACTS =
      new Facts("f32_some_kernel", 1 << 20, "Some CPU", "0.1.0, avx2", "0.3.31", "3.13.0");

  static Measurement of(int n, Map<String, double[]> nanos) {
    return of(n, nanos, 0);
  }

  static Measurement of(int n, Map<String, double[]> nanos, double otherCores) {
    BenchmarkCase spec = new BenchmarkCase(Pattern.P2_4, Layout.FEATURE_MAJOR, 64, 128, n);
    return new Measurement(spec, 1, nanos, FACTS, "Haswell", otherCores);
  }

  /** The same times in each of three rounds. */
  static Measurement steady(int n, double nm4j, double openblas, double onednn, double prepacked) {
    return of(
        n,
        Map.of(
            "nm4j", rounds(nm4j),
            "openblas", rounds(openblas),
            "onednn", rounds(onednn),
            "onednn-prepacked", rounds(prepacked)));
  }

  private static double[] rounds(double nanos) {
    double[] times = new double[3];
    Arrays.fill(times, nanos);
    return times;
  }
}
