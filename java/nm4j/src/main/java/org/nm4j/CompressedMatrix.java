/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Status;

/**
 * The portable compressed form of a pruned matrix, for storage and exchange: the kept values, row
 * by row by ascending column without gaps, and a mask with exactly min(N, length) bits in each
 * group.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {0.1f, -3, 2, 0.5f}, 1, 4);
 * CompressedMatrix c = CompressedMatrix.compress(w, Mask.magnitude(w, Pattern.P2_4), Pattern.P2_4);
 * float first = c.values().get(0);       // -3
 * DenseMatrix pruned = c.decompress();   // 0, -3, 2, 0
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads. Plain direct memory: nothing to close.
 */
public final class CompressedMatrix {
  private final DenseMatrix values;
  private final Mask mask;
  private final Pattern pattern;

  /** The values are rows x keptPerRow, without gaps. */
  private CompressedMatrix(DenseMatrix values, Mask mask, Pattern pattern) {
    this.values = values;
    this.mask = mask;
    this.pattern = pattern;
  }

  /**
   * Compresses weights under a mask. NaN among the kept weights is refused.
   *
   * @param w the weights
   * @param mask which of them to keep, of the same shape, at most N per group; groups that keep
   *     fewer are completed by their lowest free columns with +0.0
   * @param pattern the pattern the mask obeys
   * @return the compressed form
   * @throws IllegalArgumentException when the shapes differ or the values exceed 2 GiB
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}
   */
  public static CompressedMatrix compress(DenseMatrix w, Mask mask, Pattern pattern) {
    return compress(w, mask, pattern, NanPolicy.REJECT);
  }

  /**
   * Compresses weights under a mask, see {@link #compress(DenseMatrix, Mask, Pattern)}.
   *
   * @param w the weights
   * @param mask which of them to keep
   * @param pattern the pattern the mask obeys
   * @param nan what to do with NaN among the kept weights
   * @return the compressed form
   * @throws IllegalArgumentException when the shapes differ or the values exceed 2 GiB
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}
   */
  public static CompressedMatrix compress(
      DenseMatrix w, Mask mask, Pattern pattern, NanPolicy nan) {
    Shape.require("w", w, mask.rows(), mask.cols());
    CompressedMatrix compressed = blank(w.rows(), w.cols(), pattern);
    int status =
        Bindings.nm_compress_f32(
            w.address(),
            w.rows(),
            w.cols(),
            w.ld(),
            mask.address(),
            pattern.n(),
            pattern.m(),
            Flags.of(nan),
            compressed.values.address(),
            compressed.mask.address());
    w.keepAlive();
    mask.keepAlive();
    compressed.keepAlive();
    Status.check(status);
    return compressed;
  }

  /**
   * Imports the portable form by copying it. NaN is refused.
   *
   * @param values rows * keptPerRow values between the buffer's position and limit, which stay; any
   *     kind of buffer
   * @param mask exactly min(N, length) bits in each group
   * @param pattern the pattern
   * @return the compressed form
   * @throws IllegalArgumentException when the number of values is wrong or exceeds 2 GiB
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH} when a group of the mask holds another
   *     number of bits, {@link ErrorCode#NAN}
   */
  public static CompressedMatrix of(FloatBuffer values, Mask mask, Pattern pattern) {
    return of(values, mask, pattern, NanPolicy.REJECT);
  }

  /**
   * Imports the portable form by copying it, see {@link #of(FloatBuffer, Mask, Pattern)}.
   *
   * @param values rows * keptPerRow values
   * @param mask exactly min(N, length) bits in each group
   * @param pattern the pattern
   * @param nan what to do with NaN among the values
   * @return the compressed form
   * @throws IllegalArgumentException when the number of values is wrong or exceeds 2 GiB
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH} when a group of the mask holds another
   *     number of bits, {@link ErrorCode#NAN}
   */
  public static CompressedMatrix of(FloatBuffer values, Mask mask, Pattern pattern, NanPolicy nan) {
    Objects.requireNonNull(nan, "nan");
    long perRow = pattern.keptPerRow(mask.cols());
    Shape.requireExactly("values", Shape.extent(mask.rows(), perRow, perRow), values.remaining());
    requireFull(mask, pattern);
    DenseMatrix copy = DenseMatrix.allocate(mask.rows(), perRow);
    FloatBuffer target = copy.buffer().put(0, values, values.position(), values.remaining());
    if (nan == NanPolicy.REJECT) {
      requireNoNan(target);
    }
    return new CompressedMatrix(copy, mask, pattern);
  }

