/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Bindings;

/**
 * A view of n images of h x w pixels with c channels, on a {@link DenseMatrix} in memory that the
 * caller owns: what convolutions read and write. In {@link ImageLayout#NHWC} a row of the matrix is
 * a pixel, in {@link ImageLayout#NCHW} an image, plane by plane.
 *
 * <pre>{@code
 * Images x = Images.allocate(ImageLayout.NHWC, 8, 56, 56, 64);   // n, h, w, c
 * x.set(0, 10, 20, 3, 1.5f);
 * DenseMatrix pixels = x.matrix();                                // 8 * 56 * 56 rows of 64 channels
 * Images first = x.images(0, 1);                                  // the first image, same memory
 * }</pre>
 *
 * <p>The matrix's leading dimension may exceed its columns. So images can be some of the channels
 * of wider ones:
 *
 * <pre>{@code
 * FloatBuffer memory = DenseMatrix.allocate(14 * 14, 96).buffer();
 * Images left = Images.nhwc(DenseMatrix.of(memory, 14 * 14, 64, 96), 14, 14);
 * Images right = Images.nhwc(DenseMatrix.of(memory.position(64), 14 * 14, 32, 96), 14, 14);
 * }</pre>
 *
 * <p>Elements are of fp32 unless the matrix has another {@link DType}.
 *
 * <p>The description is immutable. The elements are plain memory: threads that share them need the
 * same care as with arrays.
 */
public final class Images {
  private final ImageLayout layout;
  private final DenseMatrix matrix;
  private final long n;
  private final long h;
  private final long w;
  private final long c;

  private Images(ImageLayout layout, DenseMatrix matrix, long n, long h, long w, long c) {
    this.layout = layout;
    this.matrix = matrix;
    this.n = n;
    this.h = h;
    this.w = w;
    this.c = c;
  }

  /**
   * Views a matrix whose rows are pixels, image after image, and within an image row after row.
   *
   * @param matrix n * h * w rows, one column for each channel
   * @param h height, at least 1
   * @param w width, at least 1
   * @return the view
   * @throws IllegalArgumentException when a size is less than 1, there is no channel, or the rows
   *     are no whole number of images
   */
  public static Images nhwc(DenseMatrix matrix, long h, long w) {
    long pixels = pixels(h, w);
    if (matrix.rows() % pixels != 0) {
      throw new IllegalArgumentException(
          "matrix must have a multiple of h * w = " + pixels + " rows, got " + matrix);
    }
    return of(ImageLayout.NHWC, matrix, matrix.rows() / pixels, h, w, matrix.cols());
  }

  /**
   * Views a matrix whose rows are images, channel after channel, and within a channel row after
   * row.
   *
   * @param matrix n rows, c * h * w columns
   * @param h height, at least 1
   * @param w width, at least 1
   * @return the view
   * @throws IllegalArgumentException when a size is less than 1, there is no channel, or the
   *     columns are no whole number of channels
   */
  public static Images nchw(DenseMatrix matrix, long h, long w) {
    long pixels = pixels(h, w);
    if (matrix.cols() % pixels != 0) {
      throw new IllegalArgumentException(
          "matrix must have a multiple of h * w = " + pixels + " columns, got " + matrix);
    }
    return of(ImageLayout.NCHW, matrix, matrix.rows(), h, w, matrix.cols() / pixels);
  }

  /**
   * New zeros in direct memory, see {@link DenseMatrix#allocate(long, long)}.
   *
   * @param layout how they lie
   * @param n number of images, may be 0
   * @param h height, at least 1
   * @param w width, at least 1
   * @param c channels, at least 1
   * @return images that own their memory
   * @throws IllegalArgumentException when a size is too small or 2 GiB are exceeded
   * @throws OutOfMemoryError when the limit of direct memory is reached
   */
  public static Images allocate(ImageLayout layout, long n, long h, long w, long c) {
    return allocate(DType.F32, layout, n, h, w, c);
  }

