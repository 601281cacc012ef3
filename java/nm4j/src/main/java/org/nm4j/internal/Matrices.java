/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.Execution;
import org.nm4j.Images;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.SparseConv2d;

/**
 * The door through which the other packages reach the memory of a {@link DenseMatrix}, and divide
 * rows over the threads of an {@link Execution}.
 */
public abstract class Matrices {
  private static Matrices instance;

  /** Called once, by DenseMatrix. */
  public static void set(Matrices matrices) {
    instance = matrices;
  }

  /** The one implementation. */
  public static Matrices get() {
    if (instance == null) {
      initialize(DenseMatrix.class);
    }
    return instance;
  }

  /** Runs a class's static initialiser. */
  static void initialize(Class<?> type) {
    try {
      Class.forName(type.getName(), true, type.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** A view of memory of which {@code available} elements may be used. */
  public abstract DenseMatrix view(
      DType dtype, Memory memory, long available, long rows, long cols, long ld);

  /** The same elements, which have no gaps, in rows of another length. */
  public abstract DenseMatrix reshape(DenseMatrix matrix, long rows, long cols);

  /** The same bits in rows of another length. */
  public abstract Mask reshape(Mask mask, long rows, long cols);

  /** The memory of a matrix. */
  public abstract Memory memory(DenseMatrix matrix);

  /** Index in that memory of the matrix's first element. */
  public abstract long offset(DenseMatrix matrix);

  /**
   * Where the first element lies, valid as long as the matrix is reachable.
   *
   * @throws IllegalArgumentException when that is not in host memory
   */
  public final long address(DenseMatrix matrix) {
    if (!matrix.device().isCpu()) {
      throw new IllegalArgumentException("expected a matrix in host memory, got " + matrix);
    }
    return anyAddress(matrix);
  }

  /** As {@link #address}, on whatever device; of null, 0. */
  public final long anyAddress(DenseMatrix matrix) {
    return matrix == null ? 0 : memory(matrix).address() + offset(matrix) * matrix.dtype().bytes();
  }

  /** Whether two matrices have no element in common. */
  public abstract boolean apart(DenseMatrix a, DenseMatrix b);

  /** Copies all elements, on whatever devices, and waits. */
  public abstract void copy(DenseMatrix from, DenseMatrix to);

  /** Elements from the first to the last, gaps included. */
  public abstract long extent(DenseMatrix matrix);

  /** Reads rows; the exception is what the work says about the first row that fails. */
  public abstract void readRows(long rows, long cols, Execution execution, Work work);

  /** Changes rows, each once, divided at multiples of {@code height} only. */
  public abstract void changeRows(
      long rows, long cols, long height, Execution execution, Work work);

  /** Room for weights of a pattern, for both passes, and for activations of some type. */
  public abstract TrainedWeights trainedWeights(
      Device device, DType activations, long rows, long cols, Pattern pattern);

  /** Room for W^T alone, the backward pass, on the CPU. */
  public abstract TrainedWeights trainedColumns(long rows, long cols, Pattern pattern);

  /**
   * Queues out = what a mask's bits keep of a matrix on a GPU, everything for null, as the type of
   * out.
   */
  public abstract void cast(
      DenseMatrix from, DenseMatrix bits, DenseMatrix out, Execution execution);

  /** The sizes of a convolution as they are now: a builder of fp32 weights that refuses NaN. */
  public abstract SparseConv2d.Builder sizes(SparseConv2d.Builder builder);

  /** The matrix of columns of images with the channels of one group of a convolution. */
  public abstract void columns(
      SparseConv2d.Builder geometry, Images x, DenseMatrix columns, Execution execution);

  /** The sums of columns that come from each element of such images. */
  public abstract void sumColumns(
      SparseConv2d.Builder geometry, DenseMatrix columns, Images x, Execution execution);

  /** Works on {@code count} rows from {@code row} on; returns a status. */
  public interface Work {
    int run(long row, long count);
  }
}
