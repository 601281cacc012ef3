/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

/** The handle of an {@code nm_conv2d}. */
public final class NativeConv2d extends NativeHandle {
  /** Owns a handle. */
  private NativeConv2d(long handle) {
    super("convolution", handle, () -> Bindings.nm_conv2d_free(handle));
  }

  /** Packs weights and their mask, stored as a type. */
  public static NativeConv2d pack(
      long[] geometry, int n, int m, int dtype, long weights, long mask, int flags) {
    long[] out = new long[1];
    Status.check(Bindings.nm_conv2d_create_f32(geometry, n, m, dtype, weights, mask, flags, out));
    return new NativeConv2d(out[0]);
  }

  /** Packs integers, their mask, and a scale for each output channel. */
  public static NativeConv2d packIntegers(
      long[] geometry, int n, int m, long weights, long mask, long scales) {
    long[] out = new long[1];
    Status.check(Bindings.nm_conv2d_create_s8(geometry, n, m, weights, mask, scales, out));
    return new NativeConv2d(out[0]);
  }

  /**
   * The native memory it occupies, in bytes.
   *
   * @throws IllegalStateException when closed
   */
  public long bytes() {
    long[] bytes = new long[1];
    long conv2d = acquire();
    try {
      Status.check(Bindings.nm_conv2d_bytes(conv2d, bytes));
      return bytes[0];
    } finally {
      release();
    }
  }
}
