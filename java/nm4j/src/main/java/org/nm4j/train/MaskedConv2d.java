/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.ImageLayout;
import org.nm4j.Images;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.SparseConv2d;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.TrainedWeights;

/**
 * A 2-D convolution in training, with explicit forward and backward pass, where its weights are. On
 * the CPU, Y is computed as {@link SparseConv2d} does, without a matrix of columns (im2col); the
 * backward pass makes that matrix, for a few images at a time, but at least one: dX is a sparse
 * product, dW a dense one. On a GPU both passes make it, and Y alone is a sparse product.
 *
 * <pre>{@code
 * SparseConv2d.Builder geometry = SparseConv2d.builder(16, 32, 3, 3).padding(1, 1);
 * DenseMatrix w = DenseMatrix.allocate(32, 3 * 3 * 16);      // OHWI: fill it
 * MaskedParameter weight = MaskedParameter.builder("conv.weight", w).pattern(Pattern.P2_4).build();
 * Images x = Images.allocate(ImageLayout.NCHW, 4, 8, 8, 16); // n, h, w, channels; or NHWC
 * Images y = Images.allocate(ImageLayout.NCHW, 4, 8, 8, 32);
 * Images dy = Images.allocate(ImageLayout.NCHW, 4, 8, 8, 32);
 * Images dx = Images.allocate(ImageLayout.NCHW, 4, 8, 8, 16);
 * Execution all = Execution.parallel();
 * try (MaskedConv2d conv = new MaskedConv2d(geometry, weight, null, Gemm.openBlas())) {
 *   conv.forward(x, y, all);
 *   conv.backward(x, dy, dx, all);                           // null for dx: not needed
 *   conv.step(Optimizer.sgd(0.1f), MaskRule.srSte(), all);
 * }
 * }</pre>
 *
 * <p>Weights are outputs x (kernel height, kernel width, input channels of a group), with groups of
 * a pattern along these input channels, whose number is a multiple of M: a depthwise convolution
 * can be dense only. Images are NHWC or NCHW, each as it likes. NHWC saves copies in the backward
 * pass. While the parameter is dense, or pruned weights take part in the network, all products are
 * dense and made of columns. Not safe for use by many threads at once; on a GPU all calls queue on
 * one stream, or the caller orders them.
 */
public final class MaskedConv2d implements AutoCloseable {
  /** Columns that stay in a cache of 4 MiB; on a GPU, of 32 MiB. */
  private static final long CPU_COLUMNS = 1 << 20;

  private static final long GPU_COLUMNS = 1 << 23;

  private final SparseConv2d.Builder geometry;
  private final SparseConv2d.Builder pixels; // of one output: the columns are the pixels
  private final MaskedLayer layer;
  private final long channels; // of a group
  private final long outputs; // of a group
  private final List<MaskedOperand> groups = new ArrayList<>();
  private final List<DenseMatrix> scratch = new ArrayList<>();
  private SparseConv2d packed; // or null: dense, or nothing packed yet
  private Stamp stamp; // of what is packed
  private DType type = DType.F32; // of images

  /**
   * A convolution of parameters, which stay the caller's.
   *
   * @param sizes sizes, strides, padding, dilation and groups of channels, as they are now; the
   *     type and the policy for NaN are not looked at: weights train in fp32, and NaN is refused
   * @param weight out channels x (kernel h * kernel w * in channels of a group), in OHWI order
   * @param bias 1 x out channels without a pattern, or null
   * @param gemm computes the gradient of the weights, and on a GPU dX
   * @throws IllegalArgumentException when shapes or groups do not fit
   */
  public MaskedConv2d(
      SparseConv2d.Builder sizes, MaskedParameter weight, MaskedParameter bias, Gemm gemm) {
    this.geometry = Matrices.get().sizes(Objects.requireNonNull(sizes, "sizes"));
    this.layer = new MaskedLayer(weight, bias, gemm);
    channels = geometry.weightCols();
    outputs = weight.rows() / geometry.groups();
    long values = Math.multiplyExact(geometry.weightRows(), channels);
    if (weight.rows() != geometry.outC() || weight.rows() * weight.cols() != values) {
      throw new IllegalArgumentException(
          weight.name()
              + ": expected "
              + geometry.outC()
              + " x "
              + values / geometry.outC()
              + " weights in OHWI order, got "
              + weight);
    }
    pixels = SparseConv2d.builder((int) outputs, 1, 1, 1);
    for (int group = 0; group < geometry.groups(); group++) {
      groups.add(
          new MaskedOperand(
              weight, group * outputs, outputs, (type, pattern) -> room(weight, type, pattern)));
    }
    requireWholeGroups();
  }

