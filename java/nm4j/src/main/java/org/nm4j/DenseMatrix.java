/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import org.nm4j.internal.BufferMemory;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.Memory;

/**
 * A view of a rows x cols matrix of fp32, row-major with a leading dimension, in memory that the
 * caller owns. Nothing is copied: native code reads and writes that memory directly, and what is
 * between {@code cols} and {@code ld} is never touched.
 *
 * <pre>{@code
 * FloatBuffer memory = ByteBuffer.allocateDirect(4 * 100).order(ByteOrder.nativeOrder()).asFloatBuffer();
 * DenseMatrix wide = DenseMatrix.of(memory, 10, 8, 10);   // 10 rows of 8, 10 floats apart
 * wide.set(2, 3, 1.5f);
 * DenseMatrix middle = wide.rows(2, 4);                   // rows 2 to 5, the same memory
 * float value = middle.get(0, 3);                         // 1.5
 * }</pre>
 *
 * <p>The description is immutable. The elements are plain memory: threads that share them need the
 * same care as with arrays. The buffer is kept alive; memory that can be freed under a living
 * buffer (that of a closed arena) must outlast the last use of the view.
 */
public final class DenseMatrix {
  static {
    Matrices.set(
        new Matrices() {
          @Override
          public DenseMatrix view(Memory memory, long available, long rows, long cols, long ld) {
            Shape.requireRemaining("pointer", Shape.extent(rows, cols, ld), available);
            return new DenseMatrix(memory, 0, rows, cols, ld);
          }

          @Override
          public Memory memory(DenseMatrix matrix) {
            return matrix.memory;
          }

          @Override
          public long offset(DenseMatrix matrix) {
            return matrix.offset;
          }

          @Override
          public long extent(DenseMatrix matrix) {
            return Shape.extent(matrix.rows, matrix.cols, matrix.ld);
          }
        });
  }

  private final Memory memory;
  private final long offset;
  private final long address;
  private final long rows;
  private final long cols;
  private final long ld;

  private DenseMatrix(Memory memory, long offset, long rows, long cols, long ld) {
    this.memory = memory;
    this.offset = offset;
    this.address = memory.address() + offset * Float.BYTES;
    this.rows = rows;
    this.cols = cols;
    this.ld = ld;
  }

  /**
   * Views a buffer, from its position, as rows without gaps.
   *
   * @param buffer direct and in native order; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return the view
   * @throws IllegalArgumentException when a size is negative, or the buffer is on the heap, in
   *     foreign order, not aligned to 4 bytes, or holds fewer than rows * cols elements
   */
  public static DenseMatrix of(FloatBuffer buffer, long rows, long cols) {
    return of(buffer, rows, cols, cols);
  }

  /**
   * Views a buffer, from its position, as rows that start {@code ld} elements apart.
   *
   * @param buffer direct and in native order; read-only buffers serve as inputs
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when a size is negative, or the buffer is on the heap, in
   *     foreign order, not aligned to 4 bytes, or holds fewer than (rows - 1) * ld + cols elements
   */
  public static DenseMatrix of(FloatBuffer buffer, long rows, long cols, long ld) {
    Objects.requireNonNull(buffer, "buffer");
    Shape.requireRemaining("buffer", Shape.extent(rows, cols, ld), buffer.remaining());
    return new DenseMatrix(new BufferMemory(buffer), 0, rows, cols, ld);
  }

  /**
   * Copies an array into new memory.
   *
   * @param values row-major, rows * cols elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory
   * @throws IllegalArgumentException when a size is negative or the array has another length
   */
  public static DenseMatrix copyOf(float[] values, long rows, long cols) {
    Objects.requireNonNull(values, "values");
    Shape.requireExactly("values", Shape.extent(rows, cols, cols), values.length);
    DenseMatrix matrix = allocate(rows, cols);
    matrix.copyFrom(values);
    return matrix;
  }

  /**
   * New zeros in direct memory that starts at a multiple of 64 bytes and is freed with the view. It
   * counts against {@code -XX:MaxDirectMemorySize}.
   *
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @return a matrix that owns its memory
   * @throws IllegalArgumentException when a size is negative or 2 GiB are exceeded
   * @throws OutOfMemoryError when the limit of direct memory is reached
   */
  public static DenseMatrix allocate(long rows, long cols) {
    return new DenseMatrix(
        BufferMemory.allocate(Shape.extent(rows, cols, cols)), 0, rows, cols, cols);
  }

