/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import org.nm4j.DenseMatrix;
import org.nm4j.Pattern;
import org.nm4j.SparseMatrix;
import org.nm4j.Workload;

/** From dense weights to a matrix packed for large batches, memory for it included. */
final class PrunePackOp extends WeightsOp {
  PrunePackOp() {
    super("prune_pack", Suite.PATTERNS);
  }

  private static SparseMatrix pack(DenseMatrix w, Pattern pattern) {
    try (SparseMatrix.Builder builder =
        SparseMatrix.builder(w.rows(), w.cols(), pattern).workload(Workload.LARGE_BATCH)) {
      return builder.prune(0, w).build();
    }
  }

  @Override
  Contender nm4j(DenseMatrix w, Pattern pattern, int threads) {
    long packed;
    try (SparseMatrix matrix = pack(w, pattern)) {
      packed = matrix.bytes();
    }
    return new Nm4jWork(w.rows() * w.cols() * Float.BYTES + packed, () -> pack(w, pattern).close());
  }

  @Override
  void verify(BenchmarkCase spec, Operand w) {
    try (SparseMatrix matrix = pack(w.matrix, spec.pattern())) {
      PruningCheck.verify(spec.toString(), w, matrix.decompress(), spec.pattern());
    }
  }
}
