/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.NativeMatrix;
import org.nm4j.internal.ParallelRun;
import org.nm4j.internal.Status;

/** The products of a packed matrix of some rows. */
final class Multiplier {
  private final NativeMatrix handle;
  private final long rows;

  /** The tiles of the latest batch in each layout; a race only costs asking again. */
  private TileCount featureMajorTiles = TileCount.NONE;

  private TileCount batchMajorTiles = TileCount.NONE;

  Multiplier(NativeMatrix handle, long rows) {
    this.handle = handle;
    this.rows = rows;
  }

  /** Computes Y. The shapes of x and y are checked already. */
  void run(
      Layout layout,
      long batch,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      Execution execution) {
    Shape.requireWritable("y", y);
    epilogue.check(rows, y);
    int threads = execution.threads();
    long address = handle.acquire();
    try {
      long tiles = tiles(address, layout, batch);
      if (threads == 1 || tiles <= 1) {
        run(address, layout, batch, x, y, epilogue, 0, tiles);
      } else {
        ParallelRun.run(
            tiles,
            execution.executor(),
            threads,
            (begin, end) -> run(address, layout, batch, x, y, epilogue, begin, end));
      }
    } finally {
      handle.release();
      x.keepAlive();
      y.keepAlive();
      epilogue.keepAlive();
    }
  }

  /** Name of the native kernel. */
  String kernel(Layout layout, long batch) {
    Objects.requireNonNull(layout, "layout");
    long[] name = new long[1];
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_matrix_kernel(address, nativeLayout(layout), batch, name));
      return Bindings.string(name[0]);
    } finally {
      handle.release();
    }
  }

  private static void run(
      long address,
      Layout layout,
      long batch,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      long tileBegin,
      long tileEnd) {
    Status.check(
        Bindings.nm_multiply_f32(
            address,
            nativeLayout(layout),
            batch,
            x.address(),
            x.ld(),
            epilogue.alpha(),
            epilogue.addedAddress(),
            epilogue.addedLd(y),
            epilogue.beta(),
            epilogue.biasAddress(),
            nativeActivation(epilogue.activation()),
            y.address(),
            y.ld(),
            tileBegin,
            tileEnd));
  }

  private long tiles(long address, Layout layout, long batch) {
    boolean featureMajor = layout == Layout.FEATURE_MAJOR;
    TileCount known = featureMajor ? featureMajorTiles : batchMajorTiles;
    if (known.batch != batch) {
      long[] count = new long[1];
      Status.check(Bindings.nm_multiply_tiles(address, nativeLayout(layout), batch, count));
      known = new TileCount(batch, count[0]);
      if (featureMajor) {
        featureMajorTiles = known;
      } else {
        batchMajorTiles = known;
      }
    }
    return known.tiles;
  }

  private static int nativeLayout(Layout layout) {
    return switch (layout) {
      case FEATURE_MAJOR -> Bindings.NM_FEATURE_MAJOR;
      case BATCH_MAJOR -> Bindings.NM_BATCH_MAJOR;
    };
  }

  static int nativeActivation(Activation activation) {
    return switch (activation) {
      case IDENTITY -> Bindings.NM_IDENTITY;
      case RELU -> Bindings.NM_RELU;
      case GELU -> Bindings.NM_GELU;
    };
  }

  private record TileCount(long batch, long tiles) {
    static final TileCount NONE = new TileCount(-1, 0);
  }
}