  /**
   * The number of rows.
   *
   * @return at least 0
   */
  public long rows() {
    return rows;
  }

  /**
   * The number of columns.
   *
   * @return at least 0
   */
  public long cols() {
    return cols;
  }

  /**
   * The leading dimension: elements from the start of one row to the start of the next.
   *
   * @return at least {@link #cols}
   */
  public long ld() {
    return ld;
  }

  /**
   * Whether the memory may only be read. Such a matrix is refused where a result is written.
   *
   * @return true for a view of a read-only buffer
   */
  public boolean readOnly() {
    return memory.readOnly();
  }

  /**
   * Reads one element.
   *
   * @param row from 0 to rows - 1
   * @param col from 0 to cols - 1
   * @return the element
   * @throws IndexOutOfBoundsException outside the matrix
   */
  public float get(long row, long col) {
    return memory.get(index(row, col));
  }

  /**
   * Writes one element.
   *
   * @param row from 0 to rows - 1
   * @param col from 0 to cols - 1
   * @param value the new value
   * @throws IndexOutOfBoundsException outside the matrix
   * @throws ReadOnlyBufferException when the memory may only be read
   */
  public void set(long row, long col, float value) {
    memory.put(index(row, col), value);
  }

  /**
   * A view of some of the rows, in the same memory.
   *
   * @param from the first row
   * @param count how many rows
   * @return the view, with the same columns and leading dimension
   * @throws IndexOutOfBoundsException unless all these rows exist
   */
  public DenseMatrix rows(long from, long count) {
    Objects.checkFromIndexSize(from, count, rows);
    boolean empty = count == 0 || cols == 0; // and its start may lie beyond the memory
    return new DenseMatrix(memory, empty ? offset : offset + from * ld, count, cols, ld);
  }

  /**
   * Copies the elements out.
   *
   * @return rows * cols elements, row-major without gaps
   * @throws IllegalStateException when they exceed an array
   */
  public float[] toArray() {
    float[] values = new float[size()];
    for (int row = 0; row < rows && cols > 0; row++) {
      row(row).get(values, row * (int) cols, (int) cols);
    }
    return values;
  }

  /**
   * Copies elements in.
   *
   * @param values rows * cols elements, row-major without gaps
   * @throws IllegalArgumentException when the array has another length
   * @throws ReadOnlyBufferException when the memory may only be read
   */
  public void copyFrom(float[] values) {
    Objects.requireNonNull(values, "values");
    Shape.requireExactly("values", Shape.extent(rows, cols, cols), values.length);
    for (int row = 0; row < rows && cols > 0; row++) {
      row(row).put(values, row * (int) cols, (int) cols);
    }
  }

  /**
   * The memory itself: from the first element to the last one, gaps between rows included.
   *
   * @return a new view, read-only when the matrix is
   * @throws IllegalStateException when it exceeds a buffer; {@link #rows(long, long)} cuts it down
   */
  public FloatBuffer buffer() {
    long extent = Shape.extent(rows, cols, ld);
    if (extent > Integer.MAX_VALUE / Float.BYTES) {
      throw new IllegalStateException(
          extent + " elements do not fit a direct FloatBuffer; view fewer rows");
    }
    return memory.buffer(offset, (int) extent);
  }

  /**
   * A short description.
   *
   * @return shape and leading dimension, not the elements
   */
  @Override
  public String toString() {
    return "DenseMatrix[" + rows + " x " + cols + ", ld " + ld + "]";
  }

  /** Address of the first element, valid while {@link #keepAlive} is still to be called. */
  long address() {
    return address;
  }

  /** To be called after native code has used {@link #address}. */
  void keepAlive() {
    Reference.reachabilityFence(memory);
  }

  private FloatBuffer row(long row) {
    return memory.buffer(offset + row * ld, (int) cols);
  }

  private int size() {
    long size = rows * cols;
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalStateException(size + " elements do not fit an array; copy fewer rows");
    }
    return (int) size;
  }

  private long index(long row, long col) {
    return offset + Objects.checkIndex(row, rows) * ld + Objects.checkIndex(col, cols);
  }
}
