/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.Status;

/**
 * Which weights of a rows x cols matrix are kept: one bit each. Rows start at byte boundaries, the
 * bit of column c is bit c mod 8 (least significant first) of byte c / 8 of its row, and spare bits
 * are 0: the bitmask of the sparse-24-bitmask checkpoint format.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.copyOf(new float[] {0.1f, -3, 2, 0.5f}, 1, 4);
 * Mask mask = Mask.magnitude(w, Pattern.P2_4);
 * byte[] bits = mask.toBytes();                    // {0b0110}
 * double share = mask.keptShare(w).magnitude();    // 5 / 5.6
 * mask.apply(w);                                   // w is now 0, -3, 2, 0
 * }</pre>
 *
 * <p>A mask lies where the weights are of which it was made: on the CPU, or on a GPU, where weights
 * may be of {@link DType#F32}, {@link DType#BF16}, {@link DType#F16} and, but for scores, {@link
 * DType#S8}; {@link #transposable} makes 2:4 only there. {@link #apply} and {@link #distance} want
 * all operands on one device, see {@link #to}. What looks at single bits, and {@link #keptShare},
 * copies those of a GPU to the host once. A mask that is queued on a {@link DeviceStream} may be
 * used and looked at at once: whatever does, on any stream, waits until it is made.
 *
 * <p>Immutable, safe for use by many threads. Bits on the CPU are direct memory and count against
 * {@code -XX:MaxDirectMemorySize}.
 */
public final class Mask {
  /** A row of bytes for each row of weights. */
  private final DenseMatrix matrix;

  private final long rows;
  private final long cols;

  /** The bits on the CPU; of a mask on a GPU null until somebody looks. */
  private volatile ByteBuffer host;

  /** Reached when bits are there whose making was queued; null when they are. */
  private DeviceEvent made;

  private Mask(DenseMatrix matrix, long cols) {
    this.matrix = matrix;
    this.rows = matrix.rows();
    this.cols = cols;
    this.host = matrix.device().isCpu() ? matrix.int8Buffer() : null;
  }

