/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import org.bytedeco.pytorch.Tensor;
import org.nm4j.Activation;
import org.nm4j.torch.Conv2d;
import org.nm4j.torch.ConvSpec;
import org.nm4j.torch.Linear;

/**
 * Three convolutions with batch normalisation (strides 2, 1 and 2 instead of pooling, which takes
 * most of the time in PyTorch) and two linear layers, for 28 x 28 grey images. The first
 * convolution has one input channel and the last layer is the classifier: a recipe leaves both
 * dense.
 *
 * <pre>{@code
 * SmallCnn net = new SmallCnn(16, 10);
 * Tensor logits = net.forward(torch.randn(8, 1, 28, 28));
 * }</pre>
 */
public final class SmallCnn extends VisionNet {
  private final Conv2d conv1;
  private final Conv2d conv2;
  private final Conv2d conv3;
  private final Linear fc1;
  private final Linear fc2;

  /**
   * Makes the layers.
   *
   * @param width channels of the first convolution; the others have twice as many
   * @param classes outputs
   */
  public SmallCnn(int width, int classes) {
    conv1 = normalized("conv1", ConvSpec.same(1, width, 3).stride(2));
    conv2 = normalized("conv2", ConvSpec.same(width, 2 * width, 3));
    conv3 = normalized("conv3", ConvSpec.same(2 * width, 2 * width, 3).stride(2));
    fc1 = linear("fc1", 2L * width * 7 * 7, 8L * width);
    fc2 = linear("fc2", 8L * width, classes);
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor y = conv2.forward(conv1.forward(x, Activation.RELU), Activation.RELU);
    y = conv3.forward(y, Activation.RELU).flatten(1, -1);
    return fc2.forward(fc1.forward(y, Activation.RELU));
  }
}
