/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;

/**
 * The matrix of columns of images with the channels of one group of a convolution, and back; images
 * are divided over threads.
 */
final class Conv2dColumns {
  private Conv2dColumns() {}

  static void make(Conv2dGeometry geometry, Images x, DenseMatrix columns, Execution execution) {
    if (!x.matrix().device().isCpu()) {
      try (CudaQueue queue = new CudaQueue(execution, x.matrix().device())) {
        queue(queue, geometry, x, 0, columns);
        queue.finish();
      }
      return;
    }
    forEachImage(
        geometry,
        x,
        columns,
        execution,
        (image, part) ->
            Bindings.nm_conv2d_columns_f32(
                geometry.ofOneGroup().fields(),
                image.matrix().address(),
                image.describe(image.matrix().ld()),
                part.address(),
                part.ld()));
  }

  static void sum(Conv2dGeometry geometry, DenseMatrix columns, Images x, Execution execution) {
    if (!x.matrix().device().isCpu()) {
      queueSum(geometry, columns, x, execution);
      return;
    }
    Shape.requireWritable("dx", x.matrix());
    forEachImage(
        geometry,
        x,
        columns,
        execution,
        (image, part) ->
            Bindings.nm_conv2d_sum_columns_f32(
                geometry.ofOneGroup().fields(),
                part.address(),
                part.ld(),
                image.matrix().address(),
                image.describe(image.matrix().ld())));
  }

  /** Queues {@link #make} on a GPU, in the type of the images: rows from an output pixel on. */
  static void queue(
      CudaQueue queue, Conv2dGeometry geometry, Images x, long first, DenseMatrix columns) {
    CudaStatus.check(
        CudaBindings.nm_cuda_conv2d_columns(
            queue.stream(),
            x.dtype().code(),
            geometry.ofOneGroup().fields(),
            queue.use("x", x.matrix()),
            x.describe(x.matrix().ld()),
            first,
            columns.rows(),
            queue.use("columns", columns),
            columns.ld()));
  }

  private static void queueSum(
      Conv2dGeometry geometry, DenseMatrix columns, Images x, Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, x.matrix().device())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_conv2d_sum_columns(
              queue.stream(),
              x.dtype().code(),
              geometry.ofOneGroup().fields(),
              queue.use("columns", columns),
              columns.ld(),
              queue.use("dx", x.matrix()),
              x.describe(x.matrix().ld())));
      queue.finish();
    }
  }

  private static void forEachImage(
      Conv2dGeometry geometry, Images x, DenseMatrix columns, Execution execution, Call call) {
    long pixels = geometry.outH(x.h()) * geometry.outW(x.w());
    RowBlocks.runBlocks(
        x.n(),
        Math.multiplyExact(pixels, columns.cols()),
        1,
        execution,
        (first, count) ->
            call.run(x.images(first, count), columns.rows(first * pixels, count * pixels)));
    x.matrix().keepAlive();
    columns.keepAlive();
  }

  private interface Call {
    int run(Images images, DenseMatrix columns);
  }
}
