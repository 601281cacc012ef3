/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaQueue;

/**
 * A convolution on a GPU: the matrix of columns of some pixels at a time, times the weights of each
 * group of channels.
 */
final class GpuConv2d implements Conv2dWeights {
  /** At a time, so that the next kernel finds them in the GPU's cache: 16 MiB of 16-bit types. */
  private static final long COLUMNS = 1 << 23;

  private final Conv2dGeometry geometry;
  private final DType dtype;
  private final List<GpuWeights> groups;

  private GpuConv2d(Conv2dGeometry geometry, DType dtype, List<GpuWeights> groups) {
    this.geometry = geometry;
    this.dtype = dtype;
    this.groups = groups;
  }

  /** Of weights on the GPU, in OHWI order, that a mask there keeps. */
  static GpuConv2d pack(
      Conv2dGeometry geometry, Pattern pattern, DType dtype, DenseMatrix weights, Mask mask) {
    DenseMatrix channels = weights.packed(geometry.outC(), geometry.rowElements());
    Mask kept = mask.packed(geometry.outC(), geometry.rowElements());
    return make(
        geometry,
        pattern,
        dtype,
        (first, count) ->
            GpuWeights.of(channels.rows(first, count), kept.rows(first, count), pattern, dtype));
  }

  /** A copy of weights on whatever device. */
  static GpuConv2d copyOf(SparseConv2d conv, Conv2dGeometry geometry, Device device, DType dtype) {
    Pattern pattern = conv.pattern();
    DenseMatrix dense = conv.decompress().packed(geometry.outC(), geometry.rowElements());
    DenseMatrix scales = DenseMatrix.copyOf(conv.scales(), 1, geometry.outC());
    boolean integers = conv.dtype() == DType.S8;
    return make(
        geometry,
        pattern,
        dtype,
        (first, count) -> {
          DenseMatrix some = dense.rows(first, count);
          DenseMatrix factors = scales.columns(first, count);
          Mask mask = Mask.nonZeros(some, pattern, NanPolicy.KEEP);
          try (SparseMatrix.Builder builder =
              SparseMatrix.builder(count, some.cols(), pattern).nan(NanPolicy.KEEP)) {
            builder.workload(Workload.SMALL_BATCH);
            if (integers) {
              DenseMatrix numbers = CpuWeights.integers(some, factors.toArray());
              builder.dtype(DType.S8).put(0, numbers, mask, factors);
            } else {
              builder.put(0, some, mask);
            }
            try (SparseMatrix here = builder.build()) {
              return (GpuWeights) here.to(device, dtype).weights();
            }
          }
        });
  }

