/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.lang.ref.Reference;
import java.util.Objects;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaWeights;
import org.nm4j.internal.NativeMatrix;

/** Weights compressed for the sparse tensor cores of a GPU. */
final class GpuWeights implements Weights {
  private final Device device;
  private final CudaWeights handle;
  private final DType dtype;
  private final GpuMultiplier multiplier;

  /** One factor per row, or null. */
  private final float[] rowScales;

  private GpuWeights(
      Device device, long rows, long cols, Pattern pattern, DType dtype, float[] rowScales) {
    this.device = device;
    this.dtype = dtype;
    this.rowScales = rowScales;
    this.handle =
        new CudaWeights(
            device.index(),
            rows,
            cols,
            Objects.requireNonNull(pattern, "pattern").n(),
            pattern.m(),
            dtype.code());
    this.multiplier = new GpuMultiplier(device, handle, rows, dtype, rowScales);
  }

  /** Of weights on the CPU. */
  static GpuWeights copyOf(SparseMatrix w, Device device, DType dtype) {
    DenseMatrix dense = w.decompress();
    float[] scales = dtype == DType.S8 ? w.scales() : null;
    if (scales != null) {
      dense = integers(dense, scales);
    }
    GpuWeights weights = new GpuWeights(device, w.rows(), w.cols(), w.pattern(), dtype, scales);
    weights.set(dense);
    return weights;
  }

  /** Of weights on the GPU. */
  static GpuWeights of(DenseMatrix w, Pattern pattern) {
    GpuWeights weights = new GpuWeights(w.device(), w.rows(), w.cols(), pattern, w.dtype(), null);
    weights.set(w);
    return weights;
  }

  private static DenseMatrix integers(DenseMatrix dense, float[] scales) {
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

  /** Blocks until the weights are no longer needed. */
  private void set(DenseMatrix w) {
    try (Call call = new Call()) {
      long weights = call.use(handle);
      long stream = call.use(device.shared().handle());
      if (w.device().isCpu()) {
        CudaStatus.check(
            CudaBindings.nm_cuda_weights_set_host(
                weights, stream, w.anyAddress(), w.dtype().code(), w.ld(), 0, 0));
      } else {
        w.hold(call);
        CudaStatus.check(
            CudaBindings.nm_cuda_weights_set(
                weights, stream, w.anyAddress(), w.ld(), 0, CudaBindings.NM_CUDA_ROW_MAJOR, 0));
        device.shared().keep(w);
        device.shared().synchronize();
      }
    } catch (RuntimeException e) {
      handle.close();
      throw e;
    } finally {
      Reference.reachabilityFence(w);
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
    throw unsupported("tune");
  }

  @Override
  public Multiplier multiplier() {
    throw unsupported("batches of different matrices");
  }

  @Override
  public float[] scales() {
    if (rowScales != null) {
      return rowScales.clone();
    }
    throw unsupported("scales");
  }

  @Override
  public void decompress(long row0, DenseMatrix out) {
    throw unsupported("decompress");
  }

  @Override
  public void compressed(CompressedMatrix out) {
    throw unsupported("compressed");
  }

  @Override
  public NativeMatrix transposed() {
    throw unsupported("transposed");
  }

  private Nm4jException unsupported(String what) {
    return new Nm4jException(
        ErrorCode.UNSUPPORTED,
        what + " needs the matrix of the CPU, got its compressed copy on " + device);
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
