/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.Layout;
import org.nm4j.SparseMatrix;

/** nm4j's product on a GPU. */
final class GpuProduct extends GpuContender {
  private final SparseMatrix matrix;
  private final Execution queue;

  GpuProduct(GpuProblem problem) {
    super(problem, Nm4jProduct.NAME, Role.NM4J);
    queue = Execution.on(problem.stream);
    matrix = SparseMatrix.ofSparse(problem.w, problem.host.spec.pattern());
  }

  @Override
  void queue() {
    matrix.linear(problem.x, problem.y, Epilogue.NONE, queue);
  }

  String kernel() {
    return matrix.kernel(Layout.BATCH_MAJOR, problem.host.n, problem.x.dtype());
  }

  @Override
  public long bytes() {
    return matrix.bytes();
  }

  @Override
  public void close() {
    matrix.close();
    super.close();
  }
}
