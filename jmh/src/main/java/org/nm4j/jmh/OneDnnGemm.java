/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import org.bytedeco.javacpp.FloatPointer;

/** The dense product in fp32 by oneDNN's {@code dnnl_sgemm}. */
final class OneDnnGemm implements Contender {
  private static final byte PLAIN = 'N';
  private static final byte TRANSPOSED = 'T';

  private final GemmProblem problem;
  private final FloatPointer w;
  private final FloatPointer x;
  private final FloatPointer y;

  OneDnnGemm(GemmProblem problem) {
    this.problem = problem;
    w = problem.wF32.floats();
    x = problem.x.floats();
    y = problem.y.floats();
  }

  @Override
  public String name() {
    return OneDnnMatmul.PLAIN;
  }

  @Override
  public void run() {
    int outputs = problem.outputs;
    int inputs = problem.inputs;
    int n = problem.n;
    int ldw = problem.w.cols;
    byte plain = problem.transposed ? TRANSPOSED : PLAIN;
    byte turned = problem.transposed ? PLAIN : TRANSPOSED;
    int status =
        problem.batchMajor()
            ? dnnl_sgemm(PLAIN, turned, n, outputs, inputs, 1, x, inputs, w, ldw, 0, y, outputs)
            : dnnl_sgemm(plain, PLAIN, outputs, n, inputs, 1, w, ldw, x, n, 0, y, n);
    if (status != dnnl_success) {
      throw new IllegalStateException("dnnl_sgemm failed with status " + status);
    }
  }
}
