/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

/**
 * Which weights of a convolution form a group of M.
 *
 * <pre>{@code
 * Grouping paper = ConvGrouping.WITHIN_KERNELS.grouping(3, 3);
 * }</pre>
 */
public enum ConvGrouping {
  /**
   * Input channels at the same kernel position: what sparse tensor cores and nm4j's convolutions
   * multiply with.
   */
  INPUT_CHANNELS,
  /**
   * Neighbours in PyTorch's order, along the width of a kernel first, then its height, then input
   * channels: how SR-STE was first published. Accuracies are alike; no fast product exists.
   */
  WITHIN_KERNELS;

  /**
   * The groups in weights of a kernel, output x input x height x width.
   *
   * @param kernelH height of the kernel, at least 1
   * @param kernelW width of the kernel, at least 1
   * @return the grouping
   * @throws IllegalArgumentException when a size is less than 1
   */
  public Grouping grouping(int kernelH, int kernelW) {
    Grouping channels = Grouping.inputChannels(kernelH, kernelW);
    return this == INPUT_CHANNELS ? channels : Grouping.ALONG_ROWS;
  }
}