  /**
   * Magnitude pruning: in each group the N weights of largest |w|. Ties keep the lowest column,
   * -0.0 ties with 0.0, infinities are the largest. NaN is refused.
   *
   * @param w the weights
   * @param pattern how many to keep
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask magnitude(DenseMatrix w, Pattern pattern) {
    return magnitude(w, pattern, NanPolicy.REJECT);
  }

  /**
   * Magnitude pruning, see {@link #magnitude(DenseMatrix, Pattern)}.
   *
   * @param w the weights
   * @param pattern how many to keep
   * @param nan what to do with NaN
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask magnitude(DenseMatrix w, Pattern pattern, NanPolicy nan) {
    return magnitude(w, pattern, nan, Execution.caller());
  }

  /**
   * Magnitude pruning on several threads, see {@link #magnitude(DenseMatrix, Pattern)}.
   *
   * @param w the weights
   * @param pattern how many to keep
   * @param nan what to do with NaN
   * @param execution where to compute; blocks of rows are divided, the mask is always the same. On
   *     a GPU, the stream to queue on; the call waits only to look for NaN
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask magnitude(DenseMatrix w, Pattern pattern, NanPolicy nan, Execution execution) {
    if (!w.device().isCpu()) {
      return GpuMasks.magnitude(w, Objects.requireNonNull(pattern, "pattern"), nan, execution);
    }
    return make(w, pattern, nan, RowBlocks.PANEL, execution, Bindings::nm_mask_magnitude_f32);
  }

  /**
   * The mask of weights that obey a pattern already: their non-zeros, completed to min(N, length)
   * in each group by the lowest columns that are zero. -0.0 counts as zero. NaN is refused.
   *
   * @param w the weights
   * @param pattern what they obey
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH} when a group has more than N non-zeros,
   *     {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask nonZeros(DenseMatrix w, Pattern pattern) {
    return nonZeros(w, pattern, NanPolicy.REJECT);
  }

  /**
   * The mask of weights that obey a pattern already, see {@link #nonZeros(DenseMatrix, Pattern)}.
   *
   * @param w the weights
   * @param pattern what they obey
   * @param nan what to do with NaN
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH} when a group has more than N non-zeros,
   *     {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask nonZeros(DenseMatrix w, Pattern pattern, NanPolicy nan) {
    Execution caller = Execution.caller();
    if (!w.device().isCpu()) {
      return GpuMasks.nonZeros(w, Objects.requireNonNull(pattern, "pattern"), nan, caller);
    }
    return make(w, pattern, nan, RowBlocks.PANEL, caller, Bindings::nm_mask_nonzero_f32);
  }

  /**
   * Pruning by scores, see {@link #ofScores(DenseMatrix, Pattern, NanPolicy, Execution)}. NaN is
   * refused.
   *
   * @param scores one score for each weight
   * @param pattern how many to keep
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask ofScores(DenseMatrix scores, Pattern pattern) {
    return ofScores(scores, pattern, NanPolicy.REJECT, Execution.caller());
  }

  /**
   * Pruning by scores of any sign: in each group the N largest, not by magnitude. For measures that
   * see more than the weights, such as Wanda's (Sun et al., arXiv 2306.11695): |w| times the norm
   * of the column's input. Ties keep the lowest column, -0.0 ties with 0.0.
   *
   * @param scores one score for each weight
   * @param pattern how many to keep
   * @param nan what to do with NaN
   * @param execution where to compute; blocks of rows are divided, the mask is always the same
   * @return a mask with exactly min(N, length) bits in each group
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask ofScores(
      DenseMatrix scores, Pattern pattern, NanPolicy nan, Execution execution) {
    if (!scores.device().isCpu()) {
      return GpuMasks.ofScores(scores, Objects.requireNonNull(pattern, "pattern"), nan, execution);
    }
    return make(scores, pattern, nan, RowBlocks.PANEL, execution, Bindings::nm_mask_scores_f32);
  }

  /**
   * A random mask: each group keeps exactly min(N, length), each choice being equally likely. The
   * same numbers give the same mask on every machine.
   *
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param pattern how many to keep
   * @param seed any number
   * @return the mask
   * @throws IllegalArgumentException when a size is negative or the bits exceed 2 GiB
   */
  public static Mask random(long rows, long cols, Pattern pattern, long seed) {
    return random(Device.cpu(), rows, cols, pattern, seed);
  }

  /**
   * A random mask in memory of a device, the same as {@link #random(long, long, Pattern, long)}.
   *
   * @param device where it is to lie, and is made
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param pattern how many to keep
   * @param seed any number
   * @return the mask
   * @throws IllegalArgumentException when a size is negative or the bits exceed 2 GiB
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}
   */
  public static Mask random(Device device, long rows, long cols, Pattern pattern, long seed) {
    Objects.requireNonNull(pattern, "pattern");
    if (!device.isCpu()) {
      return GpuMasks.random(device, rows, cols, pattern, seed);
    }
    Mask mask = blank(rows, cols);
    int status =
        Bindings.nm_mask_random(rows, cols, pattern.n(), pattern.m(), seed, 0, mask.address());
    mask.keepAlive();
    Status.check(status);
    return mask;
  }