  /**
   * New zeros of any type in direct memory, see {@link DenseMatrix#allocate(DType, long, long)}.
   *
   * @param dtype the type of the elements
   * @param layout how they lie
   * @param n number of images, may be 0
   * @param h height, at least 1
   * @param w width, at least 1
   * @param c channels, at least 1
   * @return images that own their memory
   * @throws IllegalArgumentException when a size is too small or 2 GiB are exceeded
   * @throws OutOfMemoryError when the limit of direct memory is reached
   */
  public static Images allocate(DType dtype, ImageLayout layout, long n, long h, long w, long c) {
    return allocate(Device.cpu(), dtype, layout, n, h, w, c);
  }

  /**
   * New memory of a device, freed when it is forgotten, see {@link DenseMatrix#allocate(Device,
   * DType, long, long)}.
   *
   * @param device the CPU, whose memory begins with zeros, or a GPU, whose does with anything
   * @param dtype the type of the elements
   * @param layout how they lie
   * @param n number of images, may be 0
   * @param h height, at least 1
   * @param w width, at least 1
   * @param c channels, at least 1
   * @return images that own their memory
   * @throws IllegalArgumentException when a size is too small or too large
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   */
  public static Images allocate(
      Device device, DType dtype, ImageLayout layout, long n, long h, long w, long c) {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(dtype, "dtype");
    long pixels = pixels(h, w);
    try {
      DenseMatrix matrix =
          layout == ImageLayout.NHWC
              ? DenseMatrix.allocate(device, dtype, Math.multiplyExact(n, pixels), c)
              : DenseMatrix.allocate(device, dtype, n, Math.multiplyExact(c, pixels));
      return of(layout, matrix, n, h, w, c);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          n + " images of " + h + " x " + w + " x " + c + " exceed 2^63 - 1 elements", e);
    }
  }

  private static long pixels(long h, long w) {
    if (h < 1 || w < 1 || h > Integer.MAX_VALUE || w > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "h and w must be from 1 to " + Integer.MAX_VALUE + ", got " + h + " x " + w);
    }
    return h * w;
  }

  private static Images of(ImageLayout layout, DenseMatrix matrix, long n, long h, long w, long c) {
    if (c < 1) {
      throw new IllegalArgumentException("c must be at least 1, got " + c);
    }
    return new Images(layout, matrix, n, h, w, c);
  }

  /**
   * How they lie in memory.
   *
   * @return the layout
   */
  public ImageLayout layout() {
    return layout;
  }

  /**
   * The number of images.
   *
   * @return at least 0
   */
  public long n() {
    return n;
  }

  /**
   * The height.
   *
   * @return rows of pixels, at least 1
   */
  public long h() {
    return h;
  }

  /**
   * The width.
   *
   * @return pixels in a row, at least 1
   */
  public long w() {
    return w;
  }

  /**
   * The number of channels.
   *
   * @return at least 1
   */
  public long c() {
    return c;
  }

  /**
   * The elements as a matrix, in the same memory: for {@link Epilogue#add}, or to copy them.
   *
   * @return NHWC: n * h * w x c; NCHW: n x c * h * w
   */
  public DenseMatrix matrix() {
    return matrix;
  }

  /**
   * The type of the elements.
   *
   * @return that of {@link #matrix}
   */
  public DType dtype() {
    return matrix.dtype();
  }

  /**
   * The same integers with a meaning, see {@link DenseMatrix#quantized}.
   *
   * @param scale the step between two numbers, finite and above 0; 1 to begin with
   * @param zero the integer that stands for 0, also around the image; 0 to begin with
   * @return a view of the same memory
   * @throws IllegalArgumentException when a value is out of range
   * @throws IllegalStateException unless the elements are integers of 8 bits
   */
  public Images quantized(float scale, int zero) {
    return with(matrix.quantized(scale, zero));
  }

  /**
   * A view of some of the images, in the same memory.
   *
   * @param from the first image
   * @param count how many images
   * @return the view
   * @throws IndexOutOfBoundsException unless all these images exist
   */
  public Images images(long from, long count) {
    Objects.checkFromIndexSize(from, count, n);
    long rows = layout == ImageLayout.NHWC ? h * w : 1;
    return new Images(layout, matrix.rows(from * rows, count * rows), count, h, w, c);
  }

  /**
   * Some of the channels, in the same memory.
   *
   * @param from the first channel
   * @param count how many channels, at least 1
   * @return the same images with these channels
   * @throws IndexOutOfBoundsException unless all these channels exist
   * @throws IllegalArgumentException when there are none
   */
  public Images channels(long from, long count) {
    Objects.checkFromIndexSize(from, count, c);
    long each = layout == ImageLayout.NHWC ? 1 : h * w;
    return of(layout, matrix.columns(from * each, count * each), n, h, w, count);
  }

  /**
   * The same images in memory of another device, without gaps. Blocks until they are there.
   *
   * @param device the CPU or a GPU
   * @return new images, even where they are there already
   * @throws IllegalArgumentException when the copy exceeds 2 GiB and the target is the CPU
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   * @throws IllegalStateException when the memory is closed
   */
  public Images to(Device device) {
    return with(matrix.to(device));
  }

  /** Images like these of another matrix of the same shape. */
  Images with(DenseMatrix other) {
    return new Images(layout, other, n, h, w, c);
  }

  /** Whether NCHW images lie one directly behind the other. */
  boolean withoutGaps() {
    return n <= 1 || matrix.ld() == matrix.cols();
  }

  /** NCHW images without gaps as a matrix with a plane in each row. */
  DenseMatrix planes() {
    return matrix.packed(n * c, h * w);
  }

  /**
   * Reads one element.
   *
   * @param image from 0 to n - 1
   * @param row from 0 to h - 1
   * @param col from 0 to w - 1
   * @param channel from 0 to c - 1
   * @return the element
   * @throws IndexOutOfBoundsException outside the images
   * @throws IllegalStateException when they are on a GPU
   */
  public float get(long image, long row, long col, long channel) {
    long pixel = pixel(row, col);
    Objects.checkIndex(image, n);
    Objects.checkIndex(channel, c);
    return layout == ImageLayout.NHWC
        ? matrix.get(image * h * w + pixel, channel)
        : matrix.get(image, channel * h * w + pixel);
  }

  /**
   * Writes one element.
   *
   * @param image from 0 to n - 1
   * @param row from 0 to h - 1
   * @param col from 0 to w - 1
   * @param channel from 0 to c - 1
   * @param value the new value
   * @throws IndexOutOfBoundsException outside the images
   * @throws java.nio.ReadOnlyBufferException when the memory may only be read
   * @throws IllegalStateException when they are on a GPU
   */
  public void set(long image, long row, long col, long channel, float value) {
    long pixel = pixel(row, col);
    Objects.checkIndex(image, n);
    Objects.checkIndex(channel, c);
    if (layout == ImageLayout.NHWC) {
      matrix.set(image * h * w + pixel, channel, value);
    } else {
      matrix.set(image, channel * h * w + pixel, value);
    }
  }

  /**
   * A short description.
   *
   * @return layout and sizes, not the elements
   */
  @Override
  public String toString() {
    String type = dtype() == DType.F32 ? "" : dtype() + " ";
    return "Images[" + type + layout + ", " + n + " x " + h + " x " + w + " x " + c + "]";
  }

  /** The fields of {@code nm_images}, for these images in memory with another leading dimension. */
  long[] describe(long ld) {
    return layout == ImageLayout.NHWC
        ? new long[] {Bindings.NM_NHWC, n, h, w, c, h * w * ld, w * ld, ld, 1}
        : new long[] {Bindings.NM_NCHW, n, h, w, c, ld, w, 1, h * w};
  }

  private long pixel(long row, long col) {
    return Objects.checkIndex(row, h) * w + Objects.checkIndex(col, w);
  }
}
