/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.NativeMatrix;
import org.nm4j.internal.Status;

/**
 * Weights of M rows and K columns that obey an N:M pattern, packed once for multiplication: Y =
 * act(alpha (W X) + beta C + bias) in either {@link Layout}.
 *
 * <pre>{@code
 * DenseMatrix weights = DenseMatrix.allocate(768, 3072);
 * DenseMatrix x = DenseMatrix.allocate(32, 3072);        // a batch of 32
 * DenseMatrix y = DenseMatrix.allocate(32, 768);
 * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4)) {
 *   w.linear(x, y, Epilogue.NONE.activation(Activation.RELU), Execution.parallel());
 * }
 * }</pre>
 *
 * <p>Weights are stored as fp32, or rounded to bf16 or to 8-bit integers with a scale per row, see
 * {@link Builder#dtype}; a product by few activations takes as long as its weights take to read.
 * Activations (X) and results (Y, C) may be:
 *
 * <table>
 *   <caption>Types of products</caption>
 *   <tr><th>weights</th><th>X</th><th>Y and C</th></tr>
 *   <tr><td>F32</td><td>F32</td><td>F32, BF16, S8, U8</td></tr>
 *   <tr><td>BF16</td><td>F32, BF16</td><td>F32, BF16, S8, U8</td></tr>
 *   <tr><td>S8</td><td>F32, S8, U8</td><td>F32, BF16, S8, U8, S32</td></tr>
 * </table>
 *
 * Others throw {@link Nm4jException} with {@link ErrorCode#UNSUPPORTED}. Sums are fp32, of integer
 * activations exact; what integers stand for, {@link DenseMatrix#quantized} says.
 *
 * <p>On a GPU {@link #prune}, {@link #of(DenseMatrix, Mask, Pattern)} and {@link #ofSparse} pack
 * weights that lie there, and {@link #to(Device, DType)} copies a matrix there; which types and
 * patterns a GPU takes, and what differs, is said there. {@link #refresh} replaces the weights.
 *
 * <p>Products follow IEEE 754 in fp32 over the kept positions: activations opposite pruned weights
 * take no part, not even infinities and NaN. For one matrix, layout, batch and instruction set the
 * result is the same bits on every call, whatever the threads, unless the execution is {@linkplain
 * Execution#tuned tuned}.
 *
 * <p>Any number of threads may multiply at once. The packed weights are native memory, which
 * neither the heap's nor JavaCPP's limits count; {@link #close} frees it, and a matrix that is
 * forgotten frees it some time after it became unreachable. Closing twice does nothing; closing
 * while a call is in progress is refused; calls on a closed matrix throw {@link
 * IllegalStateException}.
 */
public final class SparseMatrix implements AutoCloseable {
  private final Weights weights;
  private final long rows;
  private final long cols;
  private final DType dtype;
  private final Pattern pattern;
  private final boolean transposed;
  private final Workload workload;
  private final long bytes;

  private SparseMatrix(Builder builder, NativeMatrix handle, long bytes) {
    this.rows = builder.rows;
    this.cols = builder.cols;
    this.dtype = builder.dtype;
    this.pattern = builder.pattern;
    this.transposed = false;
    this.workload = builder.workload;
    this.bytes = bytes;
    this.weights = new CpuWeights(this, handle);
  }

  /** The transpose of w. */
  SparseMatrix(SparseMatrix w, NativeMatrix handle) {
    this.rows = w.cols;
    this.cols = w.rows;
    this.dtype = DType.F32;
    this.pattern = w.pattern;
    this.transposed = true;
    this.workload = Workload.LARGE_BATCH;
    this.bytes = handle.bytes();
    this.weights = new CpuWeights(this, handle);
  }

  /** Weights on a GPU. */
  SparseMatrix(
      long rows, long cols, DType dtype, Pattern pattern, boolean transposed, GpuWeights weights) {
    this.rows = rows;
    this.cols = cols;
    this.dtype = dtype;
    this.pattern = pattern;
    this.transposed = transposed;
    this.workload = Workload.ANY_BATCH;
    this.bytes = weights.bytes();
    this.weights = weights;
  }

  /**
   * Prunes by magnitude and packs, see {@link Mask#magnitude(DenseMatrix, Pattern)}; on a GPU in
   * the weights' own type.
   *
   * @param w the weights, at least 1 x 1; not changed, and not needed afterwards
   * @param pattern how many to keep
   * @return the packed weights
   * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}
   * @throws IllegalArgumentException when {@code w} is empty
   */
  public static SparseMatrix prune(DenseMatrix w, Pattern pattern) {
    return prune(w, pattern, w.device().isCpu() ? DType.F32 : w.dtype());
  }

  /**
   * Prunes by magnitude and packs as another type, see {@link Builder#dtype}.
   *
   * @param w the weights in fp32, at least 1 x 1; not changed, and not needed afterwards
   * @param pattern how many to keep
   * @param dtype how to store them: F32, BF16 or S8
   * @return the packed weights
   * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}
   * @throws IllegalArgumentException when {@code w} is empty or weights cannot have this type
   */
  public static SparseMatrix prune(DenseMatrix w, Pattern pattern, DType dtype) {
    return prune(w, pattern, dtype, Execution.caller());
  }

