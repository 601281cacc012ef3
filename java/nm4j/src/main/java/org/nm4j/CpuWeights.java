/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
import org.nm4j.internal.Call;
import org.nm4j.internal.NativeHandle;
import org.nm4j.internal.NativeMatrix;
import org.nm4j.internal.Status;

/** Weights packed for the CPU. */
final class CpuWeights implements Weights {
  private final SparseMatrix matrix;
  private final NativeMatrix handle;
  private final long rows;
  private final Multiplier multiplier;
  private final Tuner tuner;

  /** False after a refresh that failed; looked at by exclusive calls only. */
  private boolean sealed = true;

  CpuWeights(SparseMatrix matrix, NativeMatrix handle) {
    this.matrix = matrix;
    this.handle = handle;
    this.rows = matrix.rows();
    this.multiplier = new Multiplier(handle, rows, matrix.nonZeros());
    this.tuner = new Tuner(matrix, handle, multiplier);
  }

  /** A copy of weights on whatever device. */
  static SparseMatrix copyOf(SparseMatrix w, DType dtype) {
    try (Call call = new Call();
        SparseMatrix.Builder builder = SparseMatrix.builder(w.rows(), w.cols(), w.pattern())) {
      builder.workload(w.workload()).dtype(dtype).nan(NanPolicy.KEEP);
      call.use(w.weights().handle()); // numbers, scales and mask of one moment
      CompressedMatrix compressed = w.compressed();
      if (dtype != DType.S8) {
        return builder.put(0, compressed).build();
      }
      float[] scales = w.scales();
      DenseMatrix integers = integers(compressed.decompress(), scales);
      DenseMatrix factors = DenseMatrix.copyOf(scales, 1, scales.length);
      return builder.put(0, integers, compressed.mask(), factors).build();
    }
  }

  /** The integers of weights that are integers times scales. */
  static DenseMatrix integers(DenseMatrix dense, float[] scales) {
    DenseMatrix integers = DenseMatrix.allocate(DType.S8, dense.rows(), dense.cols());
    for (int row = 0; row < dense.rows(); row++) {
      float[] values = dense.rows(row, 1).toArray();
      for (int i = 0; i < values.length; i++) {
        values[i] = values[i] == 0 ? 0 : values[i] / scales[row]; // rounded below
      }
      integers.rows(row, 1).copyFrom(values);
    }
    return integers;
  }

  @Override
  public Device device() {
    return Device.cpu();
  }

  @Override
  public Route route(Execution execution) {
    execution.requireDevice(Device.cpu());
    return execution.isTuned() ? tuner : multiplier;
  }

  @Override
  public String kernel(Layout layout, long batch, DType activations) {
    return multiplier.kernel(layout, batch, activations);
  }

  @Override
  public Tuning tune(Layout layout, long batch, DType activations, Execution execution) {
    execution.requireDevice(Device.cpu());
    return tuner.tune(layout, batch, activations, execution);
  }

  @Override
  public void check(Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    multiplier.check(layout, batch, x, y, epilogue);
  }

  Multiplier multiplier() {
    return multiplier;
  }

  @Override
  public float[] scales() {
    DenseMatrix out = DenseMatrix.allocate(1, rows);
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_matrix_get_scales(address, 0, rows, out.address()));
      return out.toArray();
    } finally {
      handle.release();
      out.keepAlive();
    }
  }

  @Override
  public void decompress(long row0, DenseMatrix out) {
    long address = handle.acquire();
    try {
      Status.check(
          Bindings.nm_matrix_get_rows_f32(address, row0, out.rows(), out.address(), out.ld()));
    } finally {
      handle.release();
      out.keepAlive();
    }
  }

  @Override
  public void refresh(DenseMatrix w, Mask mask, Execution execution) {
    execution.requireDevice(Device.cpu());
    Mask kept = mask != null ? mask : Mask.nonZeros(w, matrix.pattern());
    long weights = w.address();
    long bits = kept.address();
    long stride = kept.matrix().cols();
    long address = handle.acquireExclusively();
    try {
      tuner.forget();
      if (sealed) {
        handle.reopen(address);
        sealed = false;
      }
      RowBlocks.run(
          0,
          rows,
          w.cols(),
          execution,
          (row, count) ->
              Bindings.nm_matrix_set_rows_f32(
                  address,
                  row,
                  count,
                  weights + row * w.ld() * Float.BYTES,
                  w.ld(),
                  bits + row * stride,
                  0));
      handle.seal(address);
      sealed = true;
    } finally {
      handle.releaseExclusively();
      w.keepAlive();
      kept.keepAlive();
    }
  }

  @Override
  public CompressedMatrix compressed() {
    CompressedMatrix out = CompressedMatrix.blank(rows, matrix.cols(), matrix.pattern());
    long address = handle.acquire();
    try {
      Status.check(
          Bindings.nm_matrix_get_compressed_f32(
              address, 0, rows, out.valuesAddress(), out.mask().address()));
      return out;
    } finally {
      handle.release();
      out.keepAlive();
    }
  }

  @Override
  public SparseMatrix transposed() {
    return new SparseMatrix(matrix, handle.transposed());
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
    tuner.forget();
  }
}
