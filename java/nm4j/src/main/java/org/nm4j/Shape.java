/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/** Checks of sizes, each with what was expected and what was given. */
final class Shape {
  private Shape() {}

  /** Elements from the first to the last of a matrix, gaps included. */
  static long extent(long rows, long cols, long ld) {
    requireNotNegative(rows, cols);
    if (ld < cols) {
      throw new IllegalArgumentException("ld must be at least cols = " + cols + ", got " + ld);
    }
    if (rows == 0 || cols == 0) {
      return 0;
    }
    try {
      long extent = Math.addExact(Math.multiplyExact(rows - 1, ld), cols);
      Math.multiplyExact(extent, Float.BYTES);
      return extent;
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          rows + " rows of " + cols + " with ld " + ld + " exceed 2^63 - 1 bytes", e);
    }
  }

  static void requireNotNegative(long rows, long cols) {
    if (rows < 0 || cols < 0) {
      throw new IllegalArgumentException(
          "rows and cols must not be negative, got " + rows + " x " + cols);
    }
  }

  static void requireRemaining(String name, long expected, long remaining) {
    if (remaining < expected) {
      throw new IllegalArgumentException(
          name + " must hold " + expected + " elements from its position, got " + remaining);
    }
  }

  static void requireExactly(String name, long expected, long got) {
    if (got != expected) {
      throw new IllegalArgumentException(name + " must have " + expected + " elements, got " + got);
    }
  }

  static void require(String name, DenseMatrix matrix, long rows, long cols) {
    require(name, matrix.rows(), matrix.cols(), rows, cols);
  }

  static void require(String name, Mask mask, long rows, long cols) {
    require(name, mask.rows(), mask.cols(), rows, cols);
  }

  /** The length of the sums of C = op(A) op(B). */
  static long requireProduct(
      boolean transposeA, boolean transposeB, DenseMatrix a, DenseMatrix b, DenseMatrix c) {
    long depth = transposeA ? a.rows() : a.cols();
    require("a", a, transposeA ? depth : c.rows(), transposeA ? c.rows() : depth);
    require("b", b, transposeB ? c.cols() : depth, transposeB ? depth : c.cols());
    return depth;
  }

  /** Refuses a mask elsewhere than its weights. */
  static void requireOn(Device device, Mask mask) {
    if (mask.device() != device) {
      throw new IllegalArgumentException(
          "mask must be on " + device + " as w is, got " + mask + "; see Mask.to");
    }
  }

  private static void require(String name, long rows, long cols, long needRows, long needCols) {
    if (rows != needRows || cols != needCols) {
      throw new IllegalArgumentException(
          name + " must be " + needRows + " x " + needCols + ", got " + rows + " x " + cols);
    }
  }

  /** Whether two matrices have no element in common; columns of one wide buffer have not. */
  static boolean apart(DenseMatrix a, DenseMatrix b) {
    long aBytes = extent(a.rows(), a.cols(), a.ld()) * a.dtype().bytes();
    long bBytes = extent(b.rows(), b.cols(), b.ld()) * b.dtype().bytes();
    long distance = b.anyAddress() - a.anyAddress();
    if (aBytes == 0 || bBytes == 0 || distance >= aBytes || -distance >= bBytes) {
      return true;
    }
    long stride = a.ld() * a.dtype().bytes();
    long offset = Math.floorMod(distance, stride); // of b's rows within a's lines
    return stride == b.ld() * b.dtype().bytes()
        && offset >= a.cols() * a.dtype().bytes()
        && offset + b.cols() * b.dtype().bytes() <= stride;
  }

  static void requireWritable(String name, DenseMatrix matrix) {
    if (matrix.readOnly()) {
      throw new IllegalArgumentException(name + " must be writable, got a read-only matrix");
    }
  }
}
