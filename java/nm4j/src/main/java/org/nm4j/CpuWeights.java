/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
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
  public boolean isClosed() {
    return handle.isClosed();
  }

  @Override
  public void close() {
    handle.close();
    tuner.forget();
  }
}
