/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.NativeConv2d;
import org.nm4j.internal.ParallelRun;
import org.nm4j.internal.Status;

/**
 * A 2-D convolution whose weights obey an N:M pattern, packed once and applied to images of any
 * size in either {@link ImageLayout}: Y = act(alpha conv(X, W) + beta C + bias). The matrix of
 * columns ("im2col") is never made.
 *
 * <pre>{@code
 * DenseMatrix oihw = DenseMatrix.allocate(128, 64 * 3 * 3);    // weights as PyTorch has them
 * SparseConv2d.Builder builder = SparseConv2d.builder(64, 128, 3, 3).stride(2, 2).padding(1, 1);
 * try (SparseConv2d conv = builder.prune(builder.fromOihw(oihw), Pattern.P2_4)) {
 *   Images x = Images.allocate(ImageLayout.NHWC, 1, 56, 56, 64);
 *   Images y = Images.allocate(ImageLayout.NHWC, 1, conv.outH(56), conv.outW(56), 128);
 *   conv.apply(x, y, Epilogue.NONE.activation(Activation.RELU), Execution.parallel());
 * }
 * }</pre>
 *
 * <p>Weights are a matrix in OHWI order: one row for each output channel and kernel position, outC
 * * kernelH * kernelW of them, and one column for each input channel of a group. The groups of the
 * pattern run along these rows, that is along the input channels at one kernel position; when their
 * number is no multiple of M, the last group of each position is short and keeps at most min(N, its
 * length). So {@link Mask#magnitude(DenseMatrix, Pattern)} prunes a convolution, {@link Compliance}
 * checks one, and so on.
 *
 * <p>Weights are stored as {@link Builder#dtype} says, and images may be of several types, which go
 * together as those of {@link SparseMatrix}:
 *
 * <table>
 *   <caption>Types</caption>
 *   <tr><th>weights</th><th>X</th><th>Y and C</th></tr>
 *   <tr><td>F32</td><td>F32</td><td>F32, BF16, S8, U8</td></tr>
 *   <tr><td>BF16</td><td>F32, BF16</td><td>F32, BF16, S8, U8</td></tr>
 *   <tr><td>S8</td><td>F32</td><td>F32, BF16, S8, U8</td></tr>
 *   <tr><td>S8</td><td>S8, U8</td><td>F32, BF16, S8, U8, S32</td></tr>
 * </table>
 *
 * <p>Integers stand for the numbers that {@link Images#quantized} says. Sums of integers are exact,
 * and bf16 is widened and multiplied as fp32.
 *
 * <p>Results are the same bits on every call, whatever the threads, layouts and other images of the
 * batch. Zeros around an image take part in products as zeros; input opposite pruned weights takes
 * no part.
 *
 * <p>Any number of threads may apply it at once. The packed weights are native memory, which {@link
 * #close} frees, as {@link SparseMatrix} describes.
 */
public final class SparseConv2d implements AutoCloseable {
  private final NativeConv2d handle;
  private final Conv2dGeometry geometry;
  private final Pattern pattern;
  private final DType dtype;
  private final long bytes;

  private SparseConv2d(NativeConv2d handle, Conv2dGeometry geometry, Pattern pattern, DType dtype) {
    this.handle = handle;
    this.geometry = geometry;
    this.pattern = pattern;
    this.dtype = dtype;
    this.bytes = handle.bytes();
  }

  /**
   * Begins a convolution of stride 1, without padding, dilation and groups.
   *
   * @param inC input channels, at least 1
   * @param outC output channels, at least 1
   * @param kernelH height of the kernel, at least 1
   * @param kernelW width of the kernel, at least 1
   * @return a builder
   * @throws IllegalArgumentException when a size is less than 1
   */
  public static Builder builder(int inC, int outC, int kernelH, int kernelW) {
    return new Builder(inC, outC, kernelH, kernelW);
  }

