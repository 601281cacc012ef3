/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaFindings;
import org.nm4j.internal.Status;

/**
 * Whether a matrix or mask obeys a pattern, and where it does not.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 0, 2, 0, 3, 4, 5, 0}, 1, 8);
 * Compliance compliance = Compliance.of(w, Pattern.P2_4);
 * boolean ok = compliance.ok();              // false: the second group has 3 non-zeros
 * long column = compliance.firstColumn();    // 4, where that group starts
 * }</pre>
 *
 * @param pattern the pattern checked
 * @param breaches how many groups, or blocks, keep more than they may
 * @param firstRow first row of the first such group or block, -1 if there is none
 * @param firstColumn first column of it, -1 if there is none
 */
public record Compliance(Pattern pattern, long breaches, long firstRow, long firstColumn) {
  /**
   * Checks a dense matrix by its non-zeros, where it lies. -0.0 counts as zero, NaN does not.
   *
   * @param w the weights, rows x cols, of F32; on a GPU BF16, F16 and S8 too
   * @param pattern the pattern to obey
   * @return the result; a breach is no failure
   */
  public static Compliance of(DenseMatrix w, Pattern pattern) {
    Objects.requireNonNull(w, "w");
    if (!w.device().isCpu()) {
      return GpuMasks.check(w, Objects.requireNonNull(pattern, "pattern"), Execution.caller());
    }
    return check(
        pattern,
        (breaches, row, column) -> {
          int status =
              Bindings.nm_check_f32(
                  w.address(),
                  w.rows(),
                  w.cols(),
                  w.ld(),
                  pattern.n(),
                  pattern.m(),
                  breaches,
                  row,
                  column);
          w.keepAlive();
          return status;
        });
  }

  /**
   * Whether there is no breach.
   *
   * @return {@code breaches == 0}
   */
  public boolean ok() {
    return breaches == 0;
  }

  static Compliance check(Pattern pattern, Check check) {
    Objects.requireNonNull(pattern, "pattern");
    long[] breaches = new long[1];
    long[] row = new long[1];
    long[] column = new long[1];
    Status.check(check.run(breaches, row, column));
    return new Compliance(pattern, breaches[0], row[0], column[0]);
  }

  /** What a GPU has found in rows of some columns. */
  static Compliance of(Pattern pattern, CudaFindings found, long cols) {
    long first = found.first();
    return first < 0
        ? new Compliance(pattern, 0, -1, -1)
        : new Compliance(pattern, found.count(), first / cols, first % cols);
  }

  interface Check {
    int run(long[] breaches, long[] firstRow, long[] firstColumn);
  }
}