  /**
   * A transposable mask, see {@link #transposable(DenseMatrix, Pattern, NanPolicy, Execution)}. NaN
   * is refused.
   *
   * @param w the weights
   * @param pattern how many to keep, in rows and in columns
   * @return the mask
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask transposable(DenseMatrix w, Pattern pattern) {
    return transposable(w, pattern, NanPolicy.REJECT, Execution.caller());
  }

  /**
   * A transposable mask: in every M x M block each row and each column keeps exactly N, so that the
   * transposed weights obey N:M as well (Hubara et al., NeurIPS 2021, arXiv 2102.08124). Where rows
   * or columns are no multiple of M, a block at the edge is completed by zeros for this: there each
   * row and column keeps at most N.
   *
   * <p>2:4 takes the best of the 90 masks of each block; other patterns come close to the best:
   * {@link #keptShare} tells, against that of {@link #magnitude}. Magnitudes above 2<sup>124</sup>
   * count as that number. Ties are decided the same way on every machine.
   *
   * @param w the weights
   * @param pattern how many to keep, in rows and in columns
   * @param nan what to do with NaN
   * @param execution where to compute; rows of blocks are divided, the mask is always the same
   * @return the mask
   * @throws Nm4jException {@link ErrorCode#NAN}; {@link ErrorCode#UNSUPPORTED} for other patterns
   *     than 2:4 on a GPU
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask transposable(
      DenseMatrix w, Pattern pattern, NanPolicy nan, Execution execution) {
    if (!w.device().isCpu()) {
      return GpuMasks.transposable(w, Objects.requireNonNull(pattern, "pattern"), nan, execution);
    }
    return make(w, pattern, nan, pattern.m(), execution, Bindings::nm_mask_transposable_f32);
  }

  /**
   * A V:N:M mask, see {@link #vnm(DenseMatrix, VnmPattern, NanPolicy, Execution)}. NaN is refused.
   *
   * @param w the weights
   * @param pattern how many to keep
   * @return the mask
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask vnm(DenseMatrix w, VnmPattern pattern) {
    return vnm(w, pattern, NanPolicy.REJECT, Execution.caller());
  }

  /**
   * A V:N:M mask: of each block the 4 columns with the largest sums of |w|, and of these the N
   * largest |w| in each row. Ties keep the lowest column. A short block at an edge keeps the
   * largest 4 of its columns, or all.
   *
   * @param w the weights
   * @param pattern how many to keep
   * @param nan what to do with NaN
   * @param execution where to compute; rows of blocks are divided, the mask is always the same
   * @return a mask that obeys N:M too
   * @throws Nm4jException {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the bits exceed 2 GiB
   */
  public static Mask vnm(DenseMatrix w, VnmPattern pattern, NanPolicy nan, Execution execution) {
    int v = pattern.v();
    if (!w.device().isCpu()) {
      return GpuMasks.vnm(w, pattern, nan, execution);
    }
    return make(
        w,
        pattern.rows(),
        nan,
        v,
        execution,
        (first, rows, cols, ld, n, m, flags, mask) ->
            Bindings.nm_mask_vnm_f32(first, rows, cols, ld, v, n, m, flags, mask));
  }

  /**
   * Copies bits from an array.
   *
   * @param bits rows * ceil(cols / 8) bytes in the layout of this class
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return the mask; it need not obey any pattern
   * @throws IllegalArgumentException when a size is negative, the array has another length or a
   *     spare bit is set
   */
  public static Mask of(byte[] bits, long rows, long cols) {
    return of(ByteBuffer.wrap(bits), rows, cols);
  }

  /**
   * Copies bits from a buffer of any kind, between its position and its limit, which stay.
   *
   * @param bits rows * ceil(cols / 8) bytes in the layout of this class
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return the mask; it need not obey any pattern
   * @throws IllegalArgumentException when a size is negative, the buffer holds another number of
   *     bytes or a spare bit is set
   */
  public static Mask of(ByteBuffer bits, long rows, long cols) {
    Objects.requireNonNull(bits, "bits");
    long bytes = byteCount(rows, cols);
    Shape.requireExactly("bits", bytes, bits.remaining());
    Mask copy = blank(rows, cols);
    copy.host.put(0, bits, bits.position(), bits.remaining());
    requireSpareBitsClear(copy.host, rows, cols);
    return copy;
  }

  /**
   * The same bits on another device. Blocks until they are there.
   *
   * @param device the CPU or a GPU
   * @return this mask where it is there already
   * @throws IllegalArgumentException when the bits exceed 2 GiB and the device is the CPU
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   */
  public Mask to(Device device) {
    return device == device() ? this : new Mask(matrix(Execution.caller()).to(device), cols);
  }

  /**
   * Where the bits lie.
   *
   * @return the CPU or a GPU
   */
  public Device device() {
    return matrix.device();
  }

  /**
   * The number of rows.
   *
   * @return at least 0
   */
  public long rows() {
    return rows;
  }

  /**
   * The number of columns.
   *
   * @return at least 0
   */
  public long cols() {
    return cols;
  }

  /**
   * Whether a weight is kept.
   *
   * @param row from 0 to rows - 1
   * @param col from 0 to cols - 1
   * @return true when it is kept
   * @throws IndexOutOfBoundsException outside the mask
   */
  public boolean get(long row, long col) {
    long start = Objects.checkIndex(row, rows) * stride(cols);
    long column = Objects.checkIndex(col, cols);
    return (host().get((int) (start + column / 8)) >> column % 8 & 1) != 0;
  }

