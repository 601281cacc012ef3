/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Arrays;
import java.util.Objects;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaPacked;
import org.nm4j.internal.CudaPanels;
import org.nm4j.internal.CudaProduct;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaWeights;
import org.nm4j.internal.NativeHandle;

/** Weights on a GPU: for its sparse tensor cores, or panels for its ordinary cores. */
final class GpuWeights implements Weights {
  private final Device device;
  private final long rows;
  private final long cols;
  private final Pattern pattern;
  private final DType dtype;
  private final CudaPacked handle;
  private final GpuMultiplier multiplier;

  /** Where NaN are looked for; nobody reads it. */
  private Mask scratch; // or null

  private GpuWeights(Device device, long rows, long cols, Pattern pattern, DType dtype) {
    this.device = device;
    this.rows = rows;
    this.cols = cols;
    this.pattern = Objects.requireNonNull(pattern, "pattern");
    this.dtype = Objects.requireNonNull(dtype, "dtype");
    this.handle = empty(device, rows, cols, pattern, dtype);
    this.multiplier = new GpuMultiplier(device, handle, rows, dtype);
  }

  /** Without contents. */
  static GpuWeights room(Device device, long rows, long cols, Pattern pattern, DType dtype) {
    return new GpuWeights(device, rows, cols, pattern, dtype);
  }

  /** Packs weights of this type that a mask made, 0 where it keeps nothing; nothing is checked. */
  void packMasked(DenseMatrix masked, Mask mask, Execution execution) {
    pack(new Ready(masked, mask, null), execution);
  }

  /** Room for weights, in the form that their pattern and type call for. */
  private static CudaPacked empty(Device device, long rows, long cols, Pattern p, DType dtype) {
    boolean onPanels = dtype.hasPanels() && !fitsTensorCores(p, dtype);
    return onPanels
        ? new CudaPanels(device.index(), rows, cols, p.n(), p.m(), dtype.code())
        : new CudaWeights(device.index(), rows, cols, p.n(), p.m(), dtype.code());
  }

  /** These keep 2 of 4, of fp32 1 of 2. */
  private static boolean fitsTensorCores(Pattern p, DType dtype) {
    int kept = dtype == DType.F32 ? 1 : 2;
    return p.n() <= kept && p.m() % (2 * kept) == 0;
  }

  /** A copy of weights on whatever device. */
  static GpuWeights copyOf(SparseMatrix w, Device device, DType dtype) {
    GpuWeights copy = new GpuWeights(device, w.rows(), w.cols(), w.pattern(), dtype);
    try (Call call = new Call()) {
      call.use(w.weights().handle()); // numbers, scales and mask of one moment
      DenseMatrix dense = w.decompress();
      if (w.isTransposed()) {
        GpuMasks.requireObeys("weights", Compliance.of(dense, w.pattern()));
      }
      float[] scales = dtype == DType.S8 ? w.scales() : null;
      DenseMatrix here = scales != null ? CpuWeights.integers(dense, scales) : dense;
      if (dtype.isFloat8()) {
        here = DenseMatrix.allocate(dtype, dense.rows(), dense.cols());
        for (long row = 0; row < dense.rows(); row++) {
          here.rows(row, 1).copyFrom(dense.rows(row, 1).toArray());
        }
      }
      copy.pack(copy.copied(here.to(device), w, scales), Execution.caller());
      return copy;
    } catch (Throwable e) {
      copy.close();
      throw e;
    }
  }

  /** The rounded weights, and, where they are needed, the kept positions of the source. */
  private Ready copied(DenseMatrix there, SparseMatrix source, float[] scales) {
    boolean exactMask = handle.needsMask() && !source.isTransposed();
    Mask mask = exactMask ? source.compressed().mask().to(device) : null;
    DenseMatrix typed = there.dtype() == dtype ? there : cast(there, mask, Execution.caller());
    return new Ready(typed, mask, scales);
  }

  /** Of weights on the GPU that a mask keeps; null: that obey the pattern. */
  static GpuWeights of(DenseMatrix w, Mask mask, Pattern pattern, DType dtype) {
    GpuWeights weights = new GpuWeights(w.device(), w.rows(), w.cols(), pattern, dtype);
    return weights.filled(w, mask, Execution.caller());
  }