  /**
   * Y = conv(X, W).
   *
   * @param x n images of any size with the convolution's input channels
   * @param y n images of {@link #outH} x {@link #outW} with its output channels, in any layout;
   *     writable; must not overlap {@code x}
   * @throws IllegalArgumentException when a size is wrong, {@code y} is read-only or overlaps
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when the types do not go together
   * @throws IllegalStateException when closed
   */
  public void apply(Images x, Images y) {
    apply(x, y, Epilogue.NONE);
  }

  /**
   * Y = act(alpha s conv(X, W) + beta C + bias).
   *
   * @param x n images of any size with the convolution's input channels
   * @param y n images of {@link #outH} x {@link #outW} with its output channels, in any layout;
   *     writable; must not overlap an operand, except that it may be C
   * @param epilogue what else to do; its scale and bias have one value for each output channel, its
   *     C is the {@link Images#matrix} of images of the size and layout of {@code y}
   * @throws IllegalArgumentException when a size is wrong, {@code y} is read-only or overlaps
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when the types do not go together
   * @throws IllegalStateException when closed
   */
  public void apply(Images x, Images y, Epilogue epilogue) {
    apply(x, y, epilogue, Execution.caller());
  }

  /**
   * Y = act(alpha s conv(X, W) + beta C + bias), on several threads.
   *
   * @param x n images of any size with the convolution's input channels
   * @param y n images of {@link #outH} x {@link #outW} with its output channels, in any layout;
   *     writable; must not overlap an operand, except that it may be C
   * @param epilogue what else to do; its scale and bias have one value for each output channel, its
   *     C is the {@link Images#matrix} of images of the size and layout of {@code y}
   * @param execution where to compute
   * @throws IllegalArgumentException when a size is wrong, {@code y} is read-only or overlaps
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when the types do not go together
   * @throws IllegalStateException when closed
   */
  public void apply(Images x, Images y, Epilogue epilogue, Execution execution) {
    requireSizes("x", x, x.n(), x.h(), x.w(), geometry.inC());
    requireSizes("y", y, x.n(), outH(x.h()), outW(x.w()), geometry.outC());
    Shape.requireWritable("y", y.matrix());
    epilogue.check(geometry.outC(), y.matrix());
    execution.requireDevice(Device.cpu());
    int threads = execution.threads();
    long address = handle.acquire();
    try {
      long[] count = new long[1];
      Status.check(Bindings.nm_conv2d_tiles(address, x.n(), x.h(), x.w(), count));
      Job job = new Job(address, x, y, epilogue);
      if (threads == 1 || count[0] <= 1) {
        job.run(0, count[0]);
      } else {
        ParallelRun.run(count[0], execution.executor(), threads, job);
      }
    } finally {
      handle.release();
      x.matrix().keepAlive();
      y.matrix().keepAlive();
      epilogue.keepAlive();
    }
  }

  /**
   * Height of the output for images of a height.
   *
   * @param h height of the input, at least 1
   * @return (h + padding - dilation * (kernel - 1) - 1) / stride + 1, rounded down
   * @throws IllegalArgumentException when the kernel does not fit the padded input
   */
  public long outH(long h) {
    return geometry.outH(h);
  }

  /**
   * Width of the output for images of a width.
   *
   * @param w width of the input, at least 1
   * @return (w + padding - dilation * (kernel - 1) - 1) / stride + 1, rounded down
   * @throws IllegalArgumentException when the kernel does not fit the padded input
   */
  public long outW(long w) {
    return geometry.outW(w);
  }

  /**
   * The pattern.
   *
   * @return the pattern given when this was made
   */
  public Pattern pattern() {
    return pattern;
  }

  /**
   * The native memory that the packed weights occupy.
   *
   * @return bytes
   */
  public long bytes() {
    return bytes;
  }