  /**
   * How many weights are kept.
   *
   * @return the number of bits that are 1
   */
  public long count() {
    ByteBuffer bits = host();
    long count = 0;
    int at = 0;
    for (; at + Long.BYTES <= bits.capacity(); at += Long.BYTES) {
      count += Long.bitCount(bits.getLong(at));
    }
    for (; at < bits.capacity(); at++) {
      count += Integer.bitCount(bits.get(at) & 0xff);
    }
    return count;
  }

  /**
   * How many weights one of two masks keeps and the other does not: the sparse architecture
   * divergence (SAD) of Zhou et al., ICLR 2021, where the masks are of two steps of training.
   *
   * @param other a mask of the same shape
   * @return the number of bits that differ
   * @throws IllegalArgumentException when the shape or the device differs
   */
  public long distance(Mask other) {
    Shape.require("other", other, rows, cols);
    if (!device().isCpu()) {
      return GpuMasks.distance(this, other);
    }
    long[] distance = new long[1];
    int status = Bindings.nm_mask_distance(address(), other.address(), rows, cols, distance);
    keepAlive();
    other.keepAlive();
    Status.check(status);
    return distance[0];
  }

  /**
   * Copies the bits out.
   *
   * @return rows * ceil(cols / 8) bytes
   */
  public byte[] toBytes() {
    ByteBuffer bits = host();
    byte[] bytes = new byte[bits.capacity()];
    bits.get(0, bytes);
    return bytes;
  }

  /**
   * The bits themselves; of a mask on a GPU, their copy on the host.
   *
   * @return a new read-only, direct view of rows * ceil(cols / 8) bytes
   */
  public ByteBuffer bits() {
    return host().asReadOnlyBuffer().order(ByteOrder.nativeOrder());
  }

  /**
   * Checks whether this mask keeps at most N in each group.
   *
   * @param pattern the pattern to obey
   * @return the result; a breach is no failure
   */
  public Compliance check(Pattern pattern) {
    if (!device().isCpu()) {
      Execution caller = Execution.caller();
      return GpuMasks.check(this, Objects.requireNonNull(pattern, "pattern"), caller);
    }
    return Compliance.check(
        pattern,
        (breaches, row, column) -> {
          int status =
              Bindings.nm_check_mask(
                  address(), rows, cols, pattern.n(), pattern.m(), breaches, row, column);
          keepAlive();
          return status;
        });
  }

  /**
   * Checks whether this mask and its transpose keep at most N in each group.
   *
   * @param pattern the pattern to obey
   * @return the M x M blocks with a row or column that keeps more, and where the first begins
   */
  public Compliance checkTransposable(Pattern pattern) {
    if (!device().isCpu()) {
      return GpuMasks.checkTransposable(this, Objects.requireNonNull(pattern, "pattern"));
    }
    return Compliance.check(
        pattern,
        (breaches, row, column) -> {
          int status =
              Bindings.nm_check_transposable(
                  address(), rows, cols, pattern.n(), pattern.m(), breaches, row, column);
          keepAlive();
          return status;
        });
  }

  /**
   * Checks whether this mask obeys a V:N:M pattern.
   *
   * @param pattern the pattern to obey
   * @return the blocks that keep weights of more than 4 columns or more than N in a row, and where
   *     the first begins
   */
  public Compliance checkVnm(VnmPattern pattern) {
    if (!device().isCpu()) {
      return GpuMasks.checkVnm(this, pattern);
    }
    return Compliance.check(
        pattern.rows(),
        (breaches, row, column) -> {
          int status =
              Bindings.nm_check_vnm(
                  address(),
                  rows,
                  cols,
                  pattern.v(),
                  pattern.n(),
                  pattern.m(),
                  breaches,
                  row,
                  column);
          keepAlive();
          return status;
        });
  }

  /**
   * Sets the weights that are not kept to +0.0, in place.
   *
   * @param w rows x cols weights, writable, where the mask is
   * @throws IllegalArgumentException when shape or device differ or {@code w} is read-only
   */
  public void apply(DenseMatrix w) {
    apply(w, w);
  }

