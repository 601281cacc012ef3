/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.Layout;
import org.nm4j.SparseMatrix;
import org.nm4j.Workload;

/** nm4j's product, with the weights packed once. */
final class Nm4jProduct implements Contender {
  static final String NAME = "nm4j";

  private final String name;
  private final GemmProblem problem;
  private final DenseMatrix x;
  private final DenseMatrix y;
  private final SparseMatrix matrix;
  private final Epilogue epilogue;
  private final Execution execution;

  /**
   * @param name {@link #NAME}, or what tells a variant from it
   * @param matrix belongs to this contender from now on
   */
  Nm4jProduct(
      String name, GemmProblem problem, SparseMatrix matrix, Epilogue epilogue, int threads) {
    this.name = name;
    this.problem = problem;
    this.matrix = matrix;
    this.epilogue = epilogue;
    x = problem.x.matrix;
    y = problem.y.matrix;
    execution = Execution.parallel(threads);
  }

  Nm4jProduct(GemmProblem problem, SparseMatrix matrix, int threads) {
    this(NAME, problem, matrix, Epilogue.NONE, threads);
  }

  /** The weights, packed. */
  static SparseMatrix pack(GemmProblem problem, Workload workload) {
    try (SparseMatrix.Builder builder =
        SparseMatrix.builder(problem.w.rows, problem.w.cols, problem.spec.pattern())
            .dtype(problem.w.type)
            .workload(workload)) {
      return (problem.scales == null
              ? builder.put(0, problem.wF32.matrix, problem.mask)
              : builder.put(0, problem.w.matrix, problem.mask, problem.scales.matrix))
          .build();
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Role role() {
    return name.equals(NAME) ? Role.NM4J : Role.VARIANT;
  }

  @Override
  public void run() {
    if (problem.batchMajor()) {
      matrix.linear(x, y, epilogue, execution);
    } else {
      matrix.multiply(x, y, epilogue, execution);
    }
  }

  /** Name of the kernel that runs. */
  String kernel() {
    return matrix.kernel(
        problem.batchMajor() ? Layout.BATCH_MAJOR : Layout.FEATURE_MAJOR,
        problem.n,
        problem.x.type);
  }

  /** Bytes of the packed weights. */
  @Override
  public long bytes() {
    return matrix.bytes();
  }

  @Override
  public void close() {
    matrix.close();
  }
}
