/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What {@link SparseMatrix#tune} measured: who computes products of some batch size fastest on this
 * machine.
 *
 * <pre>{@code
 * DenseMatrix weights = DenseMatrix.allocate(64, 128);
 * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4)) {
 *   Tuning tuning = w.tune(Layout.BATCH_MAJOR, 32, Execution.caller());
 *   System.out.println(tuning);             // every candidate with its time, or why it has none
 *   String fastest = tuning.kernel();       // "f32_nxm_rowstream_4x64_avx512", "dense_openblas" ..
 * }
 * }</pre>
 *
 * @param layout how activations lie
 * @param batch the batch size measured, which also stands for somewhat smaller ones; from 256 on it
 *     stands for all larger ones
 * @param threads how many threads computed at most; 1 on a GPU
 * @param activations the type of X
 * @param kernel the candidate that {@linkplain Execution#tuned tuned} executions use: the fastest,
 *     or the one that untuned executions use if no other is faster by more than 5 %
 * @param candidates all there are
 */
public record Tuning(
    Layout layout,
    long batch,
    int threads,
    DType activations,
    String kernel,
    List<Candidate> candidates) {
  /**
   * Copies the list.
   *
   * @param layout how activations lie
   * @param batch the batch size measured
   * @param threads how many threads computed at most
   * @param activations the type of X
   * @param kernel the candidate in use
   * @param candidates all there are
   */
  public Tuning {
    candidates = List.copyOf(candidates);
  }

  /**
   * One way to compute the product.
   *
   * @param kernel its name; {@code dense_openblas} for OpenBLAS on a dense copy of the weights
   * @param micros the shortest of several runs in microseconds, on a GPU the median by its clock;
   *     NaN when it was not measured
   * @param obstacle why it was not measured, else null
   */
  public record Candidate(String kernel, double micros, String obstacle) {
    /**
     * A description.
     *
     * @return name and time, or name and obstacle
     */
    @Override
    public String toString() {
      return kernel + ": " + Objects.requireNonNullElse(obstacle, "%.1f us".formatted(micros));
    }
  }

  /**
   * A report for people.
   *
   * @return what was measured, and one line per candidate
   */
  @Override
  public String toString() {
    return "%s, %s, batch %d, %d thread(s): %s%n"
            .formatted(layout, activations, batch, threads, kernel)
        + candidates.stream()
            .map(c -> "  " + c + System.lineSeparator())
            .collect(Collectors.joining());
  }
}