  /**
   * Writes the weights that are kept, and +0.0 elsewhere.
   *
   * @param w rows x cols weights, where the mask is
   * @param out rows x cols, writable: {@code w} itself or memory that does not overlap it
   * @throws IllegalArgumentException when shape or device differ, {@code out} is read-only or
   *     overlaps otherwise
   */
  public void apply(DenseMatrix w, DenseMatrix out) {
    apply(w, out, Execution.caller());
  }

  /**
   * Writes the weights that are kept, and +0.0 elsewhere, see {@link #apply(DenseMatrix,
   * DenseMatrix)}. On a GPU {@code out} may have another type than {@code w}, of those of this
   * class: numbers are rounded to the nearest, ties to even, integers limited to their range.
   *
   * @param w rows x cols weights, where the mask is
   * @param out rows x cols, writable: {@code w} itself or memory that does not overlap it
   * @param execution on a GPU, the stream to queue on; the CPU's calling thread computes
   * @throws IllegalArgumentException when shape or device differ, {@code out} is read-only or
   *     overlaps otherwise
   */
  public void apply(DenseMatrix w, DenseMatrix out, Execution execution) {
    Shape.require("w", w, rows, cols);
    Shape.require("out", out, rows, cols);
    Shape.requireWritable("out", out);
    if (!device().isCpu()) {
      GpuMasks.apply(w, matrix(execution), out, execution);
      return;
    }
    execution.requireDevice(device());
    int status =
        Bindings.nm_mask_apply_f32(
            w.address(), rows, cols, w.ld(), address(), out.address(), out.ld());
    w.keepAlive();
    out.keepAlive();
    keepAlive();
    Status.check(status);
  }

  /**
   * How much of the weights this mask keeps, accumulated in double precision. Weights of a GPU are
   * copied to the host for it.
   *
   * @param w rows x cols weights, where the mask is
   * @return the shares
   * @throws IllegalArgumentException when shape or device differ
   */
  public KeptShare keptShare(DenseMatrix w) {
    Shape.require("w", w, rows, cols);
    if (!device().isCpu()) {
      return to(Device.cpu()).keptShare(GpuMasks.widened(w, device()).to(Device.cpu()));
    }
    double[] magnitude = new double[1];
    double[] square = new double[1];
    int status =
        Bindings.nm_kept_share_f32(w.address(), rows, cols, w.ld(), address(), magnitude, square);
    w.keepAlive();
    keepAlive();
    Status.check(status);
    return new KeptShare(magnitude[0], square[0]);
  }

  /**
   * Compares shape and bits, on whatever devices.
   *
   * @param other anything
   * @return true for a mask of the same shape that keeps the same weights
   */
  @Override
  public boolean equals(Object other) {
    return other instanceof Mask mask
        && rows == mask.rows
        && cols == mask.cols
        && host().equals(mask.host());
  }

  /**
   * A hash of shape and bits.
   *
   * @return the hash
   */
  @Override
  public int hashCode() {
    return Objects.hash(rows, cols, host());
  }

  /**
   * A short description.
   *
   * @return the shape and where it lies, not the bits
   */
  @Override
  public String toString() {
    return "Mask[" + rows + " x " + cols + (device().isCpu() ? "]" : ", " + device() + "]");
  }

  /** A mask without a bit set, for native code to fill before anyone else sees it. */
  static Mask blank(long rows, long cols) {
    Loader.load();
    return blank(Device.cpu(), rows, cols);
  }

  /** On a GPU, with any bits. */
  static Mask blank(Device device, long rows, long cols) {
    byteCount(rows, cols);
    return new Mask(DenseMatrix.allocate(device, DType.U8, rows, stride(cols)), cols);
  }

  /** A view of bits that somebody else changes, between these changes. */
  static Mask of(DenseMatrix bits, long cols) {
    return new Mask(bits, cols);
  }

  /** Some of the rows, in the same memory, for work on the stream that a caller alone has. */
  Mask rows(long from, long count) {
    return new Mask(matrix(Execution.caller()).rows(from, count), cols);
  }

