/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nm4j.DType;

/** What the shape of a convolution's case says. Padding keeps the size at stride 1. */
record ConvShape(int kernel, int inC, int outC, int size, int stride) {
  static final String NHWC = "nhwc";
  static final String NCHW = "nchw";

  private static final Pattern TEXT = Pattern.compile("(\\d+)x\\1-(\\d+)-(\\d+)@(\\d+)s(\\d+)");

  static ConvShape of(BenchmarkCase spec) {
    Matcher m = TEXT.matcher(spec.shape());
    boolean layout = spec.layout().equals(NHWC) || spec.layout().equals(NCHW);
    boolean f32 = spec.dtype().activations == DType.F32;
    if (!m.matches() || !layout || !f32) {
      throw new IllegalArgumentException(
          "expected a case such as conv/f32/2:4/nhwc/3x3-64-64@56s1/n8, of fp32 images, got "
              + spec);
    }
    return new ConvShape(number(m, 1), number(m, 2), number(m, 3), number(m, 4), number(m, 5));
  }

  private static int number(Matcher m, int group) {
    return Integer.parseInt(m.group(group));
  }

  int padding() {
    return kernel / 2;
  }

  int outSize() {
    return (size + 2 * padding() - kernel) / stride + 1;
  }
}
