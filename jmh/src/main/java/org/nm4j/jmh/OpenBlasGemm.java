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

/** The dense product in fp32 by OpenBLAS's {@code cblas_sgemm}. */
final class OpenBlasGemm implements Contender {
  static final String NAME = "openblas";

  private final GemmProblem problem;
  private final FloatPointer w;
  private final FloatPointer x;
  private final FloatPointer y;

  OpenBlasGemm(GemmProblem problem, int threads) {
    this.problem = problem;
    w = problem.wF32.floats();
    x = problem.x.floats();
    y = problem.y.floats();
    blas_set_num_threads(threads);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void run() {
    int outputs = problem.outputs;
    int inputs = problem.inputs;
    int n = problem.n;
    int ldw = problem.w.cols;
    int plain = problem.transposed ? CblasTrans : CblasNoTrans;
    int turned = problem.transposed ? CblasNoTrans : CblasTrans;
    if (problem.batchMajor()) {
      cblas_sgemm(
          CblasRowMajor,
          CblasNoTrans,
          turned,
          n,
          outputs,
          inputs,
          1,
          x,
          inputs,
          w,
          ldw,
          0,
          y,
          outputs);
    } else {
      cblas_sgemm(CblasRowMajor, plain, CblasNoTrans, outputs, n, inputs, 1, w, ldw, x, n, 0, y, n);
    }
  }
}
