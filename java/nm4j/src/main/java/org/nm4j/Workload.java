/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * What a {@link SparseMatrix} is packed for. Every matrix multiplies every batch correctly; this
 * chooses speed against memory.
 *
 * <pre>{@code
 * try (SparseMatrix.Builder builder = SparseMatrix.builder(8, 16, Pattern.P2_4)) {
 *   builder.workload(Workload.SMALL_BATCH).prune(0, DenseMatrix.allocate(8, 16));
 *   builder.build().close();
 * }
 * }</pre>
 */
public enum Workload {
  /** Few activations at a time, bound by memory bandwidth: batch 1 to about 16. */
  SMALL_BATCH,
  /** Many activations at a time, bound by arithmetic. */
  LARGE_BATCH,
  /** Both, at the price of keeping the weights twice. */
  ANY_BATCH
}