  /**
   * Back to a dense matrix, +0.0 where nothing is kept.
   *
   * @return a new matrix, rows x cols
   * @throws IllegalArgumentException when it exceeds 2 GiB
   */
  public DenseMatrix decompress() {
    DenseMatrix out = DenseMatrix.allocate(rows(), cols());
    decompress(out);
    return out;
  }

  /**
   * Back to a dense matrix, +0.0 where nothing is kept, bit for bit.
   *
   * @param out rows x cols, writable
   * @throws IllegalArgumentException when the shape differs or {@code out} is read-only
   */
  public void decompress(DenseMatrix out) {
    Shape.require("out", out, rows(), cols());
    Shape.requireWritable("out", out);
    int status =
        Bindings.nm_decompress_f32(
            values.address(),
            mask.address(),
            rows(),
            cols(),
            pattern.n(),
            pattern.m(),
            out.address(),
            out.ld());
    out.keepAlive();
    keepAlive();
    Status.check(status);
  }

  /**
   * The kept values, rows x keptPerRow, row-major by ascending column.
   *
   * @return a new read-only, direct view
   */
  public FloatBuffer values() {
    return values.buffer().asReadOnlyBuffer();
  }

  /**
   * Which weights are kept.
   *
   * @return a mask with exactly min(N, length) bits in each group
   */
  public Mask mask() {
    return mask;
  }

  /**
   * The pattern.
   *
   * @return the pattern given when this was made
   */
  public Pattern pattern() {
    return pattern;
  }

  /**
   * The number of rows.
   *
   * @return at least 0
   */
  public long rows() {
    return mask.rows();
  }

  /**
   * The number of columns of the dense matrix.
   *
   * @return at least 0
   */
  public long cols() {
    return mask.cols();
  }

  /**
   * The size of values and mask.
   *
   * @return bytes
   */
  public long bytes() {
    return values.rows() * values.cols() * Float.BYTES + mask.bits().capacity();
  }

  /**
   * A short description.
   *
   * @return shape and pattern, not the values
   */
  @Override
  public String toString() {
    return "CompressedMatrix[" + rows() + " x " + cols() + ", " + pattern + "]";
  }

  /** Room for native code to fill before anyone else sees it. */
  static CompressedMatrix blank(long rows, long cols, Pattern pattern) {
    DenseMatrix values = DenseMatrix.allocate(rows, pattern.keptPerRow(cols));
    return new CompressedMatrix(values, Mask.blank(rows, cols), pattern);
  }

  /** Address of the first value, valid while {@link #keepAlive} is still to be called. */
  long valuesAddress() {
    return values.address();
  }

  /** To be called after native code has used the addresses of values and mask. */
  void keepAlive() {
    values.keepAlive();
    mask.keepAlive();
  }

  private static void requireFull(Mask mask, Pattern pattern) {
    Compliance compliance = mask.check(pattern);
    if (!compliance.ok()) {
      throw new Nm4jException(
          ErrorCode.PATTERN_BREACH,
          "the mask must keep at most "
              + pattern
              + ", got more in the group at row "
              + compliance.firstRow()
              + ", column "
              + compliance.firstColumn());
    }
    long expected = mask.rows() * pattern.keptPerRow(mask.cols());
    long count = mask.count();
    if (count != expected) {
      throw new Nm4jException(
          ErrorCode.PATTERN_BREACH,
          "the mask must keep exactly " + expected + " weights for " + pattern + ", got " + count);
    }
  }

  private static void requireNoNan(FloatBuffer values) {
    for (int i = 0; i < values.limit(); i++) {
      if (Float.isNaN(values.get(i))) {
        throw new Nm4jException(ErrorCode.NAN, "values must not be NaN, got NaN at index " + i);
      }
    }
  }
}
