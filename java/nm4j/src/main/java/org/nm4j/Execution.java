/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.nm4j.internal.SharedPool;

/**
 * Where the tiles of a product, or blocks of rows that are pruned, are computed. The result is the
 * same bits wherever that is, unless the execution is {@link #tuned}.
 *
 * <p>The calling thread always takes part and returns when the product is complete. Helpers are a
 * chance, not a condition: a saturated, single-threaded or rejecting executor costs speed, never
 * progress.
 *
 * <pre>{@code
 * ExecutorService executor = Executors.newFixedThreadPool(3);
 * Execution four = Execution.on(executor, 4); // the caller and up to 3 helpers
 * int threads = four.threads();               // 4
 * executor.shutdown();
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 */
public final class Execution {
  private static final Execution CALLER = new Execution(null, 1, false, null);

  private final Executor executor;
  private final int threads;
  private final boolean tuned;
  private final DeviceStream stream;

  private Execution(Executor executor, int threads, boolean tuned, DeviceStream stream) {
    this.executor = executor;
    this.threads = threads;
    this.tuned = tuned;
    this.stream = stream;
  }

  /**
   * The calling thread alone, the default.
   *
   * @return the execution
   */
  public static Execution caller() {
    return CALLER;
  }

  /**
   * As many threads as the JVM has processors, see {@link #parallel(int)}.
   *
   * @return the execution
   */
  public static Execution parallel() {
    return parallel(SharedPool.PROCESSORS);
  }

  /**
   * The calling thread and helpers from a pool of daemon threads that all callers share. It starts
   * with the first product, has one thread fewer than the JVM has processors, and idle threads end
   * by themselves. After a product its threads poll for the next one for some microseconds before
   * they sleep, as long as there is a processor for each; the system property {@code
   * nm4j.spin.micros} says how long (100, and 0 for not at all).
   *
   * @param threads how many threads compute at most, at least 1; more than the JVM has processors
   *     count as that many
   * @return the execution
   * @throws IllegalArgumentException when {@code threads} is less than 1
   */
  public static Execution parallel(int threads) {
    int useful = Math.min(requirePositive(threads), SharedPool.PROCESSORS);
    return useful == 1 ? CALLER : new Execution(SharedPool.executor(), useful, false, null);
  }

  /**
   * The calling thread and helpers from an executor, which stays the caller's to shut down.
   *
   * @param executor receives at most {@code threads - 1} short tasks per product
   * @param threads how many threads compute at most, at least 1
   * @return the execution
   * @throws IllegalArgumentException when {@code threads} is less than 1
   */
  public static Execution on(Executor executor, int threads) {
    Objects.requireNonNull(executor, "executor");
    return new Execution(executor, requirePositive(threads), false, null);
  }

  /**
   * A stream of a GPU, for operands there. Calls queue their work and return before it is done, see
   * {@link DeviceStream}; with any other execution, calls on operands of a GPU return when their
   * work is done. Calls on operands elsewhere throw {@link IllegalArgumentException}.
   *
   * @param stream where to queue; it stays the caller's to close
   * @return the execution
   */
  public static Execution on(DeviceStream stream) {
    return new Execution(null, 1, false, Objects.requireNonNull(stream, "stream"));
  }

  /**
   * All processors, and for each product what was fastest in a measurement: {@code
   * parallel().tuned()}.
   *
   * @return the execution
   */
  public static Execution auto() {
    return parallel().tuned();
  }

  /**
   * The same threads, with kernels chosen by measurement on this machine instead of by constants.
   *
   * <p>Candidates are the packings of the matrix and, if the JavaCPP preset {@code
   * org.bytedeco:openblas} is there and set to one thread, OpenBLAS on a dense copy of the weights
   * ({@code 4 * rows * cols} bytes, kept only if dense is the fastest somewhere). The first product
   * of a batch size measures, for 20 ms or a few products of each candidate; {@link
   * SparseMatrix#tune} does so ahead of time and says what came out. Matrices of the same shape,
   * pattern and types share the measurement.
   *
   * <p>Results mean the same: activations opposite pruned weights take no part, infinities and NaN
   * included (dense products of such activations are computed again, sparse). But sums have another
   * order with each candidate, hence other roundings; the same bits in every process are what
   * untuned executions give. Dense computes plain products of fp32: those with a factor per
   * feature, accumulated in place, strided or of other types are computed sparse.
   *
   * <p>On a GPU the candidates are cuSPARSELt's algorithms, each of which gives the bits of its
   * default on integers; the first product of a kind searches, see {@link CudaAlgorithms}.
   *
   * <pre>{@code
   * DenseMatrix weights = DenseMatrix.allocate(512, 512);
   * DenseMatrix x = DenseMatrix.allocate(16, 512);
   * DenseMatrix y = DenseMatrix.allocate(16, 512);
   * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.of(3, 4))) {
   *   w.linear(x, y, Epilogue.NONE, Execution.auto());
   * }
   * }</pre>
   *
   * @return an execution like this one
   */
  public Execution tuned() {
    return tuned ? this : new Execution(executor, threads, true, stream);
  }

  /**
   * Whether measurements choose the kernels.
   *
   * @return true for what {@link #auto} and {@link #tuned} give
   */
  public boolean isTuned() {
    return tuned;
  }

  /**
   * How many threads compute at most.
   *
   * @return at least 1
   */
  public int threads() {
    return threads;
  }

  /**
   * A short description.
   *
   * @return the number of threads and whether it is tuned
   */
  @Override
  public String toString() {
    return "Execution["
        + (stream == null ? "" : stream + ", ")
        + threads
        + (threads == 1 ? " thread" : " threads")
        + (tuned ? ", tuned]" : "]");
  }

  private static int requirePositive(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    return threads;
  }

  /**
   * The stream on which calls queue their work on operands of a GPU.
   *
   * @return as given to {@link #on(DeviceStream)}; null where calls wait for their work
   */
  public DeviceStream stream() {
    return stream;
  }

  /** Where work of a GPU is queued. */
  DeviceStream stream(Device device) {
    if (stream == null) {
      return device.shared();
    }
    requireDevice(device);
    return stream;
  }

  /** Refuses the stream of another device than that of the operands. */
  void requireDevice(Device device) {
    if (stream != null && stream.device() != device) {
      throw new IllegalArgumentException(
          "the execution's stream must be of "
              + device
              + ", where the operands are, got "
              + stream);
    }
  }

  /** Null for the calling thread alone. */
  Executor executor() {
    return executor;
  }
}
