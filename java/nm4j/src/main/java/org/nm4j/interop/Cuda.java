/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.interop;

import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.DeviceStream;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaMemory;
import org.nm4j.internal.CudaPointer;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaStream;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.Streams;

/**
 * Shares memory and streams of a GPU with the JavaCPP presets for CUDA and PyTorch, without copies:
 * an address is all that it takes.
 *
 * <pre>{@code
 * Device gpu = Device.cuda(0);
 * if (gpu.availability().isAvailable()) {
 *   DenseMatrix x = DenseMatrix.allocate(gpu, DType.BF16, 64, 1024);
 *   org.bytedeco.javacpp.Pointer address = Cuda.pointer(x); // for cudaMemcpy, torch.from_blob
 *   DenseMatrix same = Cuda.view(address, gpu, DType.BF16, 64, 1024, 1024);
 * }
 * }</pre>
 *
 * <p>Nobody knows when other libraries' work is done: order it with that of nm4j by sharing the
 * stream ({@link #wrap}, {@link #stream}) or by synchronising. Safe for use by many threads.
 */
public final class Cuda {
  private Cuda() {}

  /**
   * Views memory of a GPU that somebody else allocated, from the pointer's position. The view keeps
   * the pointer reachable, but not its memory: that must not be freed before work that uses the
   * view is done.
   *
   * @param pointer an address on the GPU, such as {@code tensor.data_ptr()} or what {@code
   *     cudaMalloc} gave; its limit is not looked at
   * @param device the GPU
   * @param dtype the type of the elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when a size is negative or the pointer is null or not aligned
   *     to the elements; that it is an address of this GPU is checked when it is used
   * @throws UnsupportedOperationException for the CPU: there {@link JavaCpp} does
   */
  public static DenseMatrix view(
      Pointer pointer, Device device, DType dtype, long rows, long cols, long ld) {
    Objects.requireNonNull(dtype, "dtype");
    requireCuda(device);
    if (Objects.requireNonNull(pointer, "pointer").isNull()) {
      throw new IllegalArgumentException("pointer must point to memory, got the null pointer");
    }
    long address = pointer.address() + pointer.position() * pointer.sizeof();
    if (address % dtype.bytes() != 0) {
      throw new IllegalArgumentException(
          "pointer must be aligned to " + dtype.bytes() + " bytes, got " + address);
    }
    CudaPointer memory = new CudaPointer(device.index(), address, pointer);
    return Matrices.get().view(dtype, memory, Long.MAX_VALUE, rows, cols, ld);
  }

  /**
   * The address of a matrix's first element.
   *
   * @param matrix on a GPU
   * @return a pointer that keeps nothing alive: the matrix must outlast its use
   * @throws IllegalArgumentException when the matrix is on the CPU
   * @throws IllegalStateException when its memory is closed
   */
  public static Pointer pointer(DenseMatrix matrix) {
    Matrices matrices = Matrices.get();
    if (!(matrices.memory(matrix) instanceof CudaMemory memory)) {
      throw new IllegalArgumentException("expected a matrix on a GPU, got " + matrix);
    }
    long offset = matrices.offset(matrix) * matrix.dtype().bytes();
    memory.acquire();
    memory.release();
    return at(memory.address() + offset);
  }

  /**
   * Uses somebody else's stream, for example PyTorch's current one.
   *
   * @param stream a {@code cudaStream_t} ({@code CUstream_st} in the preset), or null for the GPU's
   *     default stream; it must outlive what is returned
   * @param device the GPU
   * @return a stream whose {@link DeviceStream#close} leaves the other one alone
   * @throws org.nm4j.Nm4jException {@code UNAVAILABLE}, {@code LIBRARY}
   * @throws UnsupportedOperationException for the CPU
   */
  public static DeviceStream wrap(Pointer stream, Device device) {
    requireCuda(device);
    long raw = stream == null ? 0 : stream.address();
    return Streams.get().of(device, new CudaStream(device.index(), raw));
  }

  /**
   * The {@code cudaStream_t} of a stream.
   *
   * @param stream open
   * @return a pointer that keeps nothing alive: the stream must outlast its use
   * @throws IllegalStateException when the stream is closed
   */
  public static Pointer stream(DeviceStream stream) {
    CudaStream handle = Streams.get().handle(stream);
    long[] raw = new long[1];
    long address = handle.acquire();
    try {
      CudaStatus.check(CudaBindings.nm4j_cuda_stream_raw(address, raw));
    } finally {
      handle.release();
    }
    return at(raw[0]);
  }

  private static void requireCuda(Device device) {
    if (Objects.requireNonNull(device, "device").isCpu()) {
      throw new UnsupportedOperationException("expected a GPU, got the CPU");
    }
  }

  /** A pointer that owns nothing. */
  private static Pointer at(long address) {
    return new Address(address);
  }

  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
