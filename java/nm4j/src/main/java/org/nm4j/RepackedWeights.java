/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.NativeMatrix;
import org.nm4j.internal.TrainedWeights;

/** W for the forward, or not, and W<sup>T</sup> for the backward pass, in memory that stays. */
final class RepackedWeights extends TrainedWeights {
  /** What is set at once: a block of columns of W^T and whole strips of W, while in the cache. */
  private static final long BLOCK = 128;

  private final long rows;
  private final long cols;
  private final NativeMatrix w; // or null
  private final NativeMatrix transposed;
  private final Multiplier forward; // or null
  private final Multiplier backward;
  private boolean sealed;

  RepackedWeights(long rows, long cols, Pattern pattern, boolean withForward) {
    Loader.load();
    this.rows = rows;
    this.cols = cols;
    int n = pattern.n();
    int m = pattern.m();
    long kept = rows * pattern.keptPerRow(cols);
    w =
        withForward
            ? new NativeMatrix(rows, cols, n, m, DType.F32.code(), Bindings.NM_LARGE_BATCH)
            : null;
    forward = withForward ? new Multiplier(w, rows, kept) : null;
    transposed = transposed(rows, cols, n, m);
    backward = new Multiplier(transposed, cols, kept);
  }

  private NativeMatrix transposed(long rows, long cols, int n, int m) {
    try {
      return NativeMatrix.emptyTransposed(rows, cols, n, m);
    } catch (Throwable e) {
      if (w != null) {
        w.close();
      }
      throw e;
    }
  }

  @Override
  public void pack(DenseMatrix weights, DenseMatrix mask, Execution execution) {
    try {
      pack(weights.address(), mask.typedAddress(), execution);
    } finally {
      weights.keepAlive();
      mask.keepAlive();
    }
  }

  private void pack(long weights, long mask, Execution execution) {
    long to = w == null ? 0 : w.acquireExclusively();
    long toTransposed = transposed.acquireExclusively();
    try {
      if (sealed) {
        if (w != null) {
          w.reopen(to);
        }
        transposed.reopen(toTransposed);
        sealed = false;
      }
      long maskBytes = (cols + 7) / 8;
      RowBlocks.runBlocks(
          rows,
          cols,
          BLOCK,
          execution,
          (row, count) -> {
            for (long first = row; first < row + count; first += BLOCK) {
              long some = Math.min(BLOCK, row + count - first);
              long from = weights + first * cols * Float.BYTES;
              long bits = mask + first * maskBytes;
              int status =
                  w == null
                      ? 0
                      : Bindings.nm_matrix_set_rows_f32(to, first, some, from, cols, bits, 0);
              if (status == 0) {
                status =
                    Bindings.nm_matrix_set_columns_f32(
                        toTransposed, first, some, from, cols, bits, 0);
              }
              if (status != 0) {
                return status;
              }
            }
            return 0;
          });
      if (w != null) {
        w.seal(to);
      }
      transposed.seal(toTransposed);
      sealed = true;
    } finally {
      if (w != null) {
        w.releaseExclusively();
      }
      transposed.releaseExclusively();
    }
  }

  @Override
  public void forward(DenseMatrix x, DenseMatrix y, Epilogue epilogue, Execution execution) {
    execution.requireDevice(Device.cpu());
    Shape.require("x", x, x.rows(), cols);
    Shape.require("y", y, x.rows(), rows);
    forward.run(Layout.BATCH_MAJOR, x.rows(), 1, x, y, epilogue, execution);
  }

  @Override
  public void backward(DenseMatrix dy, DenseMatrix dx, Gemm gemm, Execution execution) {
    execution.requireDevice(Device.cpu());
    Shape.require("dy", dy, dy.rows(), rows);
    Shape.require("dx", dx, dy.rows(), cols);
    backward.run(Layout.BATCH_MAJOR, dy.rows(), 1, dy, dx, Epilogue.NONE, execution);
  }

  @Override
  public void close() {
    if (w != null) {
      w.close();
    }
    transposed.close();
  }
}