  /**
   * Prunes by magnitude and packs on several threads, see {@link Builder#prune(long, DenseMatrix,
   * Execution)}; weights on a GPU are pruned and packed there.
   *
   * @param w the weights in fp32, at least 1 x 1; not changed, and not needed afterwards. On a GPU
   *     BF16, F16 and S8 (integers of scale 1 and zero 0) too
   * @param pattern how many to keep
   * @param dtype how to store them: F32, BF16 or S8, on a GPU F16 too
   * @param execution where to compute
   * @return the packed weights
   * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}; of a GPU also
   *     {@link ErrorCode#UNSUPPORTED} and {@link ErrorCode#UNAVAILABLE}
   * @throws IllegalArgumentException when {@code w} is empty or weights cannot have this type
   */
  public static SparseMatrix prune(
      DenseMatrix w, Pattern pattern, DType dtype, Execution execution) {
    if (!w.device().isCpu()) {
      return onGpu(w, dtype, pattern, GpuWeights.prune(w, pattern, dtype, execution));
    }
    try (Builder builder = builder(w.rows(), w.cols(), pattern)) {
      return builder.dtype(dtype).prune(0, w, execution).build();
    }
  }

  /**
   * Packs the weights that a mask keeps, on the device where both lie; on a GPU in their own type.
   *
   * @param w the weights, at least 1 x 1; not changed, and not needed afterwards
   * @param mask which of them to keep, of the same shape, at most N per group, on the same device
   * @param pattern the pattern the mask obeys
   * @return the packed weights
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}, {@link
   *     ErrorCode#OUT_OF_MEMORY}
   * @throws IllegalArgumentException when {@code w} is empty, or shapes or devices differ
   */
  public static SparseMatrix of(DenseMatrix w, Mask mask, Pattern pattern) {
    if (!w.device().isCpu()) {
      requireFits(w, mask, w.rows(), w.cols());
      return onGpu(w, w.dtype(), pattern, GpuWeights.of(w, mask, pattern, w.dtype()));
    }
    try (Builder builder = builder(w.rows(), w.cols(), pattern)) {
      return builder.put(0, w, mask).build();
    }
  }

  /**
   * Packs weights that obey the pattern already, on the device where they lie; on a GPU in their
   * own type, see {@link #to(Device, DType)}. That NaN is refused there holds for other types than
   * E4M3 and E5M2.
   *
   * @param w the weights, at least 1 x 1; not changed, and not needed afterwards
   * @param pattern what they obey
   * @return the packed weights
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}, {@link
   *     ErrorCode#OUT_OF_MEMORY}
   * @throws IllegalArgumentException when {@code w} is empty
   */
  public static SparseMatrix ofSparse(DenseMatrix w, Pattern pattern) {
    if (!w.device().isCpu()) {
      return onGpu(w, w.dtype(), pattern, GpuWeights.of(w, null, pattern, w.dtype()));
    }
    return of(w, Mask.nonZeros(w, pattern), pattern);
  }

  private static SparseMatrix onGpu(
      DenseMatrix w, DType dtype, Pattern pattern, GpuWeights weights) {
    return new SparseMatrix(w.rows(), w.cols(), dtype, pattern, false, weights);
  }

  private static void requireFits(DenseMatrix w, Mask mask, long rows, long cols) {
    Shape.require("w", w, rows, cols);
    Shape.require("mask", mask, rows, cols);
    Shape.requireOn(w.device(), mask);
  }

  /**
   * Packs the portable form.
   *
   * @param compressed at least 1 x 1; not needed afterwards
   * @return the packed weights
   * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}
   * @throws IllegalArgumentException when it is empty
   */
  public static SparseMatrix of(CompressedMatrix compressed) {
    try (Builder builder = builder(compressed.rows(), compressed.cols(), compressed.pattern())) {
      return builder.put(0, compressed).build();
    }
  }

  /**
   * Packs block by block of rows, for matrices that exceed a Java buffer or the heap.
   *
   * @param rows number of rows, at least 1
   * @param cols number of columns, at least 1
   * @param pattern the pattern
   * @return a builder
   * @throws IllegalArgumentException when a size is less than 1 or the dense form exceeds 2^63 - 1
   *     bytes
   */
  public static Builder builder(long rows, long cols, Pattern pattern) {
    return new Builder(rows, cols, pattern);
  }

