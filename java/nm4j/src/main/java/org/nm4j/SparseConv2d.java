/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Status;

/**
 * A 2-D convolution whose weights obey an N:M pattern, packed once and applied to images of any
 * size in either {@link ImageLayout}: Y = act(alpha conv(X, W) + beta C + bias). On the CPU the
 * matrix of columns ("im2col") is never made.
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
 * <p>On a GPU, where {@link #to} and {@link Builder#pack(DenseMatrix, Mask, Pattern)} bring it,
 * images lie there. X is of the weights' type: F32, BF16, F16, or S8 with the zero 0; types of Y
 * and bits are those of the product of a {@link SparseMatrix} there with the matrix of columns,
 * which is made for some pixels at a time, in memory that the stream then keeps (up to 32 MiB).
 * NHWC images are the faster ones. Input channels of a group are a multiple of M.
 *
 * <p>Any number of threads may apply it at once. The packed weights are native memory, which {@link
 * #close} frees, as {@link SparseMatrix} describes.
 */
public final class SparseConv2d implements AutoCloseable {
  private final Conv2dWeights weights;
  private final Conv2dGeometry geometry;
  private final Pattern pattern;
  private final DType dtype;
  private final long bytes;

  private SparseConv2d(
      Conv2dWeights weights, Conv2dGeometry geometry, Pattern pattern, DType dtype) {
    this.weights = weights;
    this.geometry = geometry;
    this.pattern = pattern;
    this.dtype = dtype;
    this.bytes = weights.bytes();
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
    weights.apply(x, y, epilogue, execution);
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
   * Where the weights lie, and images have to.
   *
   * @return the CPU or a GPU
   */
  public Device device() {
    return weights.device();
  }

  /**
   * A copy on another device, in the same type.
   *
   * @param device the CPU or a GPU
   * @return the copy, which belongs to the caller
   * @throws IllegalArgumentException when weights of F16 would go to the CPU, see {@link
   *     #to(Device, DType)}, or as {@link #decompress}
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when a GPU has no place for these weights,
   *     {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link ErrorCode#LIBRARY}
   * @throws IllegalStateException when closed
   */
  public SparseConv2d to(Device device) {
    return to(device, dtype);
  }

  /**
   * A copy on a device, rounded to a type. Weights of S8 stay S8.
   *
   * @param device the CPU, for weights of F32, BF16 or S8, or a GPU, for those and F16
   * @param type of the copy's weights
   * @return the copy, which belongs to the caller
   * @throws IllegalArgumentException when the CPU has no weights of this type, or as {@link
   *     #decompress}
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} when a GPU has no place for these weights,
   *     or S8 would become another type or the reverse, {@link ErrorCode#OUT_OF_MEMORY}, {@link
   *     ErrorCode#UNAVAILABLE}, {@link ErrorCode#LIBRARY}
   * @throws IllegalStateException when closed
   */
  public SparseConv2d to(Device device, DType type) {
    Objects.requireNonNull(type, "type");
    if ((dtype == DType.S8) != (type == DType.S8)) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "weights of " + dtype + " cannot become " + type + " on " + device);
    }
    if (!device.isCpu() && type != DType.S8 && !type.hasPanels()) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "weights of a convolution on a GPU must be of F32, BF16, F16 or S8, got " + type);
    }
    Conv2dWeights copy =
        device.isCpu()
            ? CpuConv2d.copyOf(this, geometry, DType.requireWeights(type))
            : GpuConv2d.copyOf(this, geometry, device, type);
    return new SparseConv2d(copy, geometry, pattern, type);
  }

  /**
   * The memory of the device that the packed weights occupy.
   *
   * @return bytes
   */
  public long bytes() {
    return bytes;
  }

  /**
   * How weights are stored.
   *
   * @return F32, BF16 or S8; on a GPU also F16
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
    return weights.scales();
  }

  /**
   * The native kernel for images of fp32, or on a GPU of the weights' type.
   *
   * @return its name
   * @throws IllegalStateException when closed
   */
  public String kernel() {
    return kernel(device().isCpu() ? DType.F32 : dtype);
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
    return weights.kernel(images);
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
    return weights.decompress();
  }

  /**
   * Whether {@link #close} has freed the memory.
   *
   * @return true when calls would fail
   */
  public boolean isClosed() {
    return weights.isClosed();
  }

  /**
   * Frees the native memory. Further calls do nothing.
   *
   * @throws IllegalStateException when a call is in progress, which leaves it open
   */
  @Override
  public void close() {
    weights.close();
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
        + (device().isCpu() ? "" : ", " + device())
        + (isClosed() ? ", closed]" : "]");
  }

  private static void requireSizes(String name, Images images, long n, long h, long w, long c) {
    if (images.n() != n || images.h() != h || images.w() != w || images.c() != c) {
      throw new IllegalArgumentException(
          name + " must be " + n + " x " + h + " x " + w + " x " + c + ", got " + images);
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
      if (!oihw.device().isCpu()) {
        return fromOihw(oihw.to(Device.cpu())).to(oihw.device());
      }
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
     * Packs the weights that a mask keeps, on the device where both lie. On a GPU, weights of F32
     * are rounded to {@link #dtype}, others stay as they are, and NaN is refused.
     *
     * @param weights in OHWI order, {@link #weightRows} x {@link #weightCols} without gaps; not
     *     changed, and not needed afterwards
     * @param mask of the same shape, at most N per group, on the same device
     * @param pattern the pattern the mask obeys
     * @return the packed convolution, which belongs to the caller
     * @throws IllegalArgumentException when a shape is wrong
     * @throws Nm4jException {@link ErrorCode#PATTERN_BREACH}, {@link ErrorCode#NAN}, {@link
     *     ErrorCode#OUT_OF_MEMORY}; {@link ErrorCode#UNSUPPORTED} when inC / groups is at most N,
     *     as in depthwise convolutions: then the pattern drops nothing; or on a GPU no multiple of
     *     M
     */
    public SparseConv2d pack(DenseMatrix weights, Mask mask, Pattern pattern) {
      Conv2dGeometry g = geometry();
      Shape.require("weights", weights, g.weightRows(), g.weightCols());
      Shape.require("mask", mask, g.weightRows(), g.weightCols());
      Shape.requireOn(weights.device(), mask);
      requireNoGaps("weights", weights);
      if (weights.device().isCpu()) {
        return new SparseConv2d(
            CpuConv2d.pack(g, pattern, dtype, weights, mask, nan), g, pattern, dtype);
      }
      DType type = weights.dtype() == DType.F32 ? dtype : weights.dtype();
      return new SparseConv2d(GpuConv2d.pack(g, pattern, type, weights, mask), g, pattern, type);
    }

    /**
     * Packs integers that were quantized elsewhere, under a mask, on the CPU: weight = scale *
     * integer. They are stored as {@link DType#S8}.
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
      CpuConv2d packed = CpuConv2d.packIntegers(g, pattern, weights, mask, scales);
      return new SparseConv2d(packed, g, pattern, dtype);
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
