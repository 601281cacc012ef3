/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import org.bytedeco.javacpp.FloatPointer;

/** The dense product by oneDNN's {@code dnnl_sgemm}. */
final class OneDnnGemm implements Contender {
  static final String NAME = "onednn";

  private static final byte PLAIN = 'N';
  private static final byte TRANSPOSED = 'T';

  private final GemmProblem problem;

  OneDnnGemm(GemmProblem problem) {
    this.problem = problem;
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
    int status =
        problem.batchMajor()
            ? dnnl_sgemm(PLAIN, TRANSPOSED, n, m, k, 1, x, k, w, k, 0, y, m)
            : dnnl_sgemm(PLAIN, PLAIN, m, n, k, 1, w, k, x, n, 0, y, n);
    if (status != dnnl_success) {
      throw new IllegalStateException("dnnl_sgemm failed with status " + status);
    }
  }

  @Override
  public void close() {}
}
