/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.regex.Matcher;
import org.nm4j.Pattern;

/**
 * Work to be measured.
 *
 * <p>Its text, for example {@code gemm/f32/2:4/batch-major/768x3072/n32}, is what the filter of the
 * command line matches and what names the case to JMH.
 *
 * @param op what is computed
 * @param dtype types of the elements
 * @param pattern the weights' N:M pattern
 * @param layout how activations lie, in the op's words
 * @param shape of the weights, in the op's words
 * @param n batch
 */
record BenchmarkCase(Op op, Precision dtype, Pattern pattern, String layout, String shape, int n) {
  private static final java.util.regex.Pattern TEXT =
      java.util.regex.Pattern.compile("([^/]+)/([^/]+)/([^/]+)/([^/]+)/([^/]+)/n(\\d+)");

  static BenchmarkCase parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "expected a case such as gemm/f32/2:4/batch-major/768x3072/n32, got " + text);
    }
    BenchmarkCase spec =
        new BenchmarkCase(
            Op.of(matcher.group(1)),
            Precision.parse(matcher.group(2)),
            Pattern.parse(matcher.group(3)),
            matcher.group(4),
            matcher.group(5),
            Integer.parseInt(matcher.group(6)));
    spec.product(); // refuses what the op does not do
    return spec;
  }

  Product product() {
    return op.product(this);
  }

  @Override
  public String toString() {
    return String.join(
        "/", op.name(), dtype.toString(), pattern.toString(), layout, shape, "n" + n);
  }
}
