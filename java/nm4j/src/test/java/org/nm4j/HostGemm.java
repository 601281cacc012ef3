/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/** Dense products of matrices on a GPU, computed on the host: for tests, where no cuBLAS is. */
final class HostGemm implements Gemm {
  private int calls;

  /** How many products there were. */
  int calls() {
    return calls;
  }

  @Override
  public void multiply(
      boolean transposeA,
      boolean transposeB,
      DenseMatrix a,
      DenseMatrix b,
      float beta,
      DenseMatrix c,
      Execution execution) {
    calls++;
    if (a.dtype() != b.dtype() || c.dtype() != DType.F32 && c.dtype() != a.dtype()) {
      throw new IllegalArgumentException("types that no Gemm has to take: " + a + b + c);
    }
    execution.stream(c.device()).synchronize(); // it works at once
    float[] left = a.toArray();
    float[] right = b.toArray();
    float[] sums = c.toArray();
    int cols = (int) c.cols();
    int depth = (int) (transposeA ? a.rows() : a.cols());
    for (int row = 0; row < c.rows(); row++) {
      for (int col = 0; col < cols; col++) {
        double sum = beta == 0 ? 0 : beta * sums[row * cols + col];
        for (int k = 0; k < depth; k++) {
          double x = left[(int) (transposeA ? k * a.cols() + row : row * a.cols() + k)];
          sum += x * right[(int) (transposeB ? col * b.cols() + k : k * b.cols() + col)];
        }
        sums[row * cols + col] = (float) sum;
      }
    }
    c.copyFrom(sums);
  }
}
