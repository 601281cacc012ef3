/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Activation;
import org.nm4j.torch.Conv2d;
import org.nm4j.torch.ConvSpec;

/**
 * A small U-shaped network from images to images (after Ronneberger et al., arXiv 1505.04597): two
 * steps down by strided convolutions, two up by repeated pixels, and what was seen on the way down
 * beside what comes up.
 *
 * <pre>{@code
 * UNet net = new UNet(1, 16);
 * Tensor cleaned = net.forward(torch.randn(2, 1, 28, 28));   // of the same shape
 * }</pre>
 */
public final class UNet extends VisionNet {
  private final Conv2d in;
  private final Conv2d down1;
  private final Conv2d down2;
  private final Conv2d up1;
  private final Conv2d up2;
  private final Conv2d out;

  /**
   * Makes the layers.
   *
   * @param channels of the images
   * @param width channels at full size; twice and four times as many further down
   */
  public UNet(int channels, int width) {
    in = normalized("in", ConvSpec.same(channels, width, 3));
    down1 = normalized("down1", ConvSpec.same(width, 2 * width, 3).stride(2));
    down2 = normalized("down2", ConvSpec.same(2 * width, 4 * width, 3).stride(2));
    up1 = normalized("up1", ConvSpec.same(6 * width, 2 * width, 3));
    up2 = normalized("up2", ConvSpec.same(3 * width, width, 3));
    out = conv2d("out", ConvSpec.same(width, channels, 3));
  }

  /**
   * Computes the network.
   *
   * @param x height and width must be multiples of 4
   */
  @Override
  public Tensor forward(Tensor x) {
    Tensor full = in.forward(x, Activation.RELU);
    Tensor half = down1.forward(full, Activation.RELU);
    Tensor quarter = down2.forward(half, Activation.RELU);
    Tensor y = up1.forward(beside(quarter, half), Activation.RELU);
    return out.forward(up2.forward(beside(y, full), Activation.RELU));
  }

  private static Tensor beside(Tensor small, Tensor large) {
    long n = small.size(0);
    long c = small.size(1);
    long h = small.size(2);
    long w = small.size(3);
    Tensor doubled = small.reshape(n, c, h, 1, w, 1).expand(n, c, h, 2, w, 2);
    return torch.cat(new TensorVector(doubled.reshape(n, c, 2 * h, 2 * w), large), 1);
  }
}
