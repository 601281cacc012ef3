/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.internal.CudaQueue;

/**
 * A convolution on a GPU: the matrix of columns of some images at a time, times the weights of each
 * group of channels.
 */
final class GpuConv2d implements Conv2dWeights {
  /** So many that the next kernel finds them in the GPU's cache: 16 MiB of 16-bit types. */
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
    long some = Math.max(1, COLUMNS / (y.h() * y.w() * geometry.rowElements()));
    try (CudaQueue queue = new CudaQueue(execution, device())) {
      queue.use(groups.get(0).handle()); // closed first: so nobody closes any of them now
      long from = 0;
      do { // once without images too: operands are looked at
        long count = Math.min(some, x.n() - from);
        for (int group = 0; group < groups.size(); group++) {
          long first = group * outputs;
          Images in = x.images(from, count).channels(group * inputs, inputs);
          Images out = y.images(from, count).channels(first, outputs);
          Images added = c == null ? null : c.images(from, count).channels(first, outputs);
          multiply(
              queue,
              groups.get(group).multiplier(),
              columns(queue, in, out),
              out,
              added,
              epilogue.features(first, outputs),
              execution.isTuned());
        }
        from += some;
      } while (from < x.n());
      queue.finish();
    }
  }

  /** Pixels of a kernel of one pixel are columns already. */
  private DenseMatrix columns(CudaQueue queue, Images in, Images out) {
    if (geometry.isPointwise() && in.layout() == ImageLayout.NHWC) {
      return in.matrix();
    }
    DenseMatrix columns =
        queue.scratch(in.dtype(), in.n() * out.h() * out.w(), geometry.rowElements());
    Conv2dColumns.queue(queue, geometry.ofOneGroup(), in, columns);
    return in.matrix().scale() == 1 && in.matrix().zero() == 0
        ? columns
        : columns.quantized(in.matrix().scale(), in.matrix().zero());
  }

  /** NHWC results are one product, NCHW results one for each image. */
  private static void multiply(
      CudaQueue queue,
      GpuMultiplier weights,
      DenseMatrix columns,
      Images y,
      Images c,
      Epilogue epilogue,
      boolean tuned) {
    if (y.layout() == ImageLayout.NHWC) {
      Epilogue with = epilogue.adding(c == null ? null : c.matrix());
      weights
          .hold(
              queue,
              Layout.BATCH_MAJOR,
              Layout.BATCH_MAJOR,
              columns.rows(),
              1,
              columns,
              y.matrix(),
              with)
          .run(queue, tuned);
      return;
    }
    long pixels = y.h() * y.w();
    boolean batched = y.withoutGaps() && (c == null || c.withoutGaps());
    long each = batched ? y.n() : 1;
    for (long image = 0; image < y.n() || image == 0; image += Math.max(1, each)) {
      Images out = y.images(image, each);
      Epilogue with = epilogue.adding(c == null ? null : c.images(image, each).planes());
      DenseMatrix rows = columns.rows(image * pixels, each * pixels);
      weights
          .hold(
              queue,
              Layout.BATCH_MAJOR,
              Layout.FEATURE_MAJOR,
              pixels,
              each,
              rows,
              out.planes(),
              with)
          .run(queue, tuned);
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
    for (int group = 0; group < groups.size(); group++) {
      System.arraycopy(groups.get(group).scales(), 0, scales, group * outputs, outputs);
    }
    return scales;
  }

  @Override
  public DenseMatrix decompress() {
    DenseMatrix out = DenseMatrix.allocate(geometry.weightRows(), geometry.weightCols());
    DenseMatrix channels = out.packed(geometry.outC(), geometry.rowElements());
    long outputs = geometry.outC() / geometry.groups();
    for (int group = 0; group < groups.size(); group++) {
      groups.get(group).decompress(0, channels.rows(group * outputs, outputs));
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

  @Override
  public void close() {
    groups.forEach(GpuWeights::close);
  }

  /** Makes the weights of some output channels. */
  private interface Maker {
    GpuWeights make(long first, long count);
  }
}
