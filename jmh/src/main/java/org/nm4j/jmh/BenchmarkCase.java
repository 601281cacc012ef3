/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Locale;
import java.util.regex.Matcher;
import org.nm4j.Layout;
import org.nm4j.Pattern;

/**
 * A product to be measured: fp32 weights of {@code m} rows (output features) and {@code k} columns
 * that obey {@code pattern}, times a batch of {@code n} activations.
 *
 * <p>Its text, for example {@code gemm/f32/2:4/batch-major/768x3072/n32}, is what the filter of the
 * command line matches and what names the case to JMH.
 */
record BenchmarkCase(Pattern pattern, Layout layout, int m, int k, int n) {
  static final String OP = "gemm";
  static final String DTYPE = "f32";

  private static final java.util.regex.Pattern TEXT =
      java.util.regex.Pattern.compile(
          OP + "/" + DTYPE + "/([^/]+)/(feature-major|batch-major)/(\\d+)x(\\d+)/n(\\d+)");

  static BenchmarkCase parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "expected a case such as gemm/f32/2:4/batch-major/768x3072/n32, got " + text);
    }
    return new BenchmarkCase(
        Pattern.parse(matcher.group(1)),
        Layout.valueOf(matcher.group(2).toUpperCase(Locale.ROOT).replace('-', '_')),
        Integer.parseInt(matcher.group(3)),
        Integer.parseInt(matcher.group(4)),
        Integer.parseInt(matcher.group(5)));
  }

  /** {@code feature-major} or {@code batch-major}. */
  String layoutName() {
    return layout.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Floating-point operations of the dense product; zeros count. */
  double flops() {
    return 2.0 * m * n * k;
  }

  @Override
  public String toString() {
    return String.join("/", OP, DTYPE, pattern.toString(), layoutName(), m + "x" + k, "n" + n);
  }
}
