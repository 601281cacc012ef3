/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;

/**
 * A convolution with square kernel and zeros around the image.
 *
 * <pre>{@code
 * ConvSpec spec = ConvSpec.same(64, 128, 3).stride(2);
 * }</pre>
 *
 * @param in input channels
 * @param out output channels
 * @param kernel height and width of the kernel
 * @param stride distance between neighbouring outputs in the input
 * @param padding zeros on every side
 * @param bias whether a bias is added
 */
public record ConvSpec(int in, int out, int kernel, int stride, int padding, boolean bias) {
  /**
   * Stride 1, and as much padding as keeps the size.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel odd height and width of the kernel
   * @return the convolution, with bias
   */
  public static ConvSpec same(int in, int out, int kernel) {
    return new ConvSpec(in, out, kernel, 1, kernel / 2, true);
  }

  /**
   * Changes the stride.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public ConvSpec stride(int value) {
    return new ConvSpec(in, out, kernel, value, padding, bias);
  }

  /**
   * Leaves the bias out, ahead of a normalisation that has its own.
   *
   * @return a changed copy
   */
  public ConvSpec withoutBias() {
    return new ConvSpec(in, out, kernel, stride, padding, false);
  }

  Conv2dImpl dense() {
    Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(kernel, kernel));
    options.stride().put(0, stride).put(1, stride);
    options.padding().put(new LongPointer(padding, padding));
    options.bias().put(bias);
    return new Conv2dImpl(options);
  }
}
