/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The handle of an {@code nm_matrix}. */
public final class NativeMatrix extends NativeHandle {
  /** Makes an empty matrix. */
  public NativeMatrix(long rows, long cols, int n, int m, int dtype, int workload) {
    this(create(rows, cols, n, m, dtype, workload));
  }

  /** Owns a handle. */
  private NativeMatrix(long handle) {
    super("matrix", handle, () -> Bindings.nm_matrix_free(handle));
  }

  private static long create(long rows, long cols, int n, int m, int dtype, int workload) {
    long[] out = new long[1];
    Status.check(Bindings.nm_matrix_create(rows, cols, n, m, dtype, workload, out));
    return out[0];
  }

  /**
   * Makes the transpose of this sealed matrix.
   *
   * @throws IllegalStateException when closed
   */
  public NativeMatrix transposed() {
    long[] out = new long[1];
    long source = acquire();
    try {
      Status.check(Bindings.nm_matrix_transpose(source, out));
    } finally {
      release();
    }
    return new NativeMatrix(out[0]);
  }

  /** Makes an empty W^T of rows x cols weights W. */
  public static NativeMatrix emptyTransposed(long rows, long cols, int n, int m) {
    long[] out = new long[1];
    Status.check(Bindings.nm_matrix_create_transposed(rows, cols, n, m, out));
    return new NativeMatrix(out[0]);
  }

  /** Seals the matrix, within an exclusive call. */
  public void seal(long address) {
    Status.check(Bindings.nm_matrix_seal(address));
  }

  /** Takes the seal off, within an exclusive call. */
  public void reopen(long address) {
    Status.check(Bindings.nm_matrix_reopen(address));
  }

  /**
   * A handle on one packing of this sealed matrix, which shares its memory.
   *
   * @return null when there is no such packing
   * @throws IllegalStateException when closed
   */
  public NativeMatrix restricted(int workload) {
    long[] out = new long[1];
    long source = acquire();
    try {
      int status = Bindings.nm_matrix_restrict(source, workload, out);
      if (status == Bindings.NM_UNSUPPORTED) {
        return null;
      }
      Status.check(status);
    } finally {
      release();
    }
    return new NativeMatrix(out[0]);
  }

  /**
   * The native memory it occupies, in bytes.
   *
   * @throws IllegalStateException when closed
   */
  public long bytes() {
    long[] bytes = new long[1];
    long matrix = acquire();
    try {
      Status.check(Bindings.nm_matrix_bytes(matrix, bytes));
      return bytes[0];
    } finally {
      release();
    }
  }
}
