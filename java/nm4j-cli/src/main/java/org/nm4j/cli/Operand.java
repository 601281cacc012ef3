/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.DenseMatrix;
import org.nm4j.interop.JavaCpp;

/**
 * A matrix and the address that OpenBLAS takes.
 *
 * @param matrix owns the memory
 * @param pointer its first element
 */
record Operand(DenseMatrix matrix, FloatPointer pointer) {
  static Operand of(DenseMatrix matrix) {
    return new Operand(matrix, JavaCpp.pointer(matrix));
  }

  /** The Euclidean norm of each row. */
  double[] rowNorms() {
    float[] values = matrix.toArray();
    int cols = Math.toIntExact(matrix.cols());
    double[] norms = new double[Math.toIntExact(matrix.rows())];
    for (int r = 0; r < norms.length; r++) {
      double sum = 0;
      for (int i = r * cols; i < (r + 1) * cols; i++) {
        sum += (double) values[i] * values[i];
      }
      norms[r] = Math.sqrt(sum);
    }
    return norms;
  }
}
