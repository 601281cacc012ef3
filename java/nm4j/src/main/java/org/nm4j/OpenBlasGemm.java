/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.OpenBlas;

/** Products by OpenBLAS. */
final class OpenBlasGemm implements Gemm {
  private static final OpenBlasGemm INSTANCE = new OpenBlasGemm();

  private OpenBlasGemm() {}

  static OpenBlasGemm load() {
    try {
      OpenBlas.threads();
    } catch (LinkageError e) {
      throw new Nm4jException(
          ErrorCode.LIBRARY,
          "dense products need org.bytedeco:openblas and its classifier jar, or a Gemm of yours: "
              + e);
    }
    return INSTANCE;
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
    execution.requireDevice(Device.cpu());
    long depth = Shape.requireProduct(transposeA, transposeB, a, b, c);
    Shape.requireWritable("c", c);
    for (DenseMatrix matrix : new DenseMatrix[] {a, b, c}) {
      requireInts(matrix);
    }
    if (!Shape.apart(a, c) || !Shape.apart(b, c)) {
      throw new IllegalArgumentException("c must not overlap a or b, got " + c);
    }
    Execution own = OpenBlas.threads() == 1 ? execution : Execution.caller();
    RowBlocks.runParts(
        c.rows(),
        Math.multiplyExact(depth, c.cols()),
        own,
        (row, count) -> {
          long first = Float.BYTES * (transposeA ? row : row * a.ld());
          OpenBlas.sgemm(
              transposeA,
              transposeB,
              (int) count,
              (int) c.cols(),
              (int) depth,
              a.address() + first,
              (int) a.ld(),
              b.address(),
              (int) b.ld(),
              beta,
              c.address() + Float.BYTES * row * c.ld(),
              (int) c.ld());
          return 0;
        });
    a.keepAlive();
    b.keepAlive();
    c.keepAlive();
  }

  private static void requireInts(DenseMatrix matrix) {
    if (Math.max(matrix.rows(), matrix.ld()) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("OpenBLAS takes sizes below 2^31, got " + matrix);
    }
  }
}
