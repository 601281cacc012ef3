/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

/**
 * Which weights of a row form a group of M.
 *
 * <pre>{@code
 * Grouping linear = Grouping.ALONG_ROWS;            // output x input
 * Grouping conv = Grouping.inputChannels(3, 3);     // output x (input * 3 * 3), PyTorch's order
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param stride how many elements the weights of a group lie apart, at least 1; it must divide the
 *     columns
 */
public record Grouping(long stride) {
  /**
   * Neighbours in memory: linear layers along their inputs, convolutions in OHWI order along input
   * channels. For convolutions in OIHW order these are the groups within kernels with which SR-STE
   * was first published.
   */
  public static final Grouping ALONG_ROWS = new Grouping(1);

  /**
   * Checks the stride.
   *
   * @param stride elements between neighbours of a group
   * @throws IllegalArgumentException when it is less than 1
   */
  public Grouping {
    if (stride < 1) {
      throw new IllegalArgumentException("stride must be at least 1, got " + stride);
    }
  }

  /**
   * Input channels at the same kernel position, for convolutions in OIHW order: the groups of
   * sparse tensor cores.
   *
   * @param kernelH height of the kernel, at least 1
   * @param kernelW width of the kernel, at least 1
   * @return a stride of kernelH * kernelW
   * @throws IllegalArgumentException when a size is less than 1
   */
  public static Grouping inputChannels(int kernelH, int kernelW) {
    if (kernelH < 1 || kernelW < 1) {
      throw new IllegalArgumentException(
          "kernel must be at least 1 x 1, got " + kernelH + " x " + kernelW);
    }
    return new Grouping((long) kernelH * kernelW);
  }
}
