/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import java.util.regex.Matcher;

/**
 * An N:M pattern: at most {@code n} of every {@code m} consecutive weights of a row are kept.
 * Groups start at column 0; when the columns are not a multiple of {@code m} the last group is
 * short and keeps at most min(n, its length).
 *
 * <p>N counts what is <em>kept</em>. Some tools count zeros; for 2:4 both agree.
 *
 * <pre>{@code
 * Pattern pattern = Pattern.parse("1:4");
 * double density = pattern.density(); // 0.25
 * long kept = pattern.keptPerRow(10); // 3: two groups of 4 and one of 2
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param n weights kept in each group, 1 &lt;= n &lt; m
 * @param m length of a group, at most {@value #MAX_M}
 */
public record Pattern(int n, int m) {
  /** The longest group. */
  public static final int MAX_M = 32;

  /** Keep 1 of 2. */
  public static final Pattern P1_2 = new Pattern(1, 2);

  /** Keep 2 of 4, the pattern of sparse tensor cores. */
  public static final Pattern P2_4 = new Pattern(2, 4);

  /** Keep 1 of 4. */
  public static final Pattern P1_4 = new Pattern(1, 4);

  /** Keep 4 of 8. */
  public static final Pattern P4_8 = new Pattern(4, 8);

  /** Keep 2 of 8. */
  public static final Pattern P2_8 = new Pattern(2, 8);

  private static final java.util.regex.Pattern TEXT =
      java.util.regex.Pattern.compile("(\\d{1,9}):(\\d{1,9})");

  /**
   * Checks the bounds.
   *
   * @param n weights kept in each group
   * @param m length of a group
   * @throws IllegalArgumentException unless 1 &lt;= n &lt; m &lt;= 32
   */
  public Pattern {
    if (n < 1 || n >= m || m > MAX_M) {
      throw new IllegalArgumentException(
          "pattern must be N:M with 1 <= N < M <= " + MAX_M + ", got " + n + ":" + m);
    }
  }

  /**
   * The pattern that keeps {@code n} of {@code m}.
   *
   * @param n weights kept in each group
   * @param m length of a group
   * @return the pattern
   * @throws IllegalArgumentException unless 1 &lt;= n &lt; m &lt;= 32
   */
  public static Pattern of(int n, int m) {
    return new Pattern(n, m);
  }

  /**
   * Reads the form that {@link #toString} writes.
   *
   * @param text for example {@code "2:4"}
   * @return the pattern
   * @throws IllegalArgumentException when the text is not N:M, or not within the bounds
   */
  public static Pattern parse(String text) {
    Matcher matcher = TEXT.matcher(Objects.requireNonNull(text, "text"));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "pattern must look like 2:4 (keep 2 of 4), got \"" + text + "\"");
    }
    return new Pattern(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /**
   * How many weights a row keeps.
   *
   * @param cols length of the row
   * @return n * floor(cols / m) + min(n, cols mod m)
   * @throws IllegalArgumentException when {@code cols} is negative
   */
  public long keptPerRow(long cols) {
    if (cols < 0) {
      throw new IllegalArgumentException("cols must not be negative, got " + cols);
    }
    return n * (cols / m) + Math.min(n, cols % m);
  }

  /**
   * The share of weights kept.
   *
   * @return n / m
   */
  public double density() {
    return (double) n / m;
  }

  /**
   * The usual notation.
   *
   * @return for example {@code "2:4"}
   */
  @Override
  public String toString() {
    return n + ":" + m;
  }
}