  /** Of weights on the GPU, pruned by magnitude. */
  static GpuWeights prune(DenseMatrix w, Pattern pattern, DType dtype, Execution execution) {
    requireMaskable(w);
    if (!isMaskable(dtype)) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "a GPU prunes weights of F32, BF16, F16 or S8, got " + dtype + "; see SparseMatrix.to");
    }
    GpuWeights weights = new GpuWeights(w.device(), w.rows(), w.cols(), pattern, dtype);
    try {
      Mask mask = GpuMasks.magnitude(w, pattern, NanPolicy.REJECT, execution);
      weights.pack(weights.typed(w, mask, execution), execution);
      return weights;
    } catch (Throwable e) {
      weights.close();
      throw e;
    }
  }

  private GpuWeights filled(DenseMatrix w, Mask mask, Execution execution) {
    try {
      refresh(w, mask, execution);
      return this;
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /**
   * Weights of this type, zeros where nothing is kept; their mask or null; their scales or null.
   */
  private record Ready(DenseMatrix typed, Mask mask, float[] scales) {}

  @Override
  public void refresh(DenseMatrix w, Mask mask, Execution execution) {
    requireTaken(w, mask);
    if (dtype.isFloat8()) {
      packChecked(w, execution);
    } else if (mask == null) {
      Mask kept = GpuMasks.nonZeros(w, pattern, NanPolicy.REJECT, execution);
      pack(w.dtype() == dtype ? new Ready(w, kept, null) : typed(w, kept, execution), execution);
    } else {
      GpuMasks.requireObeys("mask", GpuMasks.check(mask, pattern, execution));
      Ready ready = typed(w, mask, execution);
      if (dtype != DType.S8) {
        requireNoNan(ready.typed, execution);
      }
      pack(ready, execution);
    }
  }

  private void requireTaken(DenseMatrix w, Mask mask) {
    if (dtype.isFloat8() && (w.dtype() != dtype || mask != null)) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "w must be of %s and obey %s, without a mask, to become weights of 8-bit floats, got %s%s"
              .formatted(dtype, pattern, w, mask == null ? "" : " and " + mask));
    }
    if (!dtype.isFloat8()) {
      requireMaskable(w);
    }
  }

  /** What kernels make masks of, and round. */
  private static void requireMaskable(DenseMatrix w) {
    if (!isMaskable(w.dtype())) {
      throw new Nm4jException(ErrorCode.UNSUPPORTED, "w must be of F32, BF16, F16 or S8, got " + w);
    }
    requirePlain(w);
  }

  private static boolean isMaskable(DType dtype) {
    return dtype.hasPanels() || dtype == DType.S8;
  }

  /** Scales are per row here, and zeros are 0: integers that stand for others have no place. */
  private static void requirePlain(DenseMatrix w) {
    if (w.scale() != 1 || w.zero() != 0) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "w must be integers of scale 1 and zero 0 to become weights on a GPU, got "
              + w.scale()
              + " and "
              + w.zero());
    }
  }

  /** Looks for NaN in weights of this shape; one call at a time, and each waits for its work. */
  synchronized void requireNoNan(DenseMatrix w, Execution execution) {
    if (scratch == null) {
      scratch = Mask.blank(device, rows, cols);
    }
    GpuMasks.requireNoNan(w, pattern, scratch, execution);
  }

  /** What the mask keeps of weights on the GPU, as this type. */
  private Ready typed(DenseMatrix w, Mask mask, Execution execution) {
    if (dtype != DType.S8 || w.dtype() == DType.S8) {
      return new Ready(cast(w, mask, execution), mask, null);
    }
    DenseMatrix integers = DenseMatrix.allocate(device, DType.S8, rows, cols);
    DenseMatrix scales = DenseMatrix.allocate(device, DType.F32, 1, rows);
    try (CudaQueue queue = new CudaQueue(execution, device)) {
      CudaStatus.check(
          CudaBindings.nm_cuda_quantize_rows(
              queue.stream(),
              w.dtype().code(),
              queue.use("w", w),
              rows,
              cols,
              w.ld(),
              queue.use("mask", mask.matrix(execution)),
              queue.use("integers", integers),
              cols,
              queue.use("scales", scales),
              queue.findings()));
      queue.requireNone("w", "not finite", cols);
    }
    return new Ready(integers, mask, scales.toArray());
  }

  private DenseMatrix cast(DenseMatrix w, Mask mask, Execution execution) {
    DenseMatrix typed = DenseMatrix.allocate(device, dtype, rows, cols);
    GpuMasks.apply(w, mask == null ? null : mask.matrix(execution), typed, execution);
    return typed;
  }

  /** Products that were queued before, on any stream, have the weights as they were. */
  private void pack(Ready ready, Execution execution) {
    Mask mask = ready.mask;
    if (handle.needsMask()) {
      mask =
          mask != null ? mask : GpuMasks.magnitude(ready.typed, pattern, NanPolicy.KEEP, execution);
    }
    DenseMatrix bits = mask == null ? null : mask.matrix(execution);
    long weights = handle.acquireExclusively();
    try (CudaQueue queue = new CudaQueue(execution, device)) {
      CudaStatus.check(
          handle.pack(
              weights,
              queue.stream(),
              queue.use("w", ready.typed),
              ready.typed.ld(),
              queue.use("mask", bits)));
      multiplier.rowScales(ready.scales);
      queue.finish();
    } finally {
      handle.releaseExclusively();
    }
  }

  /** For types of which only cuSPARSELt makes masks. */
  private void packChecked(DenseMatrix w, Execution execution) {
    long weights = handle.acquireExclusively();
    try (CudaQueue queue = new CudaQueue(execution, device)) {
      CudaStatus.check(
          ((CudaWeights) handle).packChecked(weights, queue.stream(), queue.use("w", w), w.ld()));
      queue.finish();
    } finally {
      handle.releaseExclusively();
    }
  }

  long bytes() {
    return handle.bytes();
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public Route route(Execution execution) {
    return multiplier;
  }

  @Override
  public String kernel(Layout layout, long batch, DType activations) {
    return multiplier.kernel(layout, batch, activations);
  }

  @Override
  public Tuning tune(Layout layout, long batch, DType activations, Execution execution) {
    String kernel = multiplier.kernel(layout, batch, activations);
    if (!(handle instanceof CudaWeights tunable)) {
      Tuning.Candidate only = new Tuning.Candidate(kernel, Double.NaN, "there is no other");
      return new Tuning(layout, batch, 1, activations, kernel, java.util.List.of(only));
    }
    boolean batchMajor = layout == Layout.BATCH_MAJOR;
    DenseMatrix x = shaped(batchMajor, batch, cols);
    DenseMatrix y = shaped(batchMajor, batch, rows);
    try (CudaQueue queue = new CudaQueue(execution, device)) {
      CudaProduct product = multiplier.product(queue, layout, batch, x, y);
      return GpuTuner.tune(tunable, kernel, layout, activations, queue, product);
    }
  }

  private DenseMatrix shaped(boolean batchMajor, long batch, long features) {
    return DenseMatrix.allocate(
        device, dtype, batchMajor ? batch : features, batchMajor ? features : batch);
  }

  @Override
  public void check(Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    multiplier.check(layout, batch, x, y, epilogue);
  }

  GpuMultiplier multiplier() {
    return multiplier;
  }

  @Override
  public float[] scales() {
    try (Call call = new Call()) {
      call.use(handle);
      float[] scales = multiplier.rowScales();
      if (scales != null) {
        return scales.clone();
      }
    }
    float[] ones = new float[Math.toIntExact(rows)];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Override
  public void decompress(long row0, DenseMatrix out) {
    try (Call call = new Call()) {
      call.use(handle); // numbers and scales of one moment
      DenseMatrix some = dense(Layout.FEATURE_MAJOR).rows(row0, out.rows());
      new GpuReader(some, multiplier.rowScales(), row0).read(out);
    }
  }

  @Override
  public CompressedMatrix compressed() {
    DenseMatrix dense = DenseMatrix.allocate(rows, cols);
    decompress(0, dense);
    return CompressedMatrix.compress(dense, Mask.nonZeros(dense, pattern), pattern);
  }

  @Override
  public SparseMatrix transposed() {
    if (dtype.bytes() == 1) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED, "8-bit weights on a GPU have no transpose, got " + dtype);
    }
    DenseMatrix turned = dense(Layout.BATCH_MAJOR);
    GpuReader.requireFinite(turned);
    GpuWeights weights = new GpuWeights(device, cols, rows, pattern, dtype);
    weights.filled(turned, null, Execution.caller());
    return new SparseMatrix(cols, rows, dtype, pattern, true, weights);
  }

  /**
   * W, or with BATCH_MAJOR W^T, in its own type: the product with the identity, some columns of it
   * at a time. The packed form itself is NVIDIA's secret. Exact where W is finite.
   */
  private DenseMatrix dense(Layout layout) {
    boolean turned = layout == Layout.BATCH_MAJOR;
    GpuMultiplier plain = new GpuMultiplier(device, handle, rows, dtype);
    DenseMatrix out =
        DenseMatrix.allocate(device, dtype, turned ? cols : rows, turned ? rows : cols);
    GpuIdentity identity = new GpuIdentity(device, dtype, cols);
    try (Call call = new Call()) {
      call.use(handle); // all columns of one moment
      for (long first = 0; first < cols; first += GpuIdentity.ROWS) {
        DenseMatrix x = identity.rows(first);
        DenseMatrix y = turned ? out.rows(first, x.rows()) : out.columns(first, x.rows());
        plain.run(Layout.BATCH_MAJOR, layout, x.rows(), 1, x, y, Epilogue.NONE, Execution.caller());
      }
    }
    return out;
  }

  @Override
  public NativeHandle handle() {
    return handle;
  }

  @Override
  public boolean isClosed() {
    return handle.isClosed();
  }

  @Override
  public void close() {
    handle.close();
  }
}
