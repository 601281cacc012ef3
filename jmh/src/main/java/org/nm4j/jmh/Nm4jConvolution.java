/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.SparseConv2d;

/** nm4j's convolution. */
final class Nm4jConvolution implements Contender {
  private final ConvProblem problem;
  private final SparseConv2d convolution;
  private final Execution execution;

  Nm4jConvolution(ConvProblem problem, int threads) {
    this.problem = problem;
    convolution = problem.geometry.pack(problem.w, problem.mask, problem.pattern);
    execution = Execution.parallel(threads);
  }

  /**
   * Compares the last result with oneDNN's, within what two sums of so many products may differ by.
   *
   * @throws IllegalStateException when one differs
   */
  void verify(OneDnnConvolution peer) {
    float[] got = problem.y.matrix().toArray();
    float[] expected = peer.result();
    double terms = (double) problem.inC * problem.kernel * problem.kernel;
    // Within -1 and 1, so that norms are at most the root of the terms; see ProductCheck.
    double tolerance = ProductCheck.FACTOR * Math.ulp(1.0f) * terms;
    for (int i = 0; i < got.length; i++) {
      if (!(Math.abs(got[i] - expected[i]) <= tolerance)) { // so that NaN fails
        throw new IllegalStateException(
            "element %d: nm4j computes %s, %s %s; tolerance %s"
                .formatted(i, got[i], peer.name(), expected[i], tolerance));
      }
    }
  }

  @Override
  public String name() {
    return Nm4jProduct.NAME;
  }

  @Override
  public Role role() {
    return Role.NM4J;
  }

  /** Name of the kernel that runs. */
  String kernel() {
    return convolution.kernel();
  }

  @Override
  public void run() {
    convolution.apply(problem.x, problem.y, Epilogue.NONE, execution);
  }

  @Override
  public void close() {
    convolution.close();
  }
}