  /**
   * Y = W X.
   *
   * @param x the activations, K x N
   * @param y the result, M x N, writable; must not overlap {@code x}
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void multiply(DenseMatrix x, DenseMatrix y) {
    multiply(x, y, Epilogue.NONE);
  }

  /**
   * Y = act(alpha (W X) + beta C + bias).
   *
   * @param x the activations, K x N
   * @param y the result, M x N, writable; must not overlap an operand, except that it may be C
   * @param epilogue what else to do
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void multiply(DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    multiply(x, y, epilogue, Execution.caller());
  }

  /**
   * Y = act(alpha (W X) + beta C + bias), on several threads.
   *
   * @param x the activations, K x N
   * @param y the result, M x N, writable; must not overlap an operand, except that it may be C
   * @param epilogue what else to do
   * @param execution where to compute
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void multiply(DenseMatrix x, DenseMatrix y, Epilogue epilogue, Execution execution) {
    long batch = x.cols();
    Shape.require("x", x, cols, batch);
    Shape.require("y", y, rows, batch);
    route(execution).run(Layout.FEATURE_MAJOR, batch, 1, x, y, epilogue, execution);
  }

  /**
   * Y<sub>i</sub> = act(alpha (W X<sub>i</sub>) + beta C<sub>i</sub> + bias) for several
   * X<sub>i</sub> that lie one below the other, such as images of channels x pixels.
   *
   * @param count how many, may be 0
   * @param x the activations, (count K) x N
   * @param y the results, (count M) x N, writable; must not overlap an operand, except that it may
   *     be C
   * @param epilogue what else to do; its C is (count M) x N
   * @param execution where to compute
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void multiplyEach(
      long count, DenseMatrix x, DenseMatrix y, Epilogue epilogue, Execution execution) {
    if (count < 0) {
      throw new IllegalArgumentException("count must not be negative, got " + count);
    }
    long batch = x.cols();
    Shape.require("x", x, Math.multiplyExact(count, cols), batch);
    Shape.require("y", y, Math.multiplyExact(count, rows), batch);
    route(execution).run(Layout.FEATURE_MAJOR, batch, count, x, y, epilogue, execution);
  }

  /**
   * Y = W X on arrays, which are copied; for occasional products.
   *
   * @param x the activations, K x N, row-major
   * @param batch N, may be 0
   * @return M x N, row-major
   * @throws IllegalArgumentException when the array has another length or a copy exceeds 2 GiB
   * @throws IllegalStateException when closed
   */
  public float[] multiply(float[] x, int batch) {
    DenseMatrix y = DenseMatrix.allocate(rows, batch);
    multiply(DenseMatrix.copyOf(x, cols, batch), y);
    return y.toArray();
  }

  /**
   * Y = X W<sup>T</sup>, a linear layer.
   *
   * @param x the activations, N x K
   * @param y the result, N x M, writable; must not overlap {@code x}
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void linear(DenseMatrix x, DenseMatrix y) {
    linear(x, y, Epilogue.NONE);
  }

  /**
   * Y = act(alpha (X W<sup>T</sup>) + beta C + bias), a linear layer.
   *
   * @param x the activations, N x K
   * @param y the result, N x M, writable; must not overlap an operand, except that it may be C
   * @param epilogue what else to do
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void linear(DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    linear(x, y, epilogue, Execution.caller());
  }

  /**
   * Y = act(alpha (X W<sup>T</sup>) + beta C + bias), a linear layer, on several threads.
   *
   * @param x the activations, N x K
   * @param y the result, N x M, writable; must not overlap an operand, except that it may be C
   * @param epilogue what else to do
   * @param execution where to compute
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or overlaps
   * @throws IllegalStateException when closed
   */
  public void linear(DenseMatrix x, DenseMatrix y, Epilogue epilogue, Execution execution) {
    long batch = x.rows();
    Shape.require("x", x, batch, cols);
    Shape.require("y", y, batch, rows);
    route(execution).run(Layout.BATCH_MAJOR, batch, 1, x, y, epilogue, execution);
  }

  /**
   * Y = X W<sup>T</sup> on arrays, which are copied; for occasional products.
   *
   * @param x the activations, N x K, row-major
   * @param batch N, may be 0
   * @return N x M, row-major
   * @throws IllegalArgumentException when the array has another length or a copy exceeds 2 GiB
   * @throws IllegalStateException when closed
   */
  public float[] linear(float[] x, int batch) {
    DenseMatrix y = DenseMatrix.allocate(batch, rows);
    linear(DenseMatrix.copyOf(x, batch, cols), y);
    return y.toArray();
  }

  /**
   * Replaces the weights by others of the same pattern, in the memory at hand: for weights that
   * change, as in training. What was {@linkplain #tune measured} is forgotten on the CPU. Products
   * that are queued on a GPU already still have the weights as they were.
   *
   * <p>On a GPU new weights may be fp32, BF16, F16 and S8 (integers of scale 1 and zero 0),
   * whatever this matrix is of, with an exception: a matrix of E4M3 or E5M2 takes its own type
   * only, and no mask, see {@link #refresh(DenseMatrix, Execution)}.
   *
   * @param w the new weights, on the device of this matrix, of fp32 or what a GPU takes too; stored
   *     as this matrix's {@link #dtype}. Not changed, and not needed once the call or, with {@link
   *     Execution#on(DeviceStream)}, its work is done
   * @param mask which of them to keep, of the same shape, at most N per group, on the same device
   * @param execution where to compute
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}: on a GPU nothing
   *     has changed, on the CPU products fail until a refresh succeeds; {@link
   *     ErrorCode#UNSUPPORTED} for a {@linkplain #transposed transpose} on the CPU, and for types
   *     that a GPU does not take
   * @throws IllegalArgumentException when shapes, types or devices do not fit
   * @throws IllegalStateException when closed, or when a call is in progress on this matrix
   */
  public void refresh(DenseMatrix w, Mask mask, Execution execution) {
    requireOnDevice(w);
    requireFits(w, Objects.requireNonNull(mask, "mask"), rows, cols);
    weights.refresh(w, mask, execution);
  }

