/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_full;

/**
 * Dense products by the JavaCPP preset of OpenBLAS, an optional dependency. Call {@link #obstacle}
 * first.
 */
public final class OpenBlas {
  private OpenBlas() {}

  /**
   * Why OpenBLAS cannot serve now, or null. Its number of threads is one setting for the whole
   * process, which belongs to the application; nm4j only looks.
   */
  public static String obstacle() {
    try {
      int threads = openblas_full.openblas_get_num_threads();
      return threads == 1
          ? null
          : "OpenBLAS must be set to 1 thread, for nm4j divides products over its own, got "
              + threads
              + " (OPENBLAS_NUM_THREADS=1 or openblas_set_num_threads(1))";
    } catch (LinkageError e) {
      return "OpenBLAS (org.bytedeco:openblas and its classifier) cannot be loaded: " + e;
    }
  }

  /**
   * Some rows of W times X, in the calling thread.
   *
   * @param m rows of W, without gaps
   * @param k columns of W
   * @param batchMajor whether Y is X W^T with X of n x k, or W X with X of k x n
   */
  public static void multiply(
      boolean batchMajor, int m, int n, int k, long w, long x, int ldx, long y, int ldy) {
    FloatPointer weights = new Address(w);
    FloatPointer in = new Address(x);
    FloatPointer out = new Address(y);
    int rowMajor = openblas_full.CblasRowMajor;
    int plain = openblas_full.CblasNoTrans;
    int turned = openblas_full.CblasTrans;
    if (n == 1) {
      int incX = batchMajor ? 1 : ldx;
      int incY = batchMajor ? 1 : ldy;
      openblas_full.cblas_sgemv(rowMajor, plain, m, k, 1, weights, k, in, incX, 0, out, incY);
    } else if (batchMajor) {
      openblas_full.cblas_sgemm(
          rowMajor, plain, turned, n, m, k, 1, in, ldx, weights, k, 0, out, ldy);
    } else {
      openblas_full.cblas_sgemm(
          rowMajor, plain, plain, m, n, k, 1, weights, k, in, ldx, 0, out, ldy);
    }
  }

  /** How many threads it is set to. */
  public static int threads() {
    return openblas_full.openblas_get_num_threads();
  }

  /** C = op(A) op(B) + beta C, C being m x n and k the dimension summed over. */
  public static void sgemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      long a,
      int lda,
      long b,
      int ldb,
      float beta,
      long c,
      int ldc) {
    openblas_full.cblas_sgemm(
        openblas_full.CblasRowMajor,
        transposeA ? openblas_full.CblasTrans : openblas_full.CblasNoTrans,
        transposeB ? openblas_full.CblasTrans : openblas_full.CblasNoTrans,
        m,
        n,
        k,
        1,
        new Address(a),
        Math.max(lda, 1),
        new Address(b),
        Math.max(ldb, 1),
        beta,
        new Address(c),
        Math.max(ldc, 1));
  }

  /** A pointer to memory of somebody else. */
  private static final class Address extends FloatPointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
