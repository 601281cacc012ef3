/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.DeviceStream;
import org.nm4j.ErrorCode;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;

/**
 * Calls that queue work of a GPU on one stream: what they use is held until the queue is closed,
 * and kept until the work is done. For one thread.
 */
public final class CudaQueue implements AutoCloseable {
  private final Call call = new Call();
  private final List<Object> used = new ArrayList<>(8);
  private final Device device;
  private final boolean blocks;
  private final DeviceStream stream;
  private final CudaStream handle;
  private final long address;
  private CudaFindings findings; // or null: nobody looks for anything
  private CudaAllocation scratch; // or null: nobody needs any

  /** Nothing queued yet, on the stream that an execution has for a device. */
  public CudaQueue(Execution execution, Device device) {
    this.device = device;
    this.blocks = Streams.get().blocks(execution);
    this.stream = Streams.get().of(execution, device);
    this.handle = Streams.get().handle(stream);
    this.address = call.use(handle);
  }

  /** The address of the stream. */
  public long stream() {
    return address;
  }

  /**
   * The address of a matrix, or 0 for null.
   *
   * @param name what messages call it
   * @throws IllegalArgumentException when it is elsewhere
   * @throws IllegalStateException when its memory is closed
   */
  public long use(String name, DenseMatrix matrix) {
    if (matrix == null) {
      return 0;
    }
    if (matrix.device() != device) {
      throw new IllegalArgumentException(
          name + " must be in memory of " + device + ", got " + matrix + " of " + matrix.device());
    }
    CudaMemory memory = (CudaMemory) Matrices.get().memory(matrix);
    call.use(memory);
    used.add(memory);
    return Matrices.get().anyAddress(matrix);
  }

  /** The address of a handle. */
  public long use(NativeHandle one) {
    used.add(one);
    return call.use(one);
  }

  /** Memory for what one queued work leaves for the next; each call may give the same again. */
  public DenseMatrix scratch(DType dtype, long rows, long cols) {
    long bytes = Math.multiplyExact(Math.multiplyExact(rows, cols), dtype.bytes());
    if (scratch != null && scratch.bytes() < bytes) {
      throw new IllegalStateException(
          "the first use of scratch memory must be the largest, got " + bytes + " bytes");
    }
    if (scratch == null) {
      scratch = handle.takeScratch(device, bytes);
      call.use(scratch);
    }
    return Matrices.get().view(dtype, scratch, rows * cols, rows, cols, cols);
  }

  /** Where a kernel writes what it finds. */
  public long findings() {
    if (findings == null) {
      findings = handle.takeFindings(device);
    }
    return use("findings", findings.memory());
  }

  /** Waits for all that is queued; what the last kernel with findings has found. */
  public CudaFindings found() {
    findings.read(stream);
    return findings;
  }

  /**
   * Waits, and refuses numbers that a kernel has found.
   *
   * @throws Nm4jException {@link ErrorCode#NAN} with the first position
   */
  public void requireNone(String name, String what, long cols) {
    long count = found().count();
    long first = findings.first();
    if (count != 0) {
      throw new Nm4jException(
          ErrorCode.NAN,
          "%s: expected finite numbers, got %d %s, the first at row %d, column %d"
              .formatted(name, count, what, first / cols, first % cols));
    }
  }

  /** Waits for the work, unless the execution only queues it. */
  public void finish() {
    if (blocks) {
      synchronize();
    }
  }

  /** Waits for the work. */
  public void synchronize() {
    handle.synchronize();
  }

  @Override
  public void close() {
    try {
      used.forEach(handle::keep);
      if (findings != null) {
        handle.giveBack(findings);
      }
    } finally {
      call.close();
      if (scratch != null) { // no longer held, as a stream that is closed meanwhile frees it
        handle.giveBack(scratch);
      }
    }
  }
}
