/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/** A convolution without its weights; the fields of {@code nm_conv2d_geometry}, in its order. */
record Conv2dGeometry(
    long inC,
    long outC,
    long groups,
    long kernelH,
    long kernelW,
    long strideH,
    long strideW,
    long dilationH,
    long dilationW,
    long top,
    long left,
    long bottom,
    long right) {

  long[] fields() {
    return new long[] {
      inC, outC, groups, kernelH, kernelW, strideH, strideW, dilationH, dilationW, top, left,
      bottom, right
    };
  }

  /** Of one of its groups, whose channels are all that it sees. */
  Conv2dGeometry ofOneGroup() {
    return new Conv2dGeometry(
        inC / groups,
        outC / groups,
        1,
        kernelH,
        kernelW,
        strideH,
        strideW,
        dilationH,
        dilationW,
        top,
        left,
        bottom,
        right);
  }

  long weightRows() {
    try {
      return Math.multiplyExact(outC * kernelH, kernelW);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          outC + " kernels of " + kernelH + " x " + kernelW + " exceed 2^63 - 1 rows", e);
    }
  }

  /** Of one output channel. */
  long rowElements() {
    return kernelH * kernelW * weightCols();
  }

  /** Whether each output pixel depends on one input pixel, the one in its place. */
  boolean isPointwise() {
    return kernelH == 1
        && kernelW == 1
        && strideH == 1
        && strideW == 1
        && top + left + bottom + right == 0;
  }

  long weightCols() {
    return inC / groups;
  }

  long outH(long h) {
    return out("h", h, top + bottom, dilationH * (kernelH - 1) + 1, strideH);
  }

  long outW(long w) {
    return out("w", w, left + right, dilationW * (kernelW - 1) + 1, strideW);
  }

  private static long out(String name, long size, long padding, long extent, long stride) {
    if (size < 1 || size > Integer.MAX_VALUE || size + padding < extent) {
      throw new IllegalArgumentException(
          name
              + " must be from "
              + Math.max(1, extent - padding)
              + " to "
              + Integer.MAX_VALUE
              + " for a kernel over "
              + extent
              + " and padding of "
              + padding
              + ", got "
              + size);
    }
    return (size + padding - extent) / stride + 1;
  }
}
