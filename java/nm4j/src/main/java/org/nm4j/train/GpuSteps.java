/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.nio.IntBuffer;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.DeviceStream;
import org.nm4j.ErrorCode;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaMemory;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaStream;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.Streams;

/** Steps on a GPU. Each waits for its own work: it looks at the gradient and counts flips. */
final class GpuSteps implements Steps {
  private final MaskedParameter p;

  /** What kernels count: numbers of 64 bits as pairs of 32. */
  private final DenseMatrix found;

  private final DenseMatrix foundHere = DenseMatrix.allocate(DType.S32, 1, 4);

  GpuSteps(MaskedParameter p) {
    this.p = p;
    this.found = DenseMatrix.allocate(p.device(), DType.S32, 1, 4);
  }

  /** One call with the stream and all matrices held. */
  private final class Queue implements AutoCloseable {
    private final Call call = new Call();
    private final DeviceStream stream;
    private final CudaStream handle;

    Queue(Execution execution) {
      stream = Streams.get().of(execution, p.device());
      handle = Streams.get().handle(stream);
    }

    long stream() {
      return call.use(handle);
    }

    /** The address of a matrix, or 0. */
    long use(DenseMatrix matrix) {
      if (matrix == null) {
        return 0;
      }
      CudaMemory memory = (CudaMemory) Matrices.get().memory(matrix);
      call.use(memory);
      handle.keep(memory);
      return Matrices.get().anyAddress(matrix);
    }

    /** The numbers that kernels of this queue found. */
    IntBuffer found() {
      stream.copy(found, foundHere);
      stream.synchronize();
      return foundHere.int32Buffer();
    }

    @Override
    public void close() {
      call.close();
    }
  }

  @Override
  public void initialMask() {
    try (Queue queue = new Queue(Execution.caller())) {
      CudaStatus.check(
          CudaBindings.nm_cuda_mask_magnitude(
              queue.stream(),
              Bindings.NM_F32,
              queue.use(p.weights()),
              p.rows(),
              p.cols(),
              p.cols(),
              p.n,
              p.m,
              p.stride(),
              queue.use(p.mask),
              queue.use(found)));
      requireNone("w", "NaN", queue.found());
    }
  }

  @Override
  public DenseMatrix zeros(Execution execution) {
    DenseMatrix zeros = DenseMatrix.allocate(p.device(), DType.F32, p.rows(), p.cols());
    try (Queue queue = new Queue(execution)) {
      CudaStatus.check(
          CudaBindings.nm_cuda_fill(
              queue.stream(), queue.use(zeros), 0, p.rows() * p.cols() * Float.BYTES));
    }
    return zeros;
  }

  @Override
  public void requireFinite(DenseMatrix grad, Execution execution) {
    try (Queue queue = new Queue(execution)) {
      CudaStatus.check(
          CudaBindings.nm_cuda_check_finite(
              queue.stream(),
              Bindings.NM_F32,
              queue.use(grad),
              p.rows(),
              p.cols(),
              p.cols(),
              queue.use(found)));
      requireNone(p.name() + ": gradient", "not finite", queue.found());
    }
  }

  private void requireNone(String name, String what, IntBuffer found) {
    long count = number(found, 0);
    long first = number(found, 2);
    if (count != 0) {
      throw new Nm4jException(
          ErrorCode.NAN,
          "%s: expected finite numbers, got %d %s, the first at row %d, column %d"
              .formatted(name, count, what, first / p.cols(), first % p.cols()));
    }
  }

  private static long number(IntBuffer found, int at) {
    return (long) found.get(at + 1) << Integer.SIZE | found.get(at) & 0xffffffffL;
  }

  @Override
  public long update(Step step, Execution execution) {
    Optimizer optimizer = step.optimizer();
    try (Queue queue = new Queue(execution)) {
      CudaStatus.check(
          CudaBindings.nm4j_cuda_update(
              queue.stream(),
              p.rows(),
              p.cols(),
              step.n(),
              step.m(),
              p.stride(),
              optimizer.kind().ordinal(),
              step.rule().placement().ordinal(),
              step.flags(),
              step.number(),
              optimizer.lr(),
              optimizer.weightDecay(),
              optimizer.momentum(),
              optimizer.dampening(),
              optimizer.beta1(),
              optimizer.beta2(),
              optimizer.eps(),
              step.rule().lambda(),
              step.prunedFactor(),
              queue.use(p.weights()),
              queue.use(step.grad()),
              queue.use(p.first),
              queue.use(p.second),
              queue.use(p.mask),
              queue.use(p.masked()),
              queue.use(p.maskedBf16()),
              queue.use(found)));
      return number(queue.found(), 0);
    }
  }
}