  /** On the CPU, where Y needs no columns, for the backward pass alone. */
  private TrainedWeights room(MaskedParameter weight, DType type, Pattern pattern) {
    return weight.device().isCpu()
        ? Matrices.get().trainedColumns(outputs, weight.cols(), pattern)
        : Matrices.get().trainedWeights(weight.device(), type, outputs, weight.cols(), pattern);
  }

  private void requireWholeGroups() {
    Pattern pattern = weight().pattern();
    if (pattern != null && channels % pattern.m() != 0) {
      throw new IllegalArgumentException(
          weight().name()
              + ": groups of "
              + pattern
              + " need a multiple of "
              + pattern.m()
              + " input channels"
              + (geometry.groups() == 1 ? "" : " in each of the " + geometry.groups() + " groups")
              + ", got "
              + channels);
    }
  }

  /**
   * Y = conv(X, E W) + b.
   *
   * @param x images with the input channels, where the weights are
   * @param y as many images of the output's size with the output channels, of the type of {@code
   *     x}, writable, not overlapping it
   * @param execution where to compute
   * @throws IllegalArgumentException when sizes do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN; {@link
   *     org.nm4j.ErrorCode#UNSUPPORTED} for an {@code x} of another type than the device takes
   * @throws IllegalStateException when closed
   */
  public void forward(Images x, Images y, Execution execution) {
    layer.requireOpen();
    requireWholeGroups();
    requireInput("x", x, x);
    layer.requireTaken(x.matrix());
    requireOutput("y", y, x);
    layer.requireApart("y", y.matrix(), "x", x.matrix());
    take(x.dtype());
    if (weight().device().isCpu() && pack()) {
      packed.apply(x, y, layer.epilogue(0, weight().rows(), execution), execution);
      return;
    }
    forEachPart(
        x,
        y,
        (part, out, group, first) -> {
          DenseMatrix cols = columns(part, out, execution);
          boolean turned = out.layout() == ImageLayout.NCHW;
          DenseMatrix rows = turned ? scratch(1, cols.rows(), outputs) : out.matrix();
          TrainedWeights sparse = groups.get(group).packed(execution);
          long from = group * outputs;
          if (sparse == null) {
            layer.dense(cols, groups.get(group).dense(execution), from, rows, execution);
          } else {
            sparse.forward(cols, rows, layer.epilogue(from, outputs, execution), execution);
          }
          if (turned) {
            Matrices.get().sumColumns(pixels, rows, out, execution);
          }
        });
  }

  /** Whether the forward pass is sparse, on the CPU; then the weights are packed as they are. */
  private boolean pack() {
    MaskedParameter weight = weight();
    weight.requireWhole();
    Stamp now = weight.stamp();
    if (packed != null && now.equals(stamp)) {
      return true;
    }
    release();
    if (now.pattern() == null || !weight.obeys(now.pattern(), 0, weight.rows())) {
      return false;
    }
    long rows = geometry.weightRows();
    DenseMatrix w = Matrices.get().reshape(weight.weights(), rows, channels);
    try {
      Mask positions = Matrices.get().reshape(weight.mask(), rows, channels);
      packed = geometry.pack(w, positions, now.pattern());
    } catch (Nm4jException e) {
      throw new Nm4jException(e.code(), weight.name() + ": " + e.getMessage());
    }
    stamp = now;
    return true;
  }

  /**
   * dW and db, into {@link #gradient} and {@link #biasGradient}, and dX.
   *
   * @param x what {@link #forward} was given
   * @param dy gradient of the loss with respect to Y
   * @param dx receives that with respect to X, writable, not overlapping anything; null when it is
   *     not needed
   * @param execution where to compute
   * @throws IllegalArgumentException when sizes do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN; {@link
   *     org.nm4j.ErrorCode#UNSUPPORTED} for an {@code x} of another type than the device takes
   * @throws IllegalStateException when closed
   */
  public void backward(Images x, Images dy, Images dx, Execution execution) {
    layer.requireOpen();
    requireWholeGroups();
    requireInput("x", x, x);
    layer.requireTaken(x.matrix());
    requireOutput("dy", dy, x);
    if (dx != null) {
      requireInput("dx", dx, x);
      layer.requireApart("dx", dx.matrix(), "x", x.matrix());
      layer.requireApart("dx", dx.matrix(), "dy", dy.matrix());
    }
    take(x.dtype());
    forEachPart(
        x,
        dy,
        (part, out, group, first) -> {
          DenseMatrix cols = columns(part, out, execution);
          DenseMatrix rows = pixels(out, execution);
          layer.gradients(cols, rows, group * outputs, first == 0 ? 0 : 1, execution);
          if (dx != null) {
            TrainedWeights sparse = groups.get(group).packed(execution);
            if (sparse == null) {
              layer.denseInput(rows, groups.get(group).dense(execution), cols, execution);
            } else {
              sparse.backward(rows, cols, layer.gemm, execution);
            }
            Images to = dx.images(first, part.n()).channels(group * channels, channels);
            Matrices.get().sumColumns(geometry, cols, to, execution);
          }
        });
  }

