/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Objects;
import org.nm4j.DenseMatrix;
import org.nm4j.ErrorCode;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.ImageLayout;
import org.nm4j.Images;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.SparseConv2d;
import org.nm4j.internal.Matrices;

/**
 * A 2-D convolution in training, with explicit forward and backward pass: a {@link MaskedLinear} on
 * the matrix of columns of its images (im2col), made for a few images at a time. Y and dX are
 * sparse products, dW is dense.
 *
 * <pre>{@code
 * SparseConv2d.Builder geometry = SparseConv2d.builder(16, 32, 3, 3).padding(1, 1);
 * DenseMatrix w = DenseMatrix.allocate(32, 3 * 3 * 16);      // OHWI: fill it
 * MaskedParameter weight = MaskedParameter.builder("conv.weight", w).pattern(Pattern.P2_4).build();
 * Images x = Images.allocate(ImageLayout.NHWC, 4, 8, 8, 16); // n, h, w, channels
 * Images y = Images.allocate(ImageLayout.NHWC, 4, 8, 8, 32);
 * Images dy = Images.allocate(ImageLayout.NHWC, 4, 8, 8, 32);
 * Images dx = Images.allocate(ImageLayout.NHWC, 4, 8, 8, 16);
 * Execution all = Execution.parallel();
 * try (MaskedConv2d conv = new MaskedConv2d(geometry, weight, null, Gemm.openBlas())) {
 *   conv.forward(x, y, all);
 *   conv.backward(x, dy, dx, all);                           // null for dx: not needed
 *   conv.layer().step(Optimizer.sgd(0.1f), MaskRule.srSte(), all);
 * }
 * }</pre>
 *
 * <p>Weights are outputs x (kernel height, kernel width, input channels), with groups along the
 * input channels, whose number is a multiple of M; images are NHWC. For inference pack trained
 * weights as a {@link SparseConv2d}, which makes no columns. Not safe for use by many threads at
 * once.
 */
public final class MaskedConv2d implements AutoCloseable {
  /** Columns that stay in a cache of 4 MiB. */
  private static final long COLUMNS = 1 << 20;

  private final SparseConv2d.Builder geometry;
  private final MaskedLinear layer;
  private final long channels;
  private DenseMatrix columns;

