/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import org.bytedeco.javacpp.FloatPointer;

/** The dense product by OpenBLAS's {@code cblas_sgemm}. */
final class OpenBlasGemm implements Contender {
  static final String NAME = "openblas";

  private final GemmProblem problem;

  OpenBlasGemm(GemmProblem problem, int threads) {
    this.problem = problem;
    blas_set_num_threads(threads);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void run() {
    int m = problem.spec.m();
    int k = problem.spec.k();
    int n = problem.spec.n();
    FloatPointer w = problem.wPointer;
    FloatPointer x = problem.xPointer;
    FloatPointer y = problem.yPointer;
    if (problem.batchMajor()) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, m, k, 1, x, k, w, k, 0, y, m);
    } else {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, w, k, x, n, 0, y, n);
    }
  }

  @Override
  public void close() {}
}
