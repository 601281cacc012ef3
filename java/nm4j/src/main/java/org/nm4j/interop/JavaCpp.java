/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.interop;

import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.PointerMemory;

/**
 * Shares memory with JavaCPP and the presets built on it, without copies.
 *
 * <pre>{@code
 * try (FloatPointer pointer = new FloatPointer(3 * 4)) {
 *   DenseMatrix matrix = JavaCpp.view(pointer, 3, 4, 4);
 *   matrix.set(2, 3, 1);
 *   float last = pointer.get(11);                         // 1
 *   FloatPointer same = JavaCpp.pointer(matrix.rows(2, 1)); // points to element 8
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads.
 */
public final class JavaCpp {
  private JavaCpp() {}

  /**
   * Views what a pointer points to from its position, of any size. The view keeps the pointer
   * reachable, but not its memory: that must not be deallocated (by close() or a PointerScope)
   * before the last use of the view.
   *
   * @param pointer at least (rows - 1) * ld + cols elements from its position to its limit; a
   *     pointer of unknown capacity (limit 0) is trusted
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when a size is negative or the pointer is null, too short or
   *     not aligned to 4 bytes
   */
  public static DenseMatrix view(FloatPointer pointer, long rows, long cols, long ld) {
    return view(DType.F32, pointer, rows, cols, ld);
  }

  /**
   * Views bf16, given as the bits of each element; see {@link #view(FloatPointer, long, long,
   * long)}.
   *
   * @param pointer at least (rows - 1) * ld + cols elements
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view, of {@link DType#BF16}
   * @throws IllegalArgumentException when a size is negative or the pointer is null, too short or
   *     not aligned to 2 bytes
   */
  public static DenseMatrix viewBf16(ShortPointer pointer, long rows, long cols, long ld) {
    return view(DType.BF16, pointer, rows, cols, ld);
  }

  /**
   * Views 8-bit integers; see {@link #view(FloatPointer, long, long, long)}.
   *
   * @param pointer at least (rows - 1) * ld + cols elements
   * @param dtype {@link DType#S8} or {@link DType#U8}
   * @param rows number of rows, may be 0
   * @param cols number of columns, may be 0
   * @param ld elements from the start of one row to the next, at least {@code cols}
   * @return the view
   * @throws IllegalArgumentException when the type has another size, a size is negative or the
   *     pointer is null or too short
   */
  public static DenseMatrix viewInt8(
      BytePointer pointer, DType dtype, long rows, long cols, long ld) {
    if (dtype.bytes() != 1) {
      throw new IllegalArgumentException("dtype must be S8 or U8, got " + dtype);
    }
    return view(dtype, pointer, rows, cols, ld);
  }

  private static DenseMatrix view(DType dtype, Pointer pointer, long rows, long cols, long ld) {
    Objects.requireNonNull(pointer, "pointer");
    long available = pointer.limit() == 0 ? Long.MAX_VALUE : pointer.limit() - pointer.position();
    return Matrices.get().view(dtype, new PointerMemory(pointer), available, rows, cols, ld);
  }

  /**
   * A pointer to a matrix's first element.
   *
   * @param matrix of {@link DType#F32}
   * @return a pointer whose limit is the matrix's last element; it keeps the memory reachable and
   *     must not write where the matrix is read-only
   * @throws IllegalStateException when the matrix is of another type
   */
  public static FloatPointer pointer(DenseMatrix matrix) {
    Matrices matrices = Matrices.get();
    if (matrices.memory(matrix) instanceof PointerMemory memory
        && memory.pointer(matrices.offset(matrix), matrices.extent(matrix))
            instanceof FloatPointer floats) {
      return floats;
    }
    return new FloatPointer(matrix.buffer());
  }
}
