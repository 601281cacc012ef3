/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.SplittableRandom;
import java.util.regex.Matcher;
import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.DenseMatrix;
import org.nm4j.ImageLayout;
import org.nm4j.Images;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.SparseConv2d;
import org.nm4j.interop.JavaCpp;

/**
 * A convolution of a case named {@code conv/f32/PATTERN/LAYOUT/KxK-IN-OUT@SIZE/STRIDE/nIMAGES},
 * padded by half the kernel: pruned weights, and images for all contenders.
 */
final class ConvProblem {
  private static final java.util.regex.Pattern NAME =
      java.util.regex.Pattern.compile(
          "conv/f32/(\\d+:\\d+)/(nhwc|nchw)/(\\d+)x\\3-(\\d+)-(\\d+)@(\\d+)/(\\d+)/n(\\d+)");

  final Pattern pattern;
  final ImageLayout layout;
  final int kernel;
  final int inC;
  final int outC;
  final int size;
  final int stride;
  final int n;
  final int outSize;
  final SparseConv2d.Builder geometry;
  final DenseMatrix w;
  final Mask mask;
  final Images x;
  final Images y;

  /** The same memory, for the presets of the peers. */
  final FloatPointer wPointer;

  final FloatPointer xPointer;

  ConvProblem(String name) {
    Matcher m = NAME.matcher(name);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "expected a case like conv/f32/2:4/nhwc/3x3-64-64@56/1/n8, got " + name);
    }
    pattern = Pattern.parse(m.group(1));
    layout = m.group(2).equals("nhwc") ? ImageLayout.NHWC : ImageLayout.NCHW;
    kernel = Integer.parseInt(m.group(3));
    inC = Integer.parseInt(m.group(4));
    outC = Integer.parseInt(m.group(5));
    size = Integer.parseInt(m.group(6));
    stride = Integer.parseInt(m.group(7));
    n = Integer.parseInt(m.group(8));
    outSize = (size + 2 * padding() - kernel) / stride + 1;
    geometry =
        SparseConv2d.builder(inC, outC, kernel, kernel)
            .stride(stride, stride)
            .padding(padding(), padding());
    SplittableRandom random = new SplittableRandom(2080);
    w = DenseMatrix.allocate(geometry.weightRows(), geometry.weightCols());
    fill(w, random);
    mask = Mask.magnitude(w, pattern);
    mask.apply(w);
    x = Images.allocate(layout, n, size, size, inC);
    fill(x.matrix(), random);
    y = Images.allocate(layout, n, outSize, outSize, outC);
    wPointer = JavaCpp.pointer(w);
    xPointer = JavaCpp.pointer(x.matrix());
  }

  int padding() {
    return kernel / 2;
  }

  private static void fill(DenseMatrix matrix, SplittableRandom random) {
    float[] values = new float[Math.toIntExact(matrix.rows() * matrix.cols())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    matrix.copyFrom(values);
  }
}
