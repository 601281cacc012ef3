/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.SparseMatrix;
import org.nm4j.Workload;

/** nm4j's product, with the weights packed once. */
final class Nm4jGemm implements Contender {
  static final String NAME = "nm4j";

  private final GemmProblem problem;
  private final SparseMatrix matrix;
  private final Execution execution;

  Nm4jGemm(GemmProblem problem, int threads) {
    this.problem = problem;
    BenchmarkCase spec = problem.spec;
    // Batch 1 is packed for itself, so that the matrix's bytes are what a product reads.
    Workload workload = spec.n() == 1 ? Workload.SMALL_BATCH : Workload.ANY_BATCH;
    try (SparseMatrix.Builder builder =
        SparseMatrix.builder(spec.m(), spec.k(), spec.pattern()).workload(workload)) {
      matrix = builder.put(0, problem.w, problem.mask).build();
    }
    execution = Execution.parallel(threads);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void run() {
    if (problem.batchMajor()) {
      matrix.linear(problem.x, problem.y, Epilogue.NONE, execution);
    } else {
      matrix.multiply(problem.x, problem.y, Epilogue.NONE, execution);
    }
  }

  /** Name of the kernel that runs. */
  String kernel() {
    return matrix.kernel(problem.spec.layout(), problem.spec.n());
  }

  /** Bytes of the packed weights. */
  long bytes() {
    return matrix.bytes();
  }

  @Override
  public void close() {
    matrix.close();
  }
}
