/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import java.util.regex.Matcher;

/**
 * A V:N:M pattern (VENOM: Castro et al., SC 2023, arXiv 2310.02065): every block of V rows and M
 * columns keeps weights of at most {@value #COLUMNS} columns, and of these at most N in each row.
 * Sparse tensor cores then multiply the chosen columns as N:4.
 *
 * <pre>{@code
 * VnmPattern pattern = VnmPattern.parse("64:2:8");
 * DenseMatrix w = DenseMatrix.allocate(128, 256);   // yours: fill it
 * Mask mask = Mask.vnm(w, pattern);
 * boolean ok = mask.checkVnm(pattern).ok() && mask.check(pattern.rows()).ok(); // 2:8 too
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param v rows of a block, at least 1
 * @param n weights kept in each row of a block, 1 to {@value #COLUMNS}, less than m
 * @param m columns of a block, {@value #COLUMNS} to {@value Pattern#MAX_M}
 */
public record VnmPattern(int v, int n, int m) {
  /** Columns of a block that keep weights. */
  public static final int COLUMNS = 4;

  private static final java.util.regex.Pattern TEXT =
      java.util.regex.Pattern.compile("(\\d{1,9}):(\\d{1,9}):(\\d{1,9})");

  /**
   * Checks the bounds.
   *
   * @param v rows of a block
   * @param n weights kept in each row of a block
   * @param m columns of a block
   * @throws IllegalArgumentException when a number is not as said
   */
  public VnmPattern {
    if (v < 1 || n < 1 || n > COLUMNS || n >= m || m < COLUMNS || m > Pattern.MAX_M) {
      throw new IllegalArgumentException(
          "pattern must be V:N:M with V >= 1, 1 <= N <= 4, N < M and 4 <= M <= 32, got "
              + v
              + ":"
              + n
              + ":"
              + m);
    }
  }

  /**
   * Reads the form that {@link #toString} writes.
   *
   * @param text for example {@code "64:2:8"}
   * @return the pattern
   * @throws IllegalArgumentException when the text is not V:N:M, or not within the bounds
   */
  public static VnmPattern parse(String text) {
    Matcher matcher = TEXT.matcher(Objects.requireNonNull(text, "text"));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("pattern must look like 64:2:8, got \"" + text + "\"");
    }
    return new VnmPattern(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Integer.parseInt(matcher.group(3)));
  }

  /**
   * What each row obeys.
   *
   * @return N:M
   */
  public Pattern rows() {
    return Pattern.of(n, m);
  }

  /**
   * The usual notation.
   *
   * @return for example {@code "64:2:8"}
   */
  @Override
  public String toString() {
    return v + ":" + n + ":" + m;
  }
}
