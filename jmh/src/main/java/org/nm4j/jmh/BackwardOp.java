/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.Pattern;

/** The gradient of a linear layer's activations, dX = dY W, with the transpose of W packed. */
final class BackwardOp extends MatrixOp {
  BackwardOp() {
    super("dx", GemmOp.BATCH_MAJOR);
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32),
        List.of(Pattern.P2_4),
        List.of(GemmOp.BATCH_MAJOR),
        List.of("768x768", "3072x768", "768x3072", "4096x4096"),
        List.of(32, 128, 384, 768));
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    GemmProblem problem = GemmProblem.backward(spec);
    Nm4jProduct nm4j = new Nm4jProduct(problem, transpose(problem), threads);
    List<Contender> contenders = new ArrayList<>(DensePeers.of(problem, threads));
    contenders.add(nm4j);
    return new Work(contenders, nm4j.kernel(), () -> new ProductCheck(problem).verify(contenders));
  }

  private static org.nm4j.SparseMatrix transpose(GemmProblem problem) {
    try (var matrix = Nm4jProduct.pack(problem, org.nm4j.Workload.LARGE_BATCH)) {
      return matrix.transposed();
    }
  }
}