  /**
   * Replaces the weights by others that obey the pattern already, see {@link #refresh(DenseMatrix,
   * Mask, Execution)}. Weights of E4M3 and E5M2 are checked by cuSPARSELt, which knows no NaN.
   *
   * @param w the new weights, on the device of this matrix
   * @param execution where to compute
   * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}, {@link
   *     ErrorCode#UNSUPPORTED}
   * @throws IllegalArgumentException when shape, type or device do not fit
   * @throws IllegalStateException when closed, or when a call is in progress on this matrix
   */
  public void refresh(DenseMatrix w, Execution execution) {
    requireOnDevice(w);
    Shape.require("w", w, rows, cols);
    weights.refresh(w, null, execution);
  }

  private void requireOnDevice(DenseMatrix w) {
    if (w.device() != device()) {
      throw new IllegalArgumentException(
          "w must be on " + device() + ", as the matrix is, got " + w);
    }
  }

  /**
   * W<sup>T</sup>, for the backward pass of a linear layer: where {@code w.linear} is Y = X
   * W<sup>T</sup>, {@code w.transposed().linear} is dX = dY W. The pattern need not fit the columns
   * of W, so that any mask serves both passes.
   *
   * <pre>{@code
   * DenseMatrix weights = DenseMatrix.allocate(768, 3072);
   * DenseMatrix dy = DenseMatrix.allocate(128, 768);       // gradients of a batch of 128
   * DenseMatrix dx = DenseMatrix.allocate(128, 3072);
   * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4);
   *     SparseMatrix wt = w.transposed()) {
   *   wt.linear(dy, dx);                                   // dX = dY W
   * }
   * }</pre>
   *
   * <p>A copy that has to be made again when the weights change, in time proportional to {@link
   * #nonZeros}; W itself may be closed. It is packed for large batches. It has neither a {@link
   * #compressed} form nor a transpose of its own.
   *
   * <p>On a GPU, which sums along N:M groups only, the pattern has to fit the columns of W too, as
   * that of {@link Mask#transposable} does, and weights have the type that they have here.
   *
   * @return K x M weights on the same device, which belong to the caller
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}; on a GPU {@link
   *     ErrorCode#PATTERN_BREACH} when columns do not obey the pattern, {@link
   *     ErrorCode#UNSUPPORTED} for 8-bit types, and {@link ErrorCode#NAN} for weights that are not
   *     finite
   * @throws UnsupportedOperationException when this is a transpose itself
   * @throws IllegalStateException when closed
   */
  public SparseMatrix transposed() {
    requirePatternAlongRows("transposed");
    return weights.transposed();
  }

  /**
   * Whether this was made by {@link #transposed()}.
   *
   * @return true when the groups of the pattern run down the columns
   */
  public boolean isTransposed() {
    return transposed;
  }

  /**
   * A copy on a device, in the type of these weights, see {@link #to(Device, DType)}.
   *
   * @param device a GPU, or the CPU unless these weights are F16, E4M3 or E5M2
   * @return a matrix that belongs to the caller and does not need this one
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#LIBRARY}, {@link ErrorCode#PATTERN_BREACH},
   *     {@link ErrorCode#NAN}
   * @throws IllegalArgumentException when the dense form exceeds 2 GiB, or the CPU has no weights
   *     of this type
   * @throws UnsupportedOperationException for a {@linkplain #transposed transpose} and the CPU
   * @throws IllegalStateException when closed
   */
  public SparseMatrix to(Device device) {
    return to(device, dtype);
  }

