/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Objects;
import java.util.regex.Matcher;
import org.nm4j.Pattern;
import org.nm4j.VnmPattern;

/**
 * How a {@link MaskedParameter} makes its masks.
 *
 * <ul>
 *   <li>{@link #MAGNITUDE}: the N largest |w| of each group.
 *   <li>{@link #TRANSPOSABLE}: N of M in rows and in columns of each M x M block, so that W and
 *       W<sup>T</sup>, forward and backward pass, are sparse: {@link org.nm4j.Mask#transposable}.
 *       Usually refreshed every 40 steps or so.
 *   <li>{@link #vnm}: weights of 4 columns of each V x M block: {@link org.nm4j.Mask#vnm}.
 *   <li>{@link #random}: N of M at random, to compare with. A new mask is another one.
 *   <li>{@link #SCORES}: the N largest of numbers that you give for each weight.
 *   <li>{@link #WANDA}: the N largest of |w| times a number that you give for each column, the norm
 *       of its inputs (Sun et al., arXiv 2306.11695).
 * </ul>
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.allocate(64, 128);            // yours: fill it
 * DenseMatrix grad = DenseMatrix.allocate(64, 128);
 * MaskedParameter p =
 *     MaskedParameter.builder("fc1", w)
 *         .pattern(Pattern.P2_4)
 *         .masks(MaskKind.TRANSPOSABLE)
 *         .build();
 * MaskRule rule = MaskRule.ste().refreshEvery(40);
 * p.step(grad, Optimizer.sgd(0.1f), rule, Execution.caller());
 * boolean both = p.mask().checkTransposable(Pattern.P2_4).ok();
 * MaskKind same = MaskKind.parse(MaskKind.vnm(64).toString());   // "vnm 64"
 * }</pre>
 *
 * <p>With a {@link Grouping} that has a stride, blocks are those of each kernel position: outputs x
 * input channels. Immutable, safe for use by many threads. {@link #toString} is its form for
 * storage.
 *
 * @param type which of them
 * @param v rows of a block of V:N:M, else 0
 * @param seed of random masks, else 0
 */
public record MaskKind(Type type, int v, long seed) {
  /** In the order of nm_mask_kind. */
  public enum Type {
    /** By magnitude. */
    MAGNITUDE,
    /** In rows and columns. */
    TRANSPOSABLE,
    /** V:N:M. */
    VNM,
    /** At random. */
    RANDOM,
    /** By numbers of each weight. */
    SCORES,
    /** By |w| times numbers of each column. */
    WANDA
  }

  /** By magnitude. */
  public static final MaskKind MAGNITUDE = new MaskKind(Type.MAGNITUDE, 0, 0);

  /** In rows and columns. */
  public static final MaskKind TRANSPOSABLE = new MaskKind(Type.TRANSPOSABLE, 0, 0);

  /** By {@link MaskedParameter#scores}, one for each weight; of any sign. */
  public static final MaskKind SCORES = new MaskKind(Type.SCORES, 0, 0);

  /** By |w| times {@link MaskedParameter#scores}, one for each column. */
  public static final MaskKind WANDA = new MaskKind(Type.WANDA, 0, 0);

  private static final java.util.regex.Pattern TEXT =
      java.util.regex.Pattern.compile(
          "(magnitude|transposable|scores|wanda)|vnm (\\d{1,9})|random (-?\\d{1,19})");

  /**
   * Checks the numbers.
   *
   * @param type which of them
   * @param v rows of a block of V:N:M, else 0
   * @param seed of random masks, else 0
   * @throws IllegalArgumentException when V is less than 1, or a number is not 0 where there is
   *     none
   */
  public MaskKind {
    Objects.requireNonNull(type, "type");
    if (type == Type.VNM ? v < 1 : v != 0) {
      throw new IllegalArgumentException(
          "v must be " + (type == Type.VNM ? "at least 1" : "0") + " of " + type + ", got " + v);
    }
    if (type != Type.RANDOM && seed != 0) {
      throw new IllegalArgumentException("seed must be 0 of " + type + ", got " + seed);
    }
  }

  /**
   * V:N:M, with N and M of the pattern: N at most 4, M at least 4.
   *
   * @param v rows of a block, at least 1
   * @return the kind
   * @throws IllegalArgumentException when it is less than 1
   */
  public static MaskKind vnm(int v) {
    return new MaskKind(Type.VNM, v, 0);
  }

  /**
   * At random. Each parameter, by its name, each step and each {@link MaskedParameter#refreshMask}
   * has masks of its own, which are the same whenever a training is repeated.
   *
   * @param seed any number
   * @return the kind
   */
  public static MaskKind random(long seed) {
    return new MaskKind(Type.RANDOM, 0, seed);
  }

  /**
   * Reads the form that {@link #toString} writes.
   *
   * @param text for example {@code "transposable"} or {@code "vnm 64"}
   * @return the kind
   * @throws IllegalArgumentException when the text is none
   */
  public static MaskKind parse(String text) {
    Matcher matcher = TEXT.matcher(Objects.requireNonNull(text, "text"));
    try {
      if (matcher.matches()) {
        if (matcher.group(2) != null) {
          return vnm(Integer.parseInt(matcher.group(2)));
        }
        if (matcher.group(3) != null) {
          return random(Long.parseLong(matcher.group(3)));
        }
        return new MaskKind(Type.valueOf(text.toUpperCase(java.util.Locale.ROOT)), 0, 0);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "masks must be \"magnitude\", \"transposable\", \"vnm 64\", \"random 7\", \"scores\" or"
            + " \"wanda\", got \""
            + text
            + "\"");
  }

  /**
   * The form for storage, which {@link #parse} reads.
   *
   * @return for example {@code "transposable"} or {@code "vnm 64"}
   */
  @Override
  public String toString() {
    String name = Fields.name(type);
    return switch (type) {
      case VNM -> name + " " + v;
      case RANDOM -> name + " " + seed;
      default -> name;
    };
  }

  boolean scored() {
    return type == Type.SCORES || type == Type.WANDA;
  }

  /** Refuses a pattern that the kind cannot have; null, dense, suits all. */
  void require(Pattern pattern) {
    if (type == Type.VNM && pattern != null) {
      new VnmPattern(v, pattern.n(), pattern.m());
    }
  }

  /** Rows whose masks depend on each other. */
  long height(int m) {
    return type == Type.TRANSPOSABLE ? m : Math.max(1, v);
  }

  /** A seed of a parameter's step, from all three by the finaliser of SplitMix64. */
  long seed(String name, long step) {
    long mixed = mix(seed);
    for (int i = 0; i < name.length(); i++) {
      mixed = mix(mixed + name.charAt(i));
    }
    return mix(mixed + step);
  }

  /** The same for a refresh beside the steps, of which none has this seed. */
  long seed(String name, long step, long refresh) {
    return mix(~mix(seed(name, step)) + refresh);
  }

  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