  /**
   * A step of weights and bias with the gradients as they are, see {@link MaskedParameter#step}.
   *
   * @param optimizer for both
   * @param rule for the weights
   * @param execution where to compute
   * @return how many mask bits changed
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a gradient is not finite
   * @throws IllegalStateException when closed, or as {@link MaskedParameter#step}
   */
  public long step(Optimizer optimizer, MaskRule rule, Execution execution) {
    return layer.step(optimizer, rule, execution);
  }

  /** To be called when the caller has changed weights: they are packed anew for the next pass. */
  public void weightsChanged() {
    weight().touch();
  }

  /**
   * The gradient of the loss with respect to the masked weights, dense.
   *
   * @return of the weights' shape, this layer's own memory, which may be changed before a step
   */
  public DenseMatrix gradient() {
    return layer.gradient;
  }

  /**
   * The gradient of the loss with respect to the bias.
   *
   * @return 1 x out channels, this layer's own memory; null without a bias
   */
  public DenseMatrix biasGradient() {
    return layer.biasGradient;
  }

  /**
   * The weights.
   *
   * @return as given
   */
  public MaskedParameter weight() {
    return layer.weight;
  }

  /** Frees the packed weights; parameters stay. Further calls do nothing. */
  @Override
  public void close() {
    layer.close();
    release();
    groups.forEach(MaskedOperand::release);
  }

  /**
   * A short description.
   *
   * @return the weights, and whether it is closed
   */
  @Override
  public String toString() {
    return "MaskedConv2d" + layer;
  }

  private void release() {
    if (packed != null) {
      packed.close();
      packed = null;
    }
  }

  /** Visits some images at a time, and of these the channels of each group. */
  private void forEachPart(Images x, Images out, Part part) {
    long perImage = geometry.outH(x.h()) * geometry.outW(x.w()) * weight().cols();
    long most = weight().device().isCpu() ? CPU_COLUMNS : GPU_COLUMNS;
    long some = Math.max(1, most / perImage);
    long from = 0;
    do { // once without images too: their gradients are zeros
      long count = Math.min(some, x.n() - from);
      for (int group = 0; group < groups.size(); group++) {
        part.run(
            x.images(from, count).channels(group * channels, channels),
            out.images(from, count).channels(group * outputs, outputs),
            group,
            from);
      }
      from += some;
    } while (from < x.n());
  }

  /** The columns of some images of a group. */
  private DenseMatrix columns(Images x, Images out, Execution execution) {
    DenseMatrix some = scratch(0, x.n() * out.h() * out.w(), weight().cols());
    Matrices.get().columns(geometry, x, some, execution);
    return some;
  }

  /** Pixels x channels: a view of NHWC images, else a copy. */
  private DenseMatrix pixels(Images out, Execution execution) {
    if (out.layout() == ImageLayout.NHWC) {
      return out.matrix();
    }
    DenseMatrix some = scratch(1, out.n() * out.h() * out.w(), outputs);
    Matrices.get().columns(pixels, out, some, execution);
    return some;
  }

  /** Memory that stays; two of them are in use at once. */
  private DenseMatrix scratch(int which, long rows, long cols) {
    while (scratch.size() <= which) {
      scratch.add(DenseMatrix.allocate(weight().device(), type, 0, cols));
    }
    if (scratch.get(which).rows() < rows) {
      scratch.set(which, DenseMatrix.allocate(weight().device(), type, rows, cols));
    }
    return scratch.get(which).rows(0, rows);
  }

  private void requireInput(String what, Images images, Images like) {
    requireFits(what, images, like.n(), like.h(), like.w(), channels * groups.size());
    layer.requireLike(like.matrix(), what, images.matrix());
  }

  /** Takes images of a type, after all checks. */
  private void take(DType images) {
    layer.type(images);
    groups.forEach(group -> group.type(images));
    if (type != images) {
      type = images;
      scratch.clear();
    }
  }

  private void requireOutput(String what, Images out, Images x) {
    requireFits(what, out, x.n(), geometry.outH(x.h()), geometry.outW(x.w()), weight().rows());
    layer.requireLike(x.matrix(), what, out.matrix());
  }

  private void requireFits(String what, Images images, long n, long h, long w, long c) {
    if (images.n() != n || images.h() != h || images.w() != w || images.c() != c) {
      throw new IllegalArgumentException(
          weight().name()
              + ": "
              + what
              + " must be "
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
    void run(Images x, Images out, int group, long first);
  }
}
