/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaEvent;
import org.nm4j.internal.CudaStatus;

/**
 * A point in the work of a {@link DeviceStream}: others wait for it, and two of them measure time.
 *
 * <pre>{@code
 * Device gpu = Device.cuda(0);
 * if (gpu.availability().isAvailable()) {
 *   try (DeviceStream copies = DeviceStream.create(gpu);
 *       DeviceStream products = DeviceStream.create(gpu);
 *       DeviceEvent copied = DeviceEvent.create(gpu)) {
 *     // ... queue copies ...
 *     copies.record(copied);
 *     products.waitFor(copied);
 *     // ... queue products of what was copied ...
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads. Closing is as with {@link DeviceStream}.
 */
public final class DeviceEvent implements AutoCloseable {
  private final Device device;
  private final CudaEvent handle;

  private DeviceEvent(Device device) {
    this.device = device;
    this.handle = new CudaEvent(device.requireCuda("events"));
  }

  /**
   * A new event, not recorded.
   *
   * @param device a GPU
   * @return the event
   * @throws Nm4jException {@link ErrorCode#UNAVAILABLE}, {@link ErrorCode#LIBRARY}
   * @throws UnsupportedOperationException for the CPU
   */
  public static DeviceEvent create(Device device) {
    return new DeviceEvent(device);
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
   * Whether the last recording is reached.
   *
   * @return true, too, when it was never recorded
   * @throws IllegalStateException when closed
   */
  public boolean isReached() {
    int[] done = new int[1];
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_event_query(call.use(handle), done));
    }
    return done[0] != 0;
  }

  /**
   * Blocks until the last recording is reached.
   *
   * @throws Nm4jException {@link ErrorCode#DEVICE} when work before it has failed
   * @throws IllegalStateException when closed
   */
  public void synchronize() {
    try (Call call = new Call()) {
      CudaStatus.check(CudaBindings.nm_cuda_event_synchronize(call.use(handle)));
    }
  }

  /**
   * The time from this event to a later one, by the clock of the GPU.
   *
   * @param end recorded later, on the same GPU
   * @return milliseconds
   * @throws IllegalStateException when closed, or when one is not reached
   */
  public double millisecondsTo(DeviceEvent end) {
    double[] milliseconds = new double[1];
    try (Call call = new Call()) {
      long begin = call.use(handle);
      CudaStatus.check(
          CudaBindings.nm4j_cuda_event_elapsed(begin, call.use(end.handle), milliseconds));
    }
    return milliseconds[0];
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
   * Frees the event. Further calls do nothing.
   *
   * @throws IllegalStateException when a call is in progress on this event, which stays open
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
    return "DeviceEvent[" + device + (isClosed() ? ", closed]" : "]");
  }

  CudaEvent handle() {
    return handle;
  }
}
