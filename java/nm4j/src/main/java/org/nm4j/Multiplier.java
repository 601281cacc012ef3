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
final class Multiplier implements Route {
  /** What a thread must have to do for its start to pay: 2 to 3 us of a small batch. */
  private static final double MULTIPLICATIONS_PER_THREAD = 128 * 1024;

  private final NativeMatrix handle;
  private final long rows;
  private final long nonZeros;

  /** The tiles of the latest batch in each layout; a race only costs asking again. */
  private TileCount featureMajorTiles = TileCount.NONE;

  private TileCount batchMajorTiles = TileCount.NONE;

  Multiplier(NativeMatrix handle, long rows, long nonZeros) {
    this.handle = handle;
    this.rows = rows;
    this.nonZeros = nonZeros;
  }

  /** The same for another handle on the same weights. */
  Multiplier on(NativeMatrix packing) {
    return new Multiplier(packing, rows, nonZeros);
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
    requireUsable(y, epilogue);
    int threads = threads(count * batch, execution);
    long address = handle.acquire();
    try {
      long tiles = count * tiles(address, layout, batch, x.dtype(), y.dtype());
      if (threads == 1 || tiles <= 1) {
        run(address, layout, batch, count, x, y, epilogue, 0, tiles);
      } else {
        ParallelRun.run(
            tiles,
            execution.executor(),
            threads,
            (begin, end) -> run(address, layout, batch, count, x, y, epilogue, begin, end));
      }
    } finally {
      handle.release();
      x.keepAlive();
      y.keepAlive();
      epilogue.keepAlive();
    }
  }

  /** Refuses what {@link #run} refuses, and computes nothing. */
  void check(Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    requireUsable(y, epilogue);
    long address = handle.acquire();
    try {
      run(address, layout, batch, 1, x, y, epilogue, 0, 0);
    } finally {
      handle.release();
    }
  }

  /** How many threads pay for a product. */
  int threads(long batch, Execution execution) {
    return (int) Math.max(1, Math.min(execution.threads(), usefulThreads(batch)));
  }

  double usefulThreads(long batch) {
    return (double) nonZeros * batch / MULTIPLICATIONS_PER_THREAD;
  }

  /**
   * Begins a product whose tiles somebody else shares out; {@link Running#end} is owed.
   *
   * @throws IllegalStateException when closed
   */
  Running begin(Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    long address = handle.acquire();
    try {
      return new Running(
          address,
          layout,
          batch,
          x,
          y,
          epilogue,
          tiles(address, layout, batch, x.dtype(), y.dtype()));
    } catch (RuntimeException e) {
      handle.release();
      throw e;
    }
  }

  /** A product that has begun. */
  final class Running {
    private final long address;
    private final Layout layout;
    private final long batch;
    private final DenseMatrix x;
    private final DenseMatrix y;
    private final Epilogue epilogue;
    private final long tiles;

    private Running(
        long address,
        Layout layout,
        long batch,
        DenseMatrix x,
        DenseMatrix y,
        Epilogue epilogue,
        long tiles) {
      this.address = address;
      this.layout = layout;
      this.batch = batch;
      this.x = x;
      this.y = y;
      this.epilogue = epilogue;
      this.tiles = tiles;
    }

    long tiles() {
      return tiles;
    }

    void run(long begin, long end) {
      Multiplier.run(address, layout, batch, 1, x, y, epilogue, begin, end);
    }

    void end() {
      handle.release();
      x.keepAlive();
      y.keepAlive();
      epilogue.keepAlive();
    }
  }

  @Override
  public String kernel(Layout layout, long batch, DType activations) {
    Objects.requireNonNull(layout, "layout");
    long[] name = new long[1];
    long address = handle.acquire();
    try {
      Status.check(
          Bindings.nm4j_product_kernel(
              address, nativeLayout(layout), batch, activations.code(), Bindings.NM_F32, name));
      return Bindings.string(name[0]);
    } finally {
      handle.release();
    }
  }

  private static void run(
      long address,
      Layout layout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      long tileBegin,
      long tileEnd) {
    Status.check(
        Bindings.nm4j_multiply(
            address,
            nativeLayout(layout),
            batch,
            count,
            x.typedAddress(),
            x.dtype().code(),
            x.ld(),
            stride(x, count),
            x.scale(),
            x.zero(),
            epilogue.alpha(),
            epilogue.scaleAddress(),
            epilogue.addedAddress(),
            epilogue.addedLd(y),
            epilogue.addedStride(count),
            epilogue.beta(),
            epilogue.biasAddress(),
            nativeActivation(epilogue.activation()),
            y.typedAddress(),
            y.dtype().code(),
            y.ld(),
            stride(y, count),
            y.scale(),
            y.zero(),
            tileBegin,
            tileEnd));
  }

  /** Elements from one of {@code count} matrices that lie one below the other to the next. */
  static long stride(DenseMatrix matrix, long count) {
    return count <= 1 ? 0 : matrix.rows() / count * matrix.ld();
  }

  private void requireUsable(DenseMatrix y, Epilogue epilogue) {
    Shape.requireWritable("y", y);
    epilogue.check(rows, y);
    nativeActivation(epilogue.activation());
  }

  private long tiles(long address, Layout layout, long batch, DType x, DType y) {
    boolean featureMajor = layout == Layout.FEATURE_MAJOR;
    TileCount known = featureMajor ? featureMajorTiles : batchMajorTiles;
    if (known.batch != batch || known.x != x || known.y != y) {
      long[] count = new long[1];
      Status.check(
          Bindings.nm4j_product_tiles(
              address, nativeLayout(layout), batch, 1, x.code(), y.code(), count));
      known = new TileCount(batch, x, y, count[0]);
      if (featureMajor) {
        featureMajorTiles = known;
      } else {
        batchMajorTiles = known;
      }
    }
    return known.tiles;
  }

  static int nativeLayout(Layout layout) {
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
      case GELU_TANH ->
          throw new Nm4jException(
              ErrorCode.UNSUPPORTED, "the CPU computes GELU exactly, not GELU_TANH");
    };
  }

  private record TileCount(long batch, DType x, DType y, long tiles) {
    static final TileCount NONE = new TileCount(-1, null, null, 0);
  }
}
