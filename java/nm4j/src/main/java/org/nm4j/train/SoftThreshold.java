/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.lang.ref.Reference;
import java.util.Objects;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.Status;

/**
 * Continuous pruning, S-STE (Hu et al., NeurIPS 2024, arXiv 2409.09099): instead of masked weights
 * the network uses {@code scale * S(w)}, where {@code S(w) = sign(w) max(|w| - t, 0)} with t the
 * (N+1)-th largest magnitude of w's group. At most N of a group are not 0, and no weight jumps when
 * the order of magnitudes changes. The gradient goes to all of w, as with a straight-through
 * estimator, and there is no lambda.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {4, -3, 2, 1}, 1, 4);
 * SoftThreshold soft = SoftThreshold.of(w, Pattern.P2_4);  // once, from the first weights
 * DenseMatrix used = DenseMatrix.allocate(1, 4);
 * soft.apply(w, used, Execution.caller());                 // scale * {2, -1, 0, 0}
 * double scale = soft.scale();                             // (4 * 2 + 3 * 1) / (2 * 2 + 1 * 1)
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param pattern how many may remain
 * @param scale by which what remains is multiplied; finite
 */
public record SoftThreshold(Pattern pattern, float scale) {
  /**
   * Checks the numbers.
   *
   * @param pattern how many may remain
   * @param scale by which what remains is multiplied
   * @throws IllegalArgumentException when the scale is not finite
   */
  public SoftThreshold {
    Objects.requireNonNull(pattern, "pattern");
    Numbers.finite("scale", scale);
  }

  /**
   * With the scale that brings {@code scale * S(w)} nearest to w: {@code <w, S(w)> / <S(w), S(w)>},
   * or 1 when S(w) is 0. The authors compute it from a tensor's first weights and keep it.
   *
   * @param w fp32 weights
   * @param pattern how many may remain
   * @return the soft threshold
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a weight is not finite
   */
  public static SoftThreshold of(DenseMatrix w, Pattern pattern) {
    requireF32("w", w);
    Loader.load();
    double[] scale = new double[1];
    int status =
        Bindings.nm_soft_threshold_scale_f32(
            Matrices.get().address(w), w.rows(), w.cols(), w.ld(), pattern.n(), pattern.m(), scale);
    Reference.reachabilityFence(w);
    Status.check(status);
    return new SoftThreshold(pattern, (float) scale[0]);
  }

  /**
   * Writes what the network uses.
   *
   * @param w fp32 weights
   * @param out fp32 of the same shape, writable, not overlapping w
   * @param execution where to compute; rows are divided, the result is always the same
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a weight is not finite; out is then
   *     unspecified
   * @throws IllegalArgumentException when type, shape or memory is not as said
   */
  public void apply(DenseMatrix w, DenseMatrix out, Execution execution) {
    requireF32("w", w);
    requireOutput("w", w, out);
    Loader.load();
    long from = Matrices.get().address(w);
    long to = Matrices.get().address(out);
    try {
      Matrices.get()
          .readRows(
              w.rows(),
              w.cols(),
              execution,
              (row, count) ->
                  Bindings.nm_soft_threshold_f32(
                      from + row * w.ld() * Float.BYTES,
                      count,
                      w.cols(),
                      w.ld(),
                      pattern.n(),
                      pattern.m(),
                      scale,
                      to + row * out.ld() * Float.BYTES,
                      out.ld()));
    } finally {
      Reference.reachabilityFence(w);
      Reference.reachabilityFence(out);
    }
  }

  static void requireF32(String name, DenseMatrix matrix) {
    if (Objects.requireNonNull(matrix, name).dtype() != DType.F32) {
      throw new IllegalArgumentException(name + " must be F32, got " + matrix);
    }
  }

  static void requireOutput(String name, DenseMatrix from, DenseMatrix out) {
    requireF32("out", out);
    if (out.rows() != from.rows() || out.cols() != from.cols()) {
      throw new IllegalArgumentException(
          "out must be of the shape of " + name + ", expected " + from + ", got " + out);
    }
    if (out.readOnly()) {
      throw new IllegalArgumentException("out must be writable, got a read-only matrix");
    }
  }
}
