/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
import org.nm4j.internal.OpenBlas;
import org.nm4j.internal.ParallelRun;
import org.nm4j.internal.Status;

/**
 * Products of fp32 by OpenBLAS, on a dense copy of the weights. They mean the same as sparse ones:
 * 0 times infinity is NaN, so a product of activations that are not finite is computed again by the
 * sparse kernels.
 */
final class DenseRoute implements Route {
  static final String KERNEL = "dense_openblas";

  /** Ranges of rows begin at multiples of it: whole vectors and cache lines. */
  private static final long ROW_STEP = 16;

  private final Multiplier sparse;
  private final DenseMatrix w;

  DenseRoute(Multiplier sparse, DenseMatrix w) {
    this.sparse = sparse;
    this.w = w;
  }

  @Override
  public String kernel(Layout layout, long batch, DType activations) {
    return KERNEL;
  }

  @Override
  public void run(
      Layout layout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      Execution execution) {
    if (!serves(batch, count, x, y, epilogue)) {
      sparse.run(layout, batch, count, x, y, epilogue, execution);
      return;
    }
    sparse.check(layout, batch, x, y, epilogue);
    int threads = sparse.threads(batch, execution);
    long rows = (w.rows() / threads / ROW_STEP + 1) * ROW_STEP;
    long parts = (w.rows() + rows - 1) / rows;
    boolean[] finite = new boolean[1];
    ParallelRun.Tiles tiles =
        (begin, end) -> {
          long last = Math.min(end * rows, w.rows());
          if (multiply(layout, batch, x, y, epilogue, begin * rows, last) && begin == 0) {
            finite[0] = true;
          }
        };
    try {
      if (threads == 1) {
        tiles.run(0, parts);
      } else {
        ParallelRun.run(parts, execution.executor(), threads, tiles);
      }
    } finally {
      x.keepAlive();
      y.keepAlive();
      epilogue.keepAlive();
      w.keepAlive();
    }
    if (!finite[0]) {
      sparse.run(layout, batch, count, x, y, epilogue, execution);
    }
  }

  /** Where Y is also C, it could not be computed again. */
  private static boolean serves(
      long batch, long count, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    return count == 1
        && batch > 0
        && Math.max(batch, Math.max(x.ld(), y.ld())) <= Integer.MAX_VALUE
        && x.dtype() == DType.F32
        && y.dtype() == DType.F32
        && !epilogue.scales()
        && !epilogue.adds(y);
  }

  /** Computes some output features; tells whether the products of the first one are finite. */
  private boolean multiply(
      Layout layout,
      long batch,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      long begin,
      long end) {
    boolean batchMajor = layout == Layout.BATCH_MAJOR;
    long feature = Float.BYTES * begin;
    long out = y.address() + (batchMajor ? feature : feature * y.ld());
    OpenBlas.multiply(
        batchMajor,
        (int) (end - begin),
        (int) batch,
        (int) w.cols(),
        w.address() + feature * w.ld(),
        x.address(),
        (int) x.ld(),
        out,
        (int) y.ld());
    boolean finite = begin > 0 || firstFeatureFinite(batchMajor, batch, y);
    if (epilogue != Epilogue.NONE) {
      long addedLd = epilogue.addedLd(y);
      long added = epilogue.addedAddress();
      long bias = epilogue.biasAddress();
      Status.check(
          Bindings.nm_finish_f32(
              Multiplier.nativeLayout(layout),
              end - begin,
              batch,
              epilogue.alpha(),
              added == 0 ? 0 : added + (batchMajor ? feature : feature * addedLd),
              addedLd,
              epilogue.beta(),
              bias == 0 ? 0 : bias + feature,
              Multiplier.nativeActivation(epilogue.activation()),
              out,
              y.ld()));
    }
    return finite;
  }

  /**
   * An activation that is not finite makes all products of its batch item infinite or NaN, since
   * dense multiplies it by every weight; so one feature tells about all activations.
   */
  private static boolean firstFeatureFinite(boolean batchMajor, long batch, DenseMatrix y) {
    for (long i = 0; i < batch; i++) {
      if (!Float.isFinite(batchMajor ? y.get(i, 0) : y.get(0, i))) {
        return false;
      }
    }
    return true;
  }
}
