/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.CudaAllocation;

/**
 * Memory of a GPU that is freed when the program says so. Matrices are views of it.
 *
 * <pre>{@code
 * Device gpu = Device.cuda(0);
 * if (gpu.availability().isAvailable()) {
 *   try (DeviceMemory memory = DeviceMemory.allocate(gpu, 1 << 20)) {
 *     DenseMatrix a = memory.matrix(0, DType.BF16, 64, 1024, 1024);
 *     DenseMatrix b = memory.matrix(1 << 17, DType.BF16, 64, 1024, 1024);
 *   }
 * }
 * }</pre>
 *
 * <p>Where that does not matter, {@link DenseMatrix#allocate(Device, DType, long, long)} gives a
 * matrix whose memory is freed when it is forgotten.
 *
 * <p>Freeing blocks until the GPU has done all work queued so far, so that nothing in flight loses
 * its memory. Closing twice does nothing, closing while a call is in progress is refused, and calls
 * on matrices of closed memory throw {@link IllegalStateException}. Safe for use by many threads.
 */
public final class DeviceMemory implements AutoCloseable {
  private final Device device;
  private final CudaAllocation handle;

  private DeviceMemory(Device device, CudaAllocation handle) {
    this.device = device;
    this.handle = handle;
  }

  /**
   * Allocates, contents unspecified, at a multiple of 256 bytes.
   *
   * @param device a GPU
   * @param bytes at least 0
   * @return the memory
   * @throws IllegalArgumentException when {@code bytes} is negative
   * @throws Nm4jException {@link ErrorCode#OUT_OF_MEMORY}, {@link ErrorCode#UNAVAILABLE}, {@link
   *     ErrorCode#LIBRARY}
   * @throws UnsupportedOperationException for the CPU
   */
  public static DeviceMemory allocate(Device device, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes must not be negative, got " + bytes);
    }
    return new DeviceMemory(
        device, new CudaAllocation(device.requireCuda("memory of its own"), bytes));
  }

  /**
   * Views some of it as a matrix.
   *
   * @param offset where it begins, in bytes; a multiple of the element's size
   * @param dtype the type of the elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view, which keeps this memory reachable, but not open
   * @throws IllegalArgumentException when a size is negative, the offset is not aligned or the
   *     matrix goes beyond the end
   */
  public DenseMatrix matrix(long offset, DType dtype, long rows, long cols, long ld) {
    int size = Objects.requireNonNull(dtype, "dtype").bytes();
    if (offset < 0 || offset % size != 0) {
      throw new IllegalArgumentException(
          "offset must be a multiple of " + size + " bytes, got " + offset);
    }
    long extent = Shape.extent(rows, cols, ld) * size;
    if (extent > handle.bytes() - offset) {
      throw new IllegalArgumentException(
          "the memory must hold " + extent + " bytes from " + offset + ", got " + handle.bytes());
    }
    return DenseMatrix.on(device, handle, offset / size, dtype, rows, cols, ld);
  }

  /**
   * The GPU.
   *
   * @return as given
   */
  public Device device() {
    return device;
  }

  /**
   * The size.
   *
   * @return bytes
   */
  public long bytes() {
    return handle.bytes();
  }

  /**
   * Whether {@link #close} was called.
   *
   * @return true when calls would fail
   */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /**
   * Blocks until the GPU has done its work, then frees the memory. Further calls do nothing.
   *
   * @throws IllegalStateException when a call is in progress on this memory, which stays open
   */
  @Override
  public void close() {
    handle.close();
  }

  /**
   * A short description.
   *
   * @return size, GPU and whether it is closed
   */
  @Override
  public String toString() {
    return "DeviceMemory[" + bytes() + " bytes, " + device + (isClosed() ? ", closed]" : "]");
  }
}