  /** The same bits in rows of another length, likewise: a view of whole bytes, else a copy. */
  Mask packed(long newRows, long newCols) {
    Shape.requireExactly("mask", rows * cols, newRows * newCols);
    if (cols % Byte.SIZE == 0 && newCols % Byte.SIZE == 0) {
      return new Mask(matrix(Execution.caller()).packed(newRows, stride(newCols)), newCols);
    }
    DenseMatrix copy = DenseMatrix.allocate(DType.U8, newRows, stride(newCols));
    ByteBuffer bits = copy.int8Buffer();
    for (long i = 0; i < rows * cols; i++) {
      if (get(i / cols, i % cols)) {
        int at = (int) (i / newCols * copy.cols() + i % newCols / Byte.SIZE);
        bits.put(at, (byte) (bits.get(at) | 1 << i % newCols % Byte.SIZE));
      }
    }
    return new Mask(device().isCpu() ? copy : copy.to(device()), newCols);
  }

  /** The bits, a row of bytes for each row of weights, of a mask that nobody has queued. */
  DenseMatrix matrix() {
    return matrix;
  }

  /** The same of any mask, for work that is queued next: it waits until they are there. */
  synchronized DenseMatrix matrix(Execution execution) {
    if (made != null && made.isReached()) {
      made.close();
      made = null;
    }
    if (made != null) {
      execution.stream(device()).waitFor(made);
    }
    return matrix;
  }

  /** Says that the bits are there when all that a stream has queued so far is done. */
  synchronized void madeBy(DeviceStream stream) {
    DeviceEvent event = DeviceEvent.create(device());
    stream.record(event);
    made = event;
  }

  /**
   * Address of the first byte on the CPU, valid while {@link #keepAlive} is still to be called.
   *
   * @throws IllegalArgumentException when the mask is on a GPU
   */
  long address() {
    if (!device().isCpu()) {
      throw new IllegalArgumentException("expected a mask in host memory, got " + this);
    }
    return matrix.typedAddress();
  }

  /** To be called after native code has used {@link #address}. */
  void keepAlive() {
    matrix.keepAlive();
  }

  /** The bits on the CPU; those of a GPU are copied once. */
  private ByteBuffer host() {
    ByteBuffer bits = host;
    if (bits == null) {
      bits = matrix(Execution.caller()).to(Device.cpu()).int8Buffer();
      host = bits;
    }
    return bits;
  }

  private static Mask make(
      DenseMatrix w,
      Pattern pattern,
      NanPolicy nan,
      long height,
      Execution execution,
      Maker maker) {
    Objects.requireNonNull(pattern, "pattern");
    int flags = Flags.of(nan);
    long weights = w.address();
    Mask mask = blank(w.rows(), w.cols());
    long bits = mask.address();
    try {
      RowBlocks.run(
          0,
          w.rows(),
          w.cols(),
          height,
          execution,
          (row, count) ->
              maker.make(
                  weights + row * w.ld() * Float.BYTES,
                  count,
                  w.cols(),
                  w.ld(),
                  pattern.n(),
                  pattern.m(),
                  flags,
                  bits + row * stride(w.cols())));
    } finally {
      w.keepAlive();
      mask.keepAlive();
    }
    return mask;
  }

  private static long stride(long cols) {
    return cols / 8 + (cols % 8 == 0 ? 0 : 1);
  }

  private static long byteCount(long rows, long cols) {
    Shape.requireNotNegative(rows, cols);
    try {
      return Math.multiplyExact(rows, stride(cols));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "the mask of " + rows + " x " + cols + " weights exceeds 2^63 - 1 bytes", e);
    }
  }

  private static void requireSpareBitsClear(ByteBuffer bits, long rows, long cols) {
    int used = (int) (cols % 8);
    if (used == 0) {
      return;
    }
    int stride = (int) stride(cols);
    for (int row = 0; row < rows; row++) {
      int last = bits.get((row + 1) * stride - 1) & 0xff;
      if (last >> used != 0) {
        throw new IllegalArgumentException(
            "bits beyond column "
                + (cols - 1)
                + " must be 0, got 0x"
                + Integer.toHexString(last)
                + " as the last byte of row "
                + row);
      }
    }
  }

  private interface Maker {
    int make(long w, long rows, long cols, long ld, int n, int m, int flags, long mask);
  }
}