  /**
   * A convolution of parameters, which stay the caller's.
   *
   * @param geometry sizes, strides, padding and dilation, without groups of channels; not to be
   *     changed afterwards
   * @param weight out channels x (kernel h * kernel w * in channels), in OHWI order
   * @param bias 1 x out channels without a pattern, or null
   * @param gemm computes the gradient of the weights
   * @throws IllegalArgumentException when shapes or groups do not fit
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when the weights are on a GPU
   */
  public MaskedConv2d(
      SparseConv2d.Builder geometry, MaskedParameter weight, MaskedParameter bias, Gemm gemm) {
    this.geometry = Objects.requireNonNull(geometry, "geometry");
    if (!weight.device().isCpu()) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          weight.name() + ": convolutions train on the CPU, got weights on " + weight.device());
    }
    this.layer = new MaskedLinear(weight, bias, gemm);
    channels = geometry.weightCols();
    columns = DenseMatrix.allocate(0, weight.cols());
    long values = Math.multiplyExact(geometry.weightRows(), channels);
    if (weight.rows() * weight.cols() != values || weight.cols() % channels != 0) {
      throw new IllegalArgumentException(
          weight.name() + ": expected " + values + " weights in OHWI order, got " + weight);
    }
    requireWholeGroups();
  }

  private void requireWholeGroups() {
    Pattern pattern = layer.weight().pattern();
    if (pattern != null && channels % pattern.m() != 0) {
      throw new IllegalArgumentException(
          layer.weight().name()
              + ": groups of "
              + pattern
              + " need a multiple of "
              + pattern.m()
              + " input channels, got "
              + channels);
    }
  }

  /**
   * Y = conv(X, E W) + b.
   *
   * @param x images with the input channels, NHWC
   * @param y as many images of the output's size with the output channels, NHWC, writable, not
   *     overlapping {@code x}
   * @param execution where to compute
   * @throws IllegalArgumentException when sizes or layouts do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN
   * @throws IllegalStateException when closed
   */
  public void forward(Images x, Images y, Execution execution) {
    requireWholeGroups();
    requireFits("x", x, x.n(), x.h(), x.w(), channels);
    requireOutput("y", y, x);
    forEachPart(
        x,
        (from, count) -> {
          DenseMatrix cols = columns(x.images(from, count), y, execution);
          layer.forward(cols, y.images(from, count).matrix(), execution);
        });
  }

  /**
   * dW and db, into the {@linkplain #layer layer's} gradients, and dX.
   *
   * @param x what {@link #forward} was given
   * @param dy gradient of the loss with respect to Y, NHWC
   * @param dx receives that with respect to X, NHWC, writable, not overlapping anything; null when
   *     it is not needed
   * @param execution where to compute
   * @throws IllegalArgumentException when sizes or layouts do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN
   * @throws IllegalStateException when closed
   */
  public void backward(Images x, Images dy, Images dx, Execution execution) {
    requireWholeGroups();
    requireFits("x", x, x.n(), x.h(), x.w(), channels);
    requireOutput("dy", dy, x);
    if (dx != null) {
      requireFits("dx", dx, x.n(), x.h(), x.w(), channels);
    }
    forEachPart(
        x,
        (from, count) -> {
          DenseMatrix out = dy.images(from, count).matrix();
          DenseMatrix cols = columns(x.images(from, count), dy, execution);
          layer.backwardWeights(cols, out, from == 0 ? 0 : 1, execution);
          if (dx != null) {
            layer.backwardInput(out, cols, execution);
            Matrices.get().sumColumns(geometry, cols, dx.images(from, count), execution);
          }
        });
  }

  /**
   * The layer on columns: parameters, gradients and steps.
   *
   * @return this convolution's own layer, closed with it
   */
  public MaskedLinear layer() {
    return layer;
  }

  /** Frees the packed weights; parameters stay. Further calls do nothing. */
  @Override
  public void close() {
    layer.close();
  }

  /**
   * A short description.
   *
   * @return the layer
   */
  @Override
  public String toString() {
    return "MaskedConv2d[" + layer + "]";
  }

  private void forEachPart(Images x, Part part) {
    long perImage = geometry.outH(x.h()) * geometry.outW(x.w()) * layer.weight().cols();
    long some = Math.max(1, COLUMNS / perImage);
    long from = 0;
    do { // once without images too: their gradients are zeros
      part.run(from, Math.min(some, x.n() - from));
      from += some;
    } while (from < x.n());
  }

  /** The columns of some images, in memory that stays. */
  private DenseMatrix columns(Images x, Images out, Execution execution) {
    long pixels = x.n() * out.h() * out.w();
    if (columns.rows() < pixels) {
      columns = DenseMatrix.allocate(pixels, layer.weight().cols());
    }
    DenseMatrix some = columns.rows(0, pixels);
    Matrices.get().columns(geometry, x, some, execution);
    return some;
  }

  private void requireOutput(String what, Images out, Images x) {
    requireFits(
        what, out, x.n(), geometry.outH(x.h()), geometry.outW(x.w()), layer.weight().rows());
  }

  private void requireFits(String what, Images images, long n, long h, long w, long c) {
    if (images.layout() != ImageLayout.NHWC
        || images.n() != n
        || images.h() != h
        || images.w() != w
        || images.c() != c) {
      throw new IllegalArgumentException(
          layer.weight().name()
              + ": "
              + what
              + " must be NHWC, "
              + n
              + " x "
              + h
              + " x "
              + w
              + " x "
              + c
              + ", got "
              + images);
    }
  }

  private interface Part {
    void run(long from, long count);
  }
}