  private static GpuConv2d make(
      Conv2dGeometry geometry, Pattern pattern, DType dtype, Maker maker) {
    if (geometry.weightCols() % pattern.m() != 0) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "a GPU needs whole groups of "
              + pattern
              + ", that is a multiple of "
              + pattern.m()
              + " input channels in each group of channels, got "
              + geometry.weightCols());
    }
    long outputs = geometry.outC() / geometry.groups();
    List<GpuWeights> groups = new ArrayList<>();
    try {
      for (long group = 0; group < geometry.groups(); group++) {
        groups.add(maker.make(group * outputs, outputs));
      }
      return new GpuConv2d(geometry, dtype, List.copyOf(groups));
    } catch (Throwable e) {
      groups.forEach(GpuWeights::close);
      throw e;
    }
  }

  @Override
  public Device device() {
    return groups.get(0).device();
  }

  @Override
  public void apply(Images x, Images y, Epilogue epilogue, Execution execution) {
    GpuMultiplier.requireType("x", x.matrix(), dtype);
    GpuMultiplier.requireApart(x.matrix(), y.matrix(), epilogue);
    Images c = epilogue.added() == null ? null : y.with(epilogue.added());
    long inputs = geometry.weightCols();
    long outputs = geometry.outC() / geometry.groups();
    try (CudaQueue queue = new CudaQueue(execution, device())) {
      queue.use(groups.get(0).handle()); // closed first: so nobody closes any of them now
      for (int group = 0; group < groups.size(); group++) {
        long first = group * outputs;
        new Products(
                queue,
                groups.get(group).multiplier(),
                x.channels(group * inputs, inputs),
                y.channels(first, outputs),
                c == null ? null : c.channels(first, outputs),
                epilogue.features(first, outputs),
                execution.isTuned())
            .run();
      }
      queue.finish();
    }
  }

  /** What one group of channels takes. */
  private final class Products {
    private final CudaQueue queue;
    private final GpuMultiplier weights;
    private final Images x;
    private final Images y;
    private final Images c; // or null
    private final Epilogue epilogue; // without C
    private final boolean tuned;
    private final long pixels; // of an output image
    private final boolean areColumns; // pixels that a kernel of one pixel sees

    Products(
        CudaQueue queue,
        GpuMultiplier weights,
        Images x,
        Images y,
        Images c,
        Epilogue epilogue,
        boolean tuned) {
      this.queue = queue;
      this.weights = weights;
      this.x = x;
      this.y = y;
      this.c = c;
      this.epilogue = epilogue;
      this.tuned = tuned;
      this.pixels = y.h() * y.w();
      this.areColumns = geometry.isPointwise() && x.layout() == ImageLayout.NHWC;
    }

    void run() {
      long most = areColumns ? Long.MAX_VALUE : Math.max(1, COLUMNS / geometry.rowElements());
      if (y.layout() == ImageLayout.NHWC) {
        pixels(most);
      } else {
        planes(most);
      }
    }

    /** Pixels of NHWC results, whatever images they are of. */
    private void pixels(long most) {
      long all = y.n() * pixels;
      long from = 0;
      do { // once without images too: operands are looked at
        long count = Math.min(most, all - from);
        DenseMatrix added = c == null ? null : c.matrix().rows(from, count);
        DenseMatrix result = y.matrix().rows(from, count);
        multiply(from, count, 1, Layout.BATCH_MAJOR, result, added);
        from += count;
      } while (from < all);
    }

    /** NCHW results: whole images at a time, or parts of one. */
    private void planes(long most) {
      boolean together = y.withoutGaps() && (c == null || c.withoutGaps());
      long images = together ? Math.max(1, most / pixels) : 1;
      long part = Math.min(pixels, most);
      long image = 0;
      do {
        long count = Math.min(images, y.n() - image);
        Images out = y.images(image, count);
        Images with = c == null ? null : c.images(image, count);
        for (long from = 0; from < pixels; from += part) {
          long some = Math.min(part, pixels - from);
          DenseMatrix added = with == null ? null : with.planes().columns(from, some);
          DenseMatrix result = out.planes().columns(from, some);
          multiply(image * pixels + from, some, count, Layout.FEATURE_MAJOR, result, added);
        }
        image += images;
      } while (image < y.n());
    }

    /** A product of count times batch output pixels. */
    private void multiply(
        long first, long batch, long count, Layout layout, DenseMatrix result, DenseMatrix added) {
      DenseMatrix columns = columns(first, batch * count);
      Epilogue with = epilogue.adding(added);
      weights
          .hold(queue, Layout.BATCH_MAJOR, layout, batch, count, columns, result, with)
          .run(queue, tuned);
    }

    private DenseMatrix columns(long first, long count) {
      if (areColumns) {
        return x.matrix().rows(first, count);
      }
      DenseMatrix columns = queue.scratch(x.dtype(), count, geometry.rowElements());
      Conv2dColumns.queue(queue, geometry, x, first, columns);
      DenseMatrix matrix = x.matrix();
      return matrix.scale() == 1 && matrix.zero() == 0
          ? columns
          : columns.quantized(matrix.scale(), matrix.zero());
    }
  }

  @Override
  public String kernel(DType images) {
    return "conv2d_columns_" + groups.get(0).kernel(Layout.BATCH_MAJOR, 1, images);
  }

  @Override
  public float[] scales() {
    int outputs = Math.toIntExact(geometry.outC() / geometry.groups());
    float[] scales = new float[Math.toIntExact(geometry.outC())];
    try (Call call = new Call()) {
      call.use(groups.get(0).handle()); // as decompress
      for (int group = 0; group < groups.size(); group++) {
        System.arraycopy(groups.get(group).scales(), 0, scales, group * outputs, outputs);
      }
    }
    return scales;
  }

  @Override
  public DenseMatrix decompress() {
    DenseMatrix out = DenseMatrix.allocate(geometry.weightRows(), geometry.weightCols());
    DenseMatrix channels = out.packed(geometry.outC(), geometry.rowElements());
    long outputs = geometry.outC() / geometry.groups();
    try (Call call = new Call()) {
      call.use(groups.get(0).handle()); // all groups of one moment, see close
      for (int group = 0; group < groups.size(); group++) {
        groups.get(group).decompress(0, channels.rows(group * outputs, outputs));
      }
    }
    return out;
  }

  @Override
  public long bytes() {
    return groups.stream().mapToLong(GpuWeights::bytes).sum();
  }

  @Override
  public boolean isClosed() {
    return groups.get(0).isClosed();
  }

  /** The first one is closed first, or not and none of them, as every call holds it. */
  @Override
  public void close() {
    groups.forEach(GpuWeights::close);
  }

  /** Makes the weights of some output channels. */
  private interface Maker {
    GpuWeights make(long first, long count);
  }
}
