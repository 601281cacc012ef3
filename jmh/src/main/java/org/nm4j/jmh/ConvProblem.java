/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.SplittableRandom;
import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.DenseMatrix;
import org.nm4j.ImageLayout;
import org.nm4j.Images;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.SparseConv2d;
import org.nm4j.interop.JavaCpp;

/**
 * A convolution of a case named {@code conv/DTYPE/PATTERN/LAYOUT/KxK-IN-OUT@SIZE/STRIDE/nIMAGES},
 * padded by half the kernel: pruned weights, and images for all contenders.
 */
final class ConvProblem {
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

  ConvProblem(BenchmarkCase spec) {
    ConvShape shape = ConvShape.of(spec);
    pattern = spec.pattern();
    layout = spec.layout().equals(ConvShape.NHWC) ? ImageLayout.NHWC : ImageLayout.NCHW;
    kernel = shape.kernel();
    inC = shape.inC();
    outC = shape.outC();
    size = shape.size();
    stride = shape.stride();
    n = spec.n();
    outSize = shape.outSize();
    geometry =
        SparseConv2d.builder(inC, outC, kernel, kernel)
            .stride(stride, stride)
            .padding(padding(), padding())
            .dtype(spec.dtype().weights);
    SplittableRandom random = new SplittableRandom(2080);
    w = DenseMatrix.allocate(geometry.weightRows(), geometry.weightCols());
    fill(w, random);
    mask = Mask.magnitude(w, pattern);
    mask.apply(w);
    if (spec.dtype().weightOnly()) {
      // All contenders multiply by the weights that nm4j stores.
      try (SparseConv2d rounded = geometry.pack(w, mask, pattern)) {
        w.copyFrom(rounded.decompress().toArray());
      }
    }
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