  /**
   * A copy on a device. On a GPU it takes matrices on that GPU, and an {@link
   * Execution#on(DeviceStream)} to be queued. On the CPU it is of {@link #compressed}, with the
   * {@link #workload} of this one.
   *
   * <table>
   *   <caption>Products on a GPU</caption>
   *   <tr><th>weights, X</th><th>patterns on sparse tensor cores</th><th>Y and C</th><th>bias</th></tr>
   *   <tr><td>F32, computed as TF32</td><td>1:2, and N = 1 with an even M</td><td>F32</td><td>F32</td></tr>
   *   <tr><td>BF16</td><td>2:4, and N at most 2 with M a multiple of 4</td><td>BF16</td><td>BF16</td></tr>
   *   <tr><td>F16</td><td>as BF16</td><td>F16</td><td>F16</td></tr>
   *   <tr><td>S8, {@link #linear} only</td><td>as BF16</td><td>S8, S32, BF16, F16</td><td>F32</td></tr>
   *   <tr><td>E4M3 or E5M2, {@link #linear} only</td><td>as BF16</td><td>the same, F16, BF16, F32;
   *       C is F16 beside a Y of 8 bits</td><td>that of C</td></tr>
   * </table>
   *
   * <p>These are compressed for sparse tensor cores by NVIDIA's cuSPARSELt. F32, BF16 and F16 of
   * any other pattern become panels for the GPU's ordinary cores, with Y, C and bias of the same
   * type and sums in fp32 (F32 is not rounded to TF32); where more than a quarter to a half of the
   * weights are kept, dense products may be faster. {@link #kernel} tells which it is. {@linkplain
   * Execution#tuned Tuned} executions search for cuSPARSELt's fastest algorithm at the first
   * product of a kind, see {@link CudaAlgorithms}.
   *
   * <p>Everything else throws {@link Nm4jException} with {@link ErrorCode#UNSUPPORTED}: other
   * patterns of 8-bit types, integers with a {@linkplain DenseMatrix#zero zero} other than 0,
   * {@link Activation#GELU} of results of 8 bits or S32. GELU takes values already rounded to the
   * type of Y. Activations opposite weights that are 0 may take part.
   *
   * <p>{@link #decompress()} and {@link #compressed} of the copy give what products see (F32 of
   * sparse tensor cores rounded to TF32), for finite weights, and cost a product with the identity.
   *
   * <p>A {@linkplain #transposed transpose} can be copied to a GPU if it obeys the pattern along
   * its own rows, too.
   *
   * @param device a GPU or the CPU
   * @param type how to store them there: F32, BF16, on a GPU F16, E4M3 or E5M2, rounded to nearest;
   *     of S8 only S8
   * @return a matrix that belongs to the caller and does not need this one
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#LIBRARY}, {@link ErrorCode#PATTERN_BREACH};
   *     {@link ErrorCode#NAN} from a GPU, when weights are not finite
   * @throws IllegalArgumentException when the dense form exceeds 2 GiB, or the CPU has no weights
   *     of this type
   * @throws UnsupportedOperationException for a {@linkplain #transposed transpose} and the CPU
   * @throws IllegalStateException when closed
   */
  public SparseMatrix to(Device device, DType type) {
    if (device.isCpu()) {
      requirePatternAlongRows("to");
      DType.requireWeights(Objects.requireNonNull(type, "type"));
    }
    if ((dtype == DType.S8) != (type == DType.S8)) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "weights of " + dtype + " cannot become " + type + " on " + device);
    }
    if (device.isCpu()) {
      return CpuWeights.copyOf(this, type);
    }
    GpuWeights copy = GpuWeights.copyOf(this, device, type);
    return new SparseMatrix(rows, cols, type, pattern, transposed, copy);
  }

  /**
   * Where the weights lie, and products are computed.
   *
   * @return the CPU or a GPU
   */
  public Device device() {
    return weights.device();
  }

  /**
   * The type in which the weights are stored.
   *
   * @return F32, BF16, S8, or on a GPU F16, E4M3 or E5M2; of a transpose on the CPU F32
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * The scale of each row, by which its stored weights are multiplied.
   *
   * @return one per row, a copy; ones unless the weights are {@link DType#S8}
   * @throws IllegalStateException when closed
   */
  public float[] scales() {
    return weights.scales();
  }

  /**
   * The pattern.
   *
   * @return the pattern given when this was made; of a {@linkplain #transposed transpose}, that of
   *     its source, whose groups then run down the columns
   */
  public Pattern pattern() {
    return pattern;
  }

  /**
   * The number of rows M: output features.
   *
   * @return at least 1
   */
  public long rows() {
    return rows;
  }

  /**
   * The number of columns K: input features.
   *
   * @return at least 1
   */
  public long cols() {
    return cols;
  }

  /**
   * The number of weights kept, those that happen to be 0 included.
   *
   * @return rows * keptPerRow; of a transpose, cols * keptPerRow of its source
   */
  public long nonZeros() {
    return transposed ? cols * pattern.keptPerRow(rows) : rows * pattern.keptPerRow(cols);
  }

  /**
   * The native memory that the packed weights occupy.
   *
   * @return bytes
   */
  public long bytes() {
    return bytes;
  }

  /**
   * The memory that the same weights occupy when dense, in the same type.
   *
   * @return bytes
   */
  public long denseBytes() {
    return rows * cols * dtype.bytes();
  }

  /**
   * What this is packed for.
   *
   * @return the workload given when this was made; of a transpose, {@link Workload#LARGE_BATCH}
   */
  public Workload workload() {
    return workload;
  }

  /**
   * The native kernel that computes a product of fp32 activations, on a GPU of those of the
   * weights' type, unless its execution is tuned: then {@link #tune} says.
   *
   * @param layout how activations lie
   * @param batch N
   * @return its name
   * @throws IllegalArgumentException when the batch is negative
   * @throws IllegalStateException when closed
   */
  public String kernel(Layout layout, long batch) {
    return kernel(layout, batch, ownActivations());
  }

  /**
   * Measures which kernel computes a product of fp32 activations, on a GPU of those of the weights'
   * type, fastest, as the first product of a {@linkplain Execution#tuned tuned} execution would;
   * see there. What is measured already is not measured again on the CPU.
   *
   * @param layout how activations lie
   * @param batch N, at least 1
   * @param execution where to compute; tuned or not makes no difference here
   * @return the candidates with their times, and the one that tuned executions of as many threads
   *     take from now on
   * @throws IllegalArgumentException when the batch is less than 1
   * @throws IllegalStateException when closed
   */
  public Tuning tune(Layout layout, long batch, Execution execution) {
    return tune(layout, batch, ownActivations(), execution);
  }

  private DType ownActivations() {
    return device().isCpu() ? DType.F32 : dtype;
  }

  /**
   * Measures which kernel computes a product of activations of some type fastest.
   *
   * <p>On a GPU this searches, each time, among cuSPARSELt's algorithms for a plain product with a
   * Y of the weights' type; products with other epilogues or results are searched for by
   * {@linkplain Execution#tuned tuned} executions. What is found is kept, see {@link
   * CudaAlgorithms}.
   *
   * @param layout how activations lie
   * @param batch N, at least 1
   * @param activations the type of X
   * @param execution where to compute
   * @return the candidates with their times, and the one that tuned executions take
   * @throws IllegalArgumentException when the batch is less than 1
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when there is no kernel
   * @throws IllegalStateException when closed
   */
  public Tuning tune(Layout layout, long batch, DType activations, Execution execution) {
    if (batch < 1) {
      throw new IllegalArgumentException("batch must be at least 1, got " + batch);
    }
    return weights.tune(layout, batch, activations, execution);
  }

  /**
   * The native kernel that computes a product of activations of some type.
   *
   * @param layout how activations lie
   * @param batch N
   * @param activations the type of X
   * @return its name
   * @throws IllegalArgumentException when the batch is negative
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when there is none
   * @throws IllegalStateException when closed
   */
  public String kernel(Layout layout, long batch, DType activations) {
    return weights.kernel(layout, batch, activations);
  }

  /**
   * Back to a dense matrix, +0.0 where nothing is kept.
   *
   * @return a new matrix on the CPU, rows x cols
   * @throws IllegalArgumentException when it exceeds 2 GiB
   * @throws IllegalStateException when closed
   * @throws Nm4jException {@link ErrorCode#NAN} on a GPU, see {@link #decompress(long,
   *     DenseMatrix)}
   */
  public DenseMatrix decompress() {
    DenseMatrix out = DenseMatrix.allocate(rows, cols);
    decompress(0, out);
    return out;
  }

  /**
   * Some rows back to a dense matrix, +0.0 where nothing is kept, as it was packed: rounded where
   * the weights are stored as smaller types, and as F32 for a GPU's sparse tensor cores, which
   * compute in TF32; else bit for bit.
   *
   * <p>On a GPU each call computes a product of the whole matrix: read many rows at once.
   *
   * @param row0 the first row to read
   * @param out receives as many rows as it has, of {@link #cols} columns; writable
   * @throws IllegalArgumentException when {@code out} is read-only or has other columns
   * @throws IndexOutOfBoundsException unless all these rows exist
   * @throws IllegalStateException when closed
   * @throws Nm4jException {@link ErrorCode#NAN} on a GPU, when one of these weights is not finite
   */
  public void decompress(long row0, DenseMatrix out) {
    Objects.checkFromIndexSize(row0, out.rows(), rows);
    Shape.require("out", out, out.rows(), cols);
    Shape.requireWritable("out", out);
    weights.decompress(row0, out);
  }

  /**
   * The portable form, in fp32, as it was packed, see {@link #decompress(long, DenseMatrix)}.
   *
   * @return a copy that does not need this matrix
   * @throws IllegalArgumentException when its values exceed 2 GiB
   * @throws UnsupportedOperationException when this is a transpose, which obeys no pattern along
   *     its rows
   * @throws IllegalStateException when closed
   * @throws Nm4jException {@link ErrorCode#NAN} on a GPU, when a weight is not finite
   */
  public CompressedMatrix compressed() {
    requirePatternAlongRows("compressed");
    return weights.compressed();
  }

  Weights weights() {
    return weights;
  }

  /**
   * Whether {@link #close} has freed the memory.
   *
   * @return true when calls would fail
   */
  public boolean isClosed() {
    return weights.isClosed();
  }

  /**
   * Frees the native memory. Further calls do nothing.
   *
   * @throws IllegalStateException when a call is in progress on this matrix, which stays open
   */
  @Override
  public void close() {
    weights.close();
  }

  /**
   * A short description.
   *
   * @return shape, pattern, workload and whether it is closed
   */
  @Override
  public String toString() {
    return "SparseMatrix["
        + rows
        + " x "
        + cols
        + ", "
        + pattern
        + (dtype == DType.F32 ? "" : " " + dtype)
        + (transposed ? " transposed, " : ", ")
        + (device().isCpu() ? workload : device())
        + (isClosed() ? ", closed]" : "]");
  }

  /** Dense products on a copy of the weights. */
  DenseRoute denseRoute() {
    return new DenseRoute(((CpuWeights) weights).multiplier(), decompress());
  }

  private Route route(Execution execution) {
    return weights.route(execution);
  }

  private void requirePatternAlongRows(String call) {
    if (transposed) {
      throw new UnsupportedOperationException(
          call + "() needs an N:M pattern along the rows, got " + this);
    }
  }

  /**
   * Packs weights by blocks of rows of any size, in any order; a block may also be set again. The
   * dense form is never needed as a whole.
   *
   * <pre>{@code
   * DenseMatrix block = DenseMatrix.allocate(16, 256);
   * try (SparseMatrix.Builder builder = SparseMatrix.builder(64, 256, Pattern.P2_4)) {
   *   builder.workload(Workload.SMALL_BATCH);
   *   for (long row = 0; row < 64; row += 16) {
   *     // ... read the next 16 rows into block ...
   *     builder.prune(row, block);
   *   }
   *   try (SparseMatrix w = builder.build()) {
   *     long saved = w.denseBytes() - w.bytes();
   *   }
   * }
   * }</pre>
   *
   * <p>Several threads may set disjoint blocks at once. A builder that is not built frees its
   * memory with {@link #close}.
   */
  public static final class Builder implements AutoCloseable {
    private final long rows;
    private final long cols;
    private final Pattern pattern;
    private DType dtype = DType.F32;
    private Workload workload = Workload.ANY_BATCH;
    private volatile NanPolicy nan = NanPolicy.REJECT;
    private volatile NativeMatrix handle;
    private volatile boolean done;

    private Builder(long rows, long cols, Pattern pattern) {
      if (rows < 1 || cols < 1) {
        throw new IllegalArgumentException(
            "rows and cols must be at least 1, got " + rows + " x " + cols);
      }
      Shape.extent(rows, cols, cols);
      this.rows = rows;
      this.cols = cols;
      this.pattern = Objects.requireNonNull(pattern, "pattern");
    }

    /**
     * Says what to pack for.
     *
     * @param value the workload, {@link Workload#ANY_BATCH} to begin with
     * @return this
     * @throws IllegalStateException after the first block
     */
    public synchronized Builder workload(Workload value) {
      Objects.requireNonNull(value, "workload");
      requireNoBlock("workload");
      workload = value;
      return this;
    }

    /**
     * Says how to store weights. {@link DType#BF16}: each rounded to nearest, ties to even. {@link
     * DType#S8}: integers from -127 to 127 times a scale per row, which is the row's largest kept
     * magnitude / 127; weights must be finite.
     *
     * @param value F32 (to begin with), BF16 or S8
     * @return this
     * @throws IllegalArgumentException for another type
     * @throws IllegalStateException after the first block
     */
    public synchronized Builder dtype(DType value) {
      DType.requireWeights(Objects.requireNonNull(value, "dtype"));
      requireNoBlock("type");
      dtype = value;
      return this;
    }

    private void requireNoBlock(String what) {
      if (handle != null) {
        throw new IllegalStateException("the " + what + " must be chosen before the first block");
      }
    }

    /**
     * Says what to do with NaN in the blocks that follow.
     *
     * @param value the policy, {@link NanPolicy#REJECT} to begin with
     * @return this
     */
    public Builder nan(NanPolicy value) {
      nan = Objects.requireNonNull(value, "nan");
      return this;
    }

    /**
     * Sets rows from dense weights and a mask.
     *
     * @param row0 the first row to set
     * @param w the rows, of the matrix's columns
     * @param mask of the shape of {@code w}, at most N per group
     * @return this
     * @throws IllegalArgumentException when a shape is wrong
     * @throws IndexOutOfBoundsException unless all these rows exist
     * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}, {@link
     *     ErrorCode#OUT_OF_MEMORY}; then the rows of the block count as not set
     * @throws IllegalStateException when built or closed
     */
    public Builder put(long row0, DenseMatrix w, Mask mask) {
      Objects.checkFromIndexSize(row0, w.rows(), rows);
      Shape.require("w", w, w.rows(), cols);
      Shape.require("mask", mask, w.rows(), cols);
      long weights = w.address();
      NativeMatrix matrix = handle();
      long address = matrix.acquire();
      try {
        Status.check(
            Bindings.nm_matrix_set_rows_f32(
                address, row0, w.rows(), weights, w.ld(), mask.address(), Flags.of(nan)));
      } finally {
        matrix.release();
        w.keepAlive();
        mask.keepAlive();
      }
      return this;
    }

    /**
     * Sets rows from integers that were quantized elsewhere: weight = scale * integer.
     *
     * @param row0 the first row to set
     * @param w the rows, of {@link DType#S8}, of the matrix's columns; its own quantisation is not
     *     looked at
     * @param mask of the shape of {@code w}, at most N per group
     * @param scales one finite number per row of {@code w}, 1 x rows of fp32
     * @return this
     * @throws IllegalArgumentException when a shape or type is wrong or a scale is not finite
     * @throws IndexOutOfBoundsException unless all these rows exist
     * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#OUT_OF_MEMORY}; then
     *     the rows of the block count as not set
     * @throws IllegalStateException when built or closed, or when the matrix is not of {@link
     *     DType#S8}
     */
    public Builder put(long row0, DenseMatrix w, Mask mask, DenseMatrix scales) {
      Objects.checkFromIndexSize(row0, w.rows(), rows);
      Shape.require("w", w, w.rows(), cols);
      Shape.require("mask", mask, w.rows(), cols);
      Shape.require("scales", scales, 1, w.rows());
      if (w.dtype() != DType.S8) {
        throw new IllegalArgumentException("w must be of S8, got " + w);
      }
      if (dtype != DType.S8) {
        throw new IllegalStateException("the matrix must be of S8 to take integers, got " + dtype);
      }
      NativeMatrix matrix = handle();
      long address = matrix.acquire();
      try {
        Status.check(
            Bindings.nm_matrix_set_rows_s8(
                address,
                row0,
                w.rows(),
                w.typedAddress(),
                w.ld(),
                mask.address(),
                scales.address()));
      } finally {
        matrix.release();
        w.keepAlive();
        mask.keepAlive();
        scales.keepAlive();
      }
      return this;
    }

    /**
     * Sets rows from dense weights, pruned by magnitude.
     *
     * @param row0 the first row to set
     * @param w the rows, of the matrix's columns
     * @return this
     * @throws IllegalArgumentException when a shape is wrong
     * @throws IndexOutOfBoundsException unless all these rows exist
     * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}; then the rows
     *     of the block count as not set
     * @throws IllegalStateException when built or closed
     */
    public Builder prune(long row0, DenseMatrix w) {
      return prune(row0, w, Execution.caller());
    }

    /**
     * Sets rows from dense weights, pruned by magnitude, on several threads. One pass over the
     * weights, at about half the speed of copying them; the matrix is the same bits whatever the
     * threads.
     *
     * @param row0 the first row to set
     * @param w the rows, of the matrix's columns
     * @param execution where to compute; blocks of rows are divided
     * @return this
     * @throws IllegalArgumentException when a shape is wrong
     * @throws IndexOutOfBoundsException unless all these rows exist
     * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}; then the rows
     *     of the block count as not set
     * @throws IllegalStateException when built or closed
     */
    public Builder prune(long row0, DenseMatrix w, Execution execution) {
      Objects.checkFromIndexSize(row0, w.rows(), rows);
      Shape.require("w", w, w.rows(), cols);
      long weights = w.address();
      int flags = Flags.of(nan);
      NativeMatrix matrix = handle();
      long address = matrix.acquire();
      try {
        RowBlocks.run(
            row0,
            w.rows(),
            cols,
            execution,
            (row, count) ->
                Bindings.nm_matrix_prune_rows_f32(
                    address,
                    row0 + row,
                    count,
                    weights + row * w.ld() * Float.BYTES,
                    w.ld(),
                    flags,
                    0));
      } finally {
        matrix.release();
        w.keepAlive();
      }
      return this;
    }

    /**
     * Sets rows from the portable form.
     *
     * @param row0 the first row to set
     * @param block the rows, of the matrix's columns and pattern
     * @return this
     * @throws IllegalArgumentException when a shape or the pattern is wrong
     * @throws IndexOutOfBoundsException unless all these rows exist
     * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}; then the rows
     *     of the block count as not set
     * @throws IllegalStateException when built or closed
     */
    public Builder put(long row0, CompressedMatrix block) {
      Objects.checkFromIndexSize(row0, block.rows(), rows);
      if (block.cols() != cols || !block.pattern().equals(pattern)) {
        throw new IllegalArgumentException(
            "block must have " + cols + " columns of " + pattern + ", got " + block);
      }
      NativeMatrix matrix = handle();
      long address = matrix.acquire();
      try {
        Status.check(
            Bindings.nm_matrix_set_compressed_f32(
                address,
                row0,
                block.rows(),
                block.valuesAddress(),
                block.mask().address(),
                Flags.of(nan)));
      } finally {
        matrix.release();
        block.keepAlive();
      }
      return this;
    }

    /**
     * Finishes the matrix. The builder is of no further use.
     *
     * @return the packed weights, which belong to the caller
     * @throws IllegalStateException when rows are missing, which leaves the builder open; when a
     *     call is in progress; when built or closed
     */
    public SparseMatrix build() {
      NativeMatrix matrix = handle();
      long address = matrix.acquireExclusively();
      try {
        Status.check(Bindings.nm_matrix_seal(address));
        long[] bytes = new long[1];
        Status.check(Bindings.nm_matrix_bytes(address, bytes));
        done = true;
        return new SparseMatrix(this, matrix, bytes[0]);
      } finally {
        matrix.releaseExclusively();
      }
    }

    /**
     * Frees the memory unless a matrix was built, which then owns it. Further calls do nothing.
     *
     * @throws IllegalStateException when a call is in progress on this builder, which stays open
     */
    @Override
    public synchronized void close() {
      if (!done) {
        if (handle != null) {
          handle.close();
        }
        done = true;
      }
    }

    /** The matrix, made when it is first needed. */
    private synchronized NativeMatrix handle() {
      if (done) {
        throw new IllegalStateException("the builder is built or closed");
      }
      if (handle == null) {
        Loader.load();
        handle =
            new NativeMatrix(
                rows, cols, pattern.n(), pattern.m(), dtype.code(), nativeWorkload(workload));
      }
      return handle;
    }

    private static int nativeWorkload(Workload workload) {
      return switch (workload) {
        case SMALL_BATCH -> Bindings.NM_SMALL_BATCH;
        case LARGE_BATCH -> Bindings.NM_LARGE_BATCH;
        case ANY_BATCH -> Bindings.NM_ANY_BATCH;
      };
    }
  }
}
