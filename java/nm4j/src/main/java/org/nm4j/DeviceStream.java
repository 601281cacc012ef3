/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaStream;
import org.nm4j.internal.Streams;

/**
 * A queue of work of a GPU. What is queued runs in order, after the call has returned; two streams
 * run beside each other, ordered only by {@linkplain DeviceEvent events} and synchronisation.
 *
 * <pre>{@code
 * Device gpu = Device.cuda(0);
 * if (gpu.availability().isAvailable()) {
 *   DenseMatrix host = DenseMatrix.allocate(64, 1024);
 *   DenseMatrix x = DenseMatrix.allocate(gpu, DType.F32, 64, 1024);
 *   try (DeviceStream stream = DeviceStream.create(gpu)) {
 *     stream.copy(host, x);                 // queued
 *     stream.copy(x, host);
 *     stream.synchronize();                 // now it is there
 *   }
 * }
 * }</pre>
 *
 * <p>Products and training steps are queued with {@link Execution#on(DeviceStream)}. Until work is
 * done, nobody may change what it reads or look at what it writes. Nothing is freed under it: a
 * stream keeps the matrices of its work reachable, and whatever frees memory of a GPU waits.
 *
 * <p>Safe for use by many threads. {@link #close} waits for the work; closing twice does nothing,
 * closing while a call is in progress is refused, calls on a closed stream throw {@link
 * IllegalStateException}.
 */
public final class DeviceStream implements AutoCloseable {
  static {
    Streams.set(
        new Streams() {
          @Override
          public DeviceStream of(Device device, CudaStream handle) {
            return new DeviceStream(device, handle);
          }

          @Override
          public CudaStream handle(DeviceStream stream) {
            return stream.handle;
          }

          @Override
          public DeviceStream of(Execution execution, Device device) {
            return execution.stream(device);
          }

          @Override
          public boolean blocks(Execution execution) {
            return execution.stream() == null;
          }
        });
  }

  private final Device device;
  private final CudaStream handle;

  private DeviceStream(Device device, CudaStream handle) {
    this.device = device;
    this.handle = handle;
  }

