/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import org.bytedeco.javacpp.FloatPointer;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Gemm;

/** Dense products by oneDNN, on its own threads. */
final class OneDnnDense implements Gemm {
  @Override
  public void multiply(
      boolean transposeA,
      boolean transposeB,
      DenseMatrix a,
      DenseMatrix b,
      float beta,
      DenseMatrix c,
      Execution execution) {
    int status =
        dnnl_sgemm(
            flag(transposeA),
            flag(transposeB),
            c.rows(),
            c.cols(),
            transposeA ? a.rows() : a.cols(),
            1,
            new FloatPointer(a.buffer()),
            a.ld(),
            new FloatPointer(b.buffer()),
            b.ld(),
            beta,
            new FloatPointer(c.buffer()),
            c.ld());
    if (status != dnnl_success) {
      throw new IllegalStateException("dnnl_sgemm failed with status " + status);
    }
  }

  private static byte flag(boolean transpose) {
    return (byte) (transpose ? 'T' : 'N');
  }
}
