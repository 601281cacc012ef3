/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.BufferMemory;
import org.nm4j.internal.Loader;
import org.nm4j.internal.Matrices;

/**
 * Random N:M sparsity for gradients: unbiased, and of the least variance (MVUE: Chmiel et al.,
 * arXiv 2203.10991), where pruning by magnitude would mislead training. In each group a number g is
 * kept with probability p and becomes g / p; p is proportional to |g|, but at most 1. Exactly N of
 * a group are kept, or its non-zeros where these are fewer.
 *
 * <pre>{@code
 * DenseMatrix g = DenseMatrix.copyOf(new float[] {3, -1}, 1, 2);
 * DenseMatrix sparse = DenseMatrix.allocate(1, 2);
 * long step = 17;                                          // another seed each time
 * Mask kept = new Mvue(Pattern.P1_2).sample(g, sparse, step, Execution.caller());
 * // sparse is {4, 0} with probability 3/4, else {0, -4}
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param pattern how many to keep; 1:2 is enough for most layers, 2:4 for the others
 */
public record Mvue(Pattern pattern) {
  /**
   * Checks the pattern.
   *
   * @param pattern how many to keep
   */
  public Mvue {
    Objects.requireNonNull(pattern, "pattern");
  }

  /**
   * Samples. The result depends on the numbers and the seed alone: it is the same bits on every
   * machine and whatever the threads.
   *
   * @param g fp32 numbers
   * @param out fp32 of the same shape, writable, not overlapping g
   * @param seed results of different seeds are independent
   * @param execution where to compute; rows are divided
   * @return where out may have non-zeros: exactly min(N, length) in each group
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when the magnitudes of a group have no
   *     finite sum; out is then unspecified
   * @throws IllegalArgumentException when type, shape or memory is not as said
   */
  public Mask sample(DenseMatrix g, DenseMatrix out, long seed, Execution execution) {
    SoftThreshold.requireF32("g", g);
    SoftThreshold.requireOutput("g", g, out);
    Loader.load();
    long stride = (g.cols() + 7) / 8;
    ByteBuffer mask = BufferMemory.bytes(Math.multiplyExact(g.rows(), stride));
    long from = Matrices.get().address(g);
    long to = Matrices.get().address(out);
    long bits = Bindings.address(mask);
    try {
      Matrices.get()
          .readRows(
              g.rows(),
              g.cols(),
              execution,
              (row, count) ->
                  Bindings.nm_sample_f32(
                      from + row * g.ld() * Float.BYTES,
                      count,
                      g.cols(),
                      g.ld(),
                      pattern.n(),
                      pattern.m(),
                      seed,
                      row,
                      to + row * out.ld() * Float.BYTES,
                      out.ld(),
                      bits + row * stride));
    } finally {
      Reference.reachabilityFence(g);
      Reference.reachabilityFence(out);
    }
    return Mask.of(mask, g.rows(), g.cols());
  }
}