  /**
   * How weights are stored.
   *
   * @return F32, BF16 or S8
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * The scales of weights of {@link DType#S8}.
   *
   * @return one for each output channel, a copy; ones unless the weights are S8
   * @throws IllegalStateException when closed
   */
  public float[] scales() {
    DenseMatrix scales = DenseMatrix.allocate(1, geometry.outC());
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_conv2d_get_scales(address, scales.address()));
      return scales.toArray();
    } finally {
      handle.release();
      scales.keepAlive();
    }
  }

  /**
   * The native kernel for images of fp32.
   *
   * @return its name
   * @throws IllegalStateException when closed
   */
  public String kernel() {
    return kernel(DType.F32);
  }

  /**
   * The native kernel.
   *
   * @param images the type of the input
   * @return its name
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when there is none for these types
   * @throws IllegalStateException when closed
   */
  public String kernel(DType images) {
    long[] name = new long[1];
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_conv2d_kernel(address, images.code(), name));
      return Bindings.string(name[0]);
    } finally {
      handle.release();
    }
  }

  /**
   * Back to dense weights, +0.0 where nothing is kept: F32 bit for bit what was packed, BF16 and S8
   * as they were rounded.
   *
   * @return a new matrix in OHWI order, outC * kernelH * kernelW x inC / groups
   * @throws IllegalArgumentException when it exceeds 2 GiB
   * @throws IllegalStateException when closed
   */
  public DenseMatrix decompress() {
    DenseMatrix out = DenseMatrix.allocate(geometry.weightRows(), geometry.weightCols());
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_conv2d_get_f32(address, out.address()));
      return out;
    } finally {
      handle.release();
      out.keepAlive();
    }
  }

  /**
   * Whether {@link #close} has freed the memory.
   *
   * @return true when calls would fail
   */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Frees the native memory. Further calls do nothing.
   *
   * @throws IllegalStateException when a call is in progress, which leaves it open
   */
  @Override
  public void close() {
    handle.close();
  }

  /**
   * A short description.
   *
   * @return geometry, pattern and whether it is closed
   */
  @Override
  public String toString() {
    return "SparseConv2d["
        + geometry
        + ", "
        + pattern
        + (dtype == DType.F32 ? "" : " " + dtype)
        + (isClosed() ? ", closed]" : "]");
  }

  private static void requireSizes(String name, Images images, long n, long h, long w, long c) {
    if (images.n() != n || images.h() != h || images.w() != w || images.c() != c) {
      throw new IllegalArgumentException(
          name + " must be " + n + " x " + h + " x " + w + " x " + c + ", got " + images);
    }
  }

  /** One application, in tiles. */
  private static final class Job implements ParallelRun.Tiles {
    private final long address;
    private final DenseMatrix x;
    private final long[] xImages;
    private final Epilogue epilogue;
    private final long[] cImages;
    private final DenseMatrix y;
    private final long[] yImages;

    Job(long address, Images x, Images y, Epilogue epilogue) {
      this.address = address;
      this.x = x.matrix();
      this.xImages = x.describe(x.matrix().ld());
      this.epilogue = epilogue;
      this.cImages = y.describe(epilogue.addedLd(y.matrix()));
      this.y = y.matrix();
      this.yImages = y.describe(y.matrix().ld());
    }

    @Override
    public void run(long begin, long end) {
      Status.check(
          Bindings.nm4j_convolve(
              address,
              x.typedAddress(),
              x.dtype().code(),
              xImages,
              x.scale(),
              x.zero(),
              epilogue.alpha(),
              epilogue.scaleAddress(),
              epilogue.addedAddress(),
              cImages,
              epilogue.beta(),
              epilogue.biasAddress(),
              Multiplier.nativeActivation(epilogue.activation()),
              y.typedAddress(),
              y.dtype().code(),
              yImages,
              y.scale(),
              y.zero(),
              begin,
              end));
    }
  }

  /**
   * The geometry of a convolution, and what packs its weights.
   *
   * <pre>{@code
   * SparseConv2d.Builder same = SparseConv2d.builder(64, 64, 3, 3).padding(1, 1);
   * DenseMatrix weights = DenseMatrix.allocate(same.weightRows(), same.weightCols()); // OHWI
   * Mask mask = Mask.magnitude(weights, Pattern.P2_4);
   * try (SparseConv2d conv = same.pack(weights, mask, Pattern.P2_4)) {
   *   long bytes = conv.bytes();
   * }
   * }</pre>
   *
   * <p>Holds no native memory. Not safe for use by many threads at once.
   */
  public static final class Builder {
    private final int inC;
    private final int outC;
    private final int kernelH;
    private final int kernelW;
    private int groups = 1;
    private int strideH = 1;
    private int strideW = 1;
    private int dilationH = 1;
    private int dilationW = 1;
    private int top;
    private int left;
    private int bottom;
    private int right;
    private NanPolicy nan = NanPolicy.REJECT;
    private DType dtype = DType.F32;

    private Builder(int inC, int outC, int kernelH, int kernelW) {
      this.inC = atLeast(1, "inC", inC);
      this.outC = atLeast(1, "outC", outC);
      this.kernelH = atLeast(1, "kernelH", kernelH);
      this.kernelW = atLeast(1, "kernelW", kernelW);
    }

    /**
     * Sets the distance between neighbouring outputs in the input.
     *
     * @param h down, at least 1; 1 to begin with
     * @param w across, at least 1; 1 to begin with
     * @return this
     * @throws IllegalArgumentException when a value is less than 1
     */
    public Builder stride(int h, int w) {
      strideH = atLeast(1, "stride", h);
      strideW = atLeast(1, "stride", w);
      return this;
    }

    /**
     * Sets the zeros around the input, the same on opposite sides.
     *
     * @param h rows of zeros above and below, at least 0; 0 to begin with
     * @param w columns of zeros left and right, at least 0; 0 to begin with
     * @return this
     * @throws IllegalArgumentException when a value is negative
     */
    public Builder padding(int h, int w) {
      return padding(h, w, h, w);
    }

    /**
     * Sets the zeros around the input, side by side.
     *
     * @param top rows of zeros above, at least 0; 0 to begin with
     * @param left columns of zeros to the left, at least 0; 0 to begin with
     * @param bottom rows of zeros below, at least 0; 0 to begin with
     * @param right columns of zeros to the right, at least 0; 0 to begin with
     * @return this
     * @throws IllegalArgumentException when a value is negative
     */
    public Builder padding(int top, int left, int bottom, int right) {
      this.top = atLeast(0, "padding", top);
      this.left = atLeast(0, "padding", left);
      this.bottom = atLeast(0, "padding", bottom);
      this.right = atLeast(0, "padding", right);
      return this;
    }

    /**
     * Sets the distance between neighbouring kernel positions in the input.
     *
     * @param h down, at least 1; 1 to begin with
     * @param w across, at least 1; 1 to begin with
     * @return this
     * @throws IllegalArgumentException when a value is less than 1
     */
    public Builder dilation(int h, int w) {
      dilationH = atLeast(1, "dilation", h);
      dilationW = atLeast(1, "dilation", w);
      return this;
    }

    /**
     * Into how many groups the channels are divided.
     *
     * @return at least 1
     */
    public int groups() {
      return groups;
    }

    /**
     * The output channels.
     *
     * @return at least 1
     */
    public int outC() {
      return outC;
    }

    /**
     * Sets into how many groups the channels are divided, each a convolution of its own.
     *
     * @param value a divisor of both numbers of channels; 1 to begin with
     * @return this
     * @throws IllegalArgumentException when it does not divide both
     */
    public Builder groups(int value) {
      if (value < 1 || inC % value != 0 || outC % value != 0) {
        throw new IllegalArgumentException(
            "groups must divide the " + inC + " and " + outC + " channels, got " + value);
      }
      groups = value;
      return this;
    }

    /**
     * Says what to do with NaN among the weights.
     *
     * @param value the policy, {@link NanPolicy#REJECT} to begin with
     * @return this
     */
    public Builder nan(NanPolicy value) {
      nan = Objects.requireNonNull(value, "nan");
      return this;
    }

    /**
     * Says how to store weights. {@link DType#BF16}: each rounded to nearest, ties to even, an
     * error of at most 1/256 of it. {@link DType#S8}: integers from -127 to 127 times a scale for
     * each output channel, which is the channel's largest kept magnitude / 127, an error of at most
     * half of that; weights must be finite.
     *
     * @param value F32 (to begin with), BF16 or S8
     * @return this
     * @throws IllegalArgumentException for another type
     */
    public Builder dtype(DType value) {
      dtype = DType.requireWeights(Objects.requireNonNull(value, "dtype"));
      return this;
    }

    /**
     * Rows of the weights.
     *
     * @return outC * kernelH * kernelW
     */
    public long weightRows() {
      return geometry().weightRows();
    }

    /**
     * Columns of the weights.
     *
     * @return inC / groups
     */
    public long weightCols() {
      return geometry().weightCols();
    }

    /**
     * Height of the output for images of a height, see {@link SparseConv2d#outH}.
     *
     * @param h height of the input, at least 1
     * @return the output's height
     * @throws IllegalArgumentException when the kernel does not fit the padded input
     */
    public long outH(long h) {
      return geometry().outH(h);
    }

    /**
     * Width of the output for images of a width, see {@link SparseConv2d#outW}.
     *
     * @param w width of the input, at least 1
     * @return the output's width
     * @throws IllegalArgumentException when the kernel does not fit the padded input
     */
    public long outW(long w) {
      return geometry().outW(w);
    }

    /**
     * Copies weights from the order of PyTorch and ONNX.
     *
     * @param oihw outC x (inC / groups * kernelH * kernelW), without gaps
     * @return the weights in OHWI order, {@link #weightRows} x {@link #weightCols}
     * @throws IllegalArgumentException when the shape is wrong or 2 GiB are exceeded
     */
    public DenseMatrix fromOihw(DenseMatrix oihw) {
      Conv2dGeometry g = geometry();
      Shape.require("oihw", oihw, outC, g.weightCols() * kernelH * kernelW);
      requireNoGaps("oihw", oihw);
      DenseMatrix out = DenseMatrix.allocate(g.weightRows(), g.weightCols());
      Status.check(
          Bindings.nm_ohwi_from_oihw_f32(
              oihw.address(), outC, g.weightCols(), kernelH, kernelW, out.address()));
      oihw.keepAlive();
      out.keepAlive();
      return out;
    }

    /**
     * Prunes by magnitude along input channels and packs.
     *
     * @param weights in OHWI order, {@link #weightRows} x {@link #weightCols} without gaps; not
     *     changed, and not needed afterwards
     * @param pattern how many to keep
     * @return the packed convolution, which belongs to the caller
     * @throws IllegalArgumentException when the shape is wrong
     * @throws Nm4jException {@link ErrorCode#NAN}, {@link ErrorCode#OUT_OF_MEMORY}; {@link
     *     ErrorCode#UNSUPPORTED} when inC / groups is at most N, as in depthwise convolutions: then
     *     the pattern drops nothing
     */
    public SparseConv2d prune(DenseMatrix weights, Pattern pattern) {
      return pack(weights, Mask.magnitude(weights, pattern, nan), pattern);
    }

    /**
     * Packs the weights that a mask keeps.
     *
     * @param weights in OHWI order, {@link #weightRows} x {@link #weightCols} without gaps; not
     *     changed, and not needed afterwards
     * @param mask of the same shape, at most N per group
     * @param pattern the pattern the mask obeys
     * @return the packed convolution, which belongs to the caller
     * @throws IllegalArgumentException when a shape is wrong
     * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}, {@link
     *     ErrorCode#OUT_OF_MEMORY}; {@link ErrorCode#UNSUPPORTED} when inC / groups is at most N,
     *     as in depthwise convolutions: then the pattern drops nothing
     */
    public SparseConv2d pack(DenseMatrix weights, Mask mask, Pattern pattern) {
      Conv2dGeometry g = geometry();
      Shape.require("weights", weights, g.weightRows(), g.weightCols());
      Shape.require("mask", mask, g.weightRows(), g.weightCols());
      requireNoGaps("weights", weights);
      long address = weights.address();
      Loader.load();
      try {
        NativeConv2d handle =
            NativeConv2d.pack(
                g.fields(),
                pattern.n(),
                pattern.m(),
                dtype.code(),
                address,
                mask.address(),
                Flags.of(nan));
        return new SparseConv2d(handle, g, pattern, dtype);
      } finally {
        weights.keepAlive();
        mask.keepAlive();
      }
    }

    /**
     * Packs integers that were quantized elsewhere, under a mask: weight = scale * integer. They
     * are stored as {@link DType#S8}.
     *
     * @param weights of {@link DType#S8}, in OHWI order, {@link #weightRows} x {@link #weightCols}
     *     without gaps; its own quantisation is not looked at
     * @param mask of the same shape, at most N per group
     * @param pattern the pattern the mask obeys
     * @param scales one finite number for each output channel, 1 x outC of fp32
     * @return the packed convolution, which belongs to the caller
     * @throws IllegalArgumentException when a shape or type is wrong or a scale is not finite
     * @throws IllegalStateException when {@link #dtype} is not S8
     * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#OUT_OF_MEMORY};
     *     {@link ErrorCode#UNSUPPORTED} when inC / groups is at most N
     */
    public SparseConv2d pack(DenseMatrix weights, Mask mask, Pattern pattern, DenseMatrix scales) {
      Conv2dGeometry g = geometry();
      Shape.require("weights", weights, g.weightRows(), g.weightCols());
      Shape.require("mask", mask, g.weightRows(), g.weightCols());
      Shape.require("scales", scales, 1, outC);
      requireNoGaps("weights", weights);
      if (weights.dtype() != DType.S8) {
        throw new IllegalArgumentException("weights must be of S8, got " + weights);
      }
      if (dtype != DType.S8) {
        throw new IllegalStateException("dtype must be S8 to take integers, got " + dtype);
      }
      long factors = scales.address();
      Loader.load();
      try {
        NativeConv2d handle =
            NativeConv2d.packIntegers(
                g.fields(),
                pattern.n(),
                pattern.m(),
                weights.typedAddress(),
                mask.address(),
                factors);
        return new SparseConv2d(handle, g, pattern, dtype);
      } finally {
        weights.keepAlive();
        mask.keepAlive();
        scales.keepAlive();
      }
    }

    /** A new one of the same sizes, with the type and policy that builders begin with. */
    Builder sizes() {
      return new Builder(inC, outC, kernelH, kernelW)
          .groups(groups)
          .stride(strideH, strideW)
          .dilation(dilationH, dilationW)
          .padding(top, left, bottom, right);
    }

    Conv2dGeometry geometry() {
      return new Conv2dGeometry(
          inC, outC, groups, kernelH, kernelW, strideH, strideW, dilationH, dilationW, top, left,
          bottom, right);
    }

    private static int atLeast(int least, String name, int value) {
      if (value < least) {
        throw new IllegalArgumentException(name + " must be at least " + least + ", got " + value);
      }
      return value;
    }

    private static void requireNoGaps(String name, DenseMatrix matrix) {
      if (matrix.ld() != matrix.cols()) {
        throw new IllegalArgumentException(name + " must have no gaps, got " + matrix);
      }
    }
  }
}