  /**
   * A new stream.
   *
   * @param device a GPU
   * @return a stream without work
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE}, {@link ErrorCode#LIBRARY}
   * @throws UnsupportedOperationException for the CPU
   */
  public static DeviceStream create(Device device) {
    return new DeviceStream(device, new CudaStream(device.requireCuda("streams")));
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
   * Queues a copy of all elements, between host and GPU or within the GPU. Memory of {@link
   * DenseMatrix#allocatePinned} is copied beside other work; with other host memory the call may
   * block until the copy is done.
   *
   * @param from on the host or the GPU
   * @param to of the same shape and type, on the GPU or the host, writable; must not overlap
   * @throws IllegalArgumentException when shape or type differ, {@code to} is read-only, both are
   *     on the host, or one is on another GPU
   * @throws IllegalStateException when the stream, or the memory of a matrix, is closed
   */
  public void copy(DenseMatrix from, DenseMatrix to) {
    Shape.require("to", to, from.rows(), from.cols());
    Shape.requireWritable("to", to);
    if (from.dtype() != to.dtype()) {
      throw new IllegalArgumentException("to must be of " + from.dtype() + ", got " + to);
    }
    int kind = kind(from, to);
    int bytes = from.dtype().bytes();
    try (Call call = new Call()) {
      long stream = call.use(handle);
      from.hold(call);
      to.hold(call);
      CudaStatus.check(
          CudaBindings.nm_cuda_copy_rows(
              stream,
              kind,
              to.anyAddress(),
              to.ld() * bytes,
              from.anyAddress(),
              from.ld() * bytes,
              from.cols() * bytes,
              from.rows()));
      keep(from);
      keep(to);
    } finally {
      from.keepAlive();
      to.keepAlive();
    }
  }

  /**
   * Queues a conversion on the GPU: numbers are rounded to the nearest of the other type, ties to
   * even, integers limited to their range, NaN to the lowest. What integers {@linkplain
   * DenseMatrix#quantized stand for} is not looked at.
   *
   * @param from on the GPU, of F32, BF16, F16 or S8
   * @param to of the same shape and one of these types, on the GPU, writable; {@code from} itself
   *     or memory that does not overlap it
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} for other types
   * @throws IllegalArgumentException when the shape differs, {@code to} is read-only, one is
   *     elsewhere, or they overlap
   * @throws IllegalStateException when the stream, or the memory of a matrix, is closed
   */
  public void convert(DenseMatrix from, DenseMatrix to) {
    Shape.require("to", to, from.rows(), from.cols());
    Shape.requireWritable("to", to);
    for (DenseMatrix matrix : new DenseMatrix[] {from, to}) {
      if (matrix.device() != device) {
        throw new IllegalArgumentException("expected memory of " + device + ", got " + matrix);
      }
    }
    GpuMasks.apply(from, null, to, Execution.on(this));
  }

  private int kind(DenseMatrix from, DenseMatrix to) {
    if (from.device().isCpu() && to.device().isCpu()) {
      throw new IllegalArgumentException(
          "one of from and to must be on " + device + ", got both in host memory");
    }
    for (DenseMatrix matrix : new DenseMatrix[] {from, to}) {
      if (!matrix.device().isCpu() && matrix.device() != device) {
        throw new IllegalArgumentException(
            "expected memory of the host or " + device + ", got " + matrix);
      }
    }
    return from.device().isCpu()
        ? CudaBindings.NM_CUDA_TO_DEVICE
        : to.device().isCpu() ? CudaBindings.NM_CUDA_FROM_DEVICE : CudaBindings.NM_CUDA_ON_DEVICE;
  }

  /**
   * Queues that an event is reached when all work queued so far is done.
   *
   * @param event of the same GPU; it forgets its last recording
   * @throws IllegalArgumentException when it is of another GPU
   * @throws IllegalStateException when closed
   */
  public void record(DeviceEvent event) {
    requireSame(event);
    try (Call call = new Call()) {
      long stream = call.use(handle);
      CudaStatus.check(CudaBindings.nm_cuda_event_record(call.use(event.handle()), stream));
    }
  }

  /**
   * Lets all work that is queued from now on wait for an event's last recording; an event that was
   * never recorded is no obstacle. The calling thread does not wait.
   *
   * @param event of the same GPU
   * @throws IllegalArgumentException when it is of another GPU
   * @throws IllegalStateException when closed
   */
  public void waitFor(DeviceEvent event) {
    requireSame(event);
    try (Call call = new Call()) {
      long stream = call.use(handle);
      CudaStatus.check(CudaBindings.nm_cuda_stream_wait(stream, call.use(event.handle())));
    }
  }

  private void requireSame(DeviceEvent event) {
    if (Objects.requireNonNull(event, "event").device() != device) {
      throw new IllegalArgumentException(
          "the event must be of " + device + ", got one of " + event.device());
    }
  }

  /**
   * Whether all work queued so far is done.
   *
   * @return false while it is under way
   * @throws Nm4jException {@link ErrorCode#DEVICE} when it has failed
   * @throws IllegalStateException when closed
   */
  public boolean isDone() {
    return handle.isDone();
  }

  /**
   * Blocks until all work queued so far is done.
   *
   * @throws Nm4jException {@link ErrorCode#DEVICE} when it has failed
   * @throws IllegalStateException when closed
   */
  public void synchronize() {
    handle.synchronize();
  }

  /**
   * Memory on the GPU that the stream keeps for its products, as much as the largest needed: a copy
   * of operands that do not lie as cuSPARSELt wants them, and its workspace.
   *
   * @return bytes
   * @throws IllegalStateException when closed
   */
  public long scratchBytes() {
    long[] bytes = new long[1];
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_stream_scratch(call.use(handle), bytes));
    }
    return bytes[0];
  }

  /**
   * Blocks until all work queued so far is done, then gives that memory back.
   *
   * @throws Nm4jException {@link ErrorCode#DEVICE} when work has failed
   * @throws IllegalStateException when closed
   */
  public void trim() {
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_stream_trim(call.use(handle)));
    }
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
   * Blocks until the work is done, then frees the stream. Further calls do nothing.
   *
   * @throws IllegalStateException when a call is in progress on this stream, which stays open
   */
  @Override
  public void close() {
    handle.close();
  }

  /**
   * A short description.
   *
   * @return the GPU and whether it is closed
   */
  @Override
  public String toString() {
    return "DeviceStream[" + device + (isClosed() ? ", closed]" : "]");
  }

  CudaStream handle() {
    return handle;
  }

  /** Keeps what queued work uses until it is done. */
  void keep(DenseMatrix matrix) {
    handle.keep(matrix.memory());
  }
}
