/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.DenseMatrix;
import org.nm4j.Layout;
import org.nm4j.Mask;
import org.nm4j.interop.JavaCpp;

/**
 * The buffers of a case, shared by everyone who computes it: random weights pruned by magnitude and
 * kept dense, random activations, and the result, which each contender overwrites.
 */
final class GemmProblem {
  final BenchmarkCase spec;
  final Mask mask;
  final DenseMatrix w;
  final DenseMatrix x;
  final DenseMatrix y;

  /** The same memory, for the presets of the peers. */
  final FloatPointer wPointer;

  final FloatPointer xPointer;
  final FloatPointer yPointer;

  GemmProblem(BenchmarkCase spec) {
    this.spec = spec;
    boolean batchMajor = spec.layout() == Layout.BATCH_MAJOR;
    SplittableRandom random = new SplittableRandom(2080);
    w = random(spec.m(), spec.k(), random);
    mask = Mask.magnitude(w, spec.pattern());
    mask.apply(w);
    x = batchMajor ? random(spec.n(), spec.k(), random) : random(spec.k(), spec.n(), random);
    y =
        batchMajor
            ? DenseMatrix.allocate(spec.n(), spec.m())
            : DenseMatrix.allocate(spec.m(), spec.n());
    wPointer = JavaCpp.pointer(w);
    xPointer = JavaCpp.pointer(x);
    yPointer = JavaCpp.pointer(y);
  }

  boolean batchMajor() {
    return spec.layout() == Layout.BATCH_MAJOR;
  }

  private static DenseMatrix random(int rows, int cols, SplittableRandom random) {
    DenseMatrix matrix = DenseMatrix.allocate(rows, cols);
    FloatBuffer buffer = matrix.buffer();
    float[] row = new float[cols];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        row[c] = (float) random.nextDouble(-1, 1);
      }
      buffer.put(r * cols, row);
    }
    return matrix;
  }
}
