/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.nm4j.Activation;
import org.nm4j.torch.Linear;

/**
 * Linear layers with ReLU between them.
 *
 * <pre>{@code
 * Mlp net = new Mlp(784, 256, 128, 10);
 * Tensor logits = net.forward(torch.randn(8, 1, 28, 28));
 * }</pre>
 */
public final class Mlp extends VisionNet {
  private final List<Linear> layers = new ArrayList<>();

  /**
   * Makes the layers fc1, fc2, ..
   *
   * @param widths inputs, hidden widths and outputs
   */
  public Mlp(long... widths) {
    for (int i = 1; i < widths.length; i++) {
      layers.add(linear("fc" + i, widths[i - 1], widths[i]));
    }
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor y = x.flatten(1, -1);
    for (int i = 0; i < layers.size(); i++) {
      boolean last = i == layers.size() - 1;
      y = layers.get(i).forward(y, last ? Activation.IDENTITY : Activation.RELU);
    }
    return y;
  }
}
