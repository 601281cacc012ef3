/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Activation;
import org.nm4j.torch.Conv2d;
import org.nm4j.torch.ConvSpec;
import org.nm4j.torch.Linear;
import org.nm4j.torch.Net;

/**
 * Residual networks for CIFAR: 6 n + 2 layers in three stages of n blocks (He et al., CVPR 2016,
 * arXiv 1512.03385, section 4.2), with projections (1 x 1 convolutions) where the width changes.
 *
 * <pre>{@code
 * ResNet net = new ResNet(3, 16, 10);        // ResNet-20
 * Tensor logits = net.forward(torch.randn(2, 3, 32, 32));
 * }</pre>
 */
public final class ResNet extends VisionNet {
  private final Conv2d stem;
  private final List<Block> blocks = new ArrayList<>();
  private final Linear fc;

  /**
   * Makes the layers.
   *
   * @param n blocks in a stage: 3 for ResNet-20
   * @param width channels of the first stage, 16 in the paper
   * @param classes outputs
   */
  public ResNet(int n, int width, int classes) {
    stem = normalized("stem", ConvSpec.same(3, width, 3));
    int in = width;
    for (int stage = 0; stage < 3; stage++) {
      int out = width << stage;
      for (int i = 0; i < n; i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        blocks.add(net("stage" + (stage + 1) + "_" + (i + 1), new Block(in, out, stride)));
        in = out;
      }
    }
    fc = linear("fc", in, classes);
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor y = stem.forward(x, Activation.RELU);
    for (Block block : blocks) {
      y = block.forward(y);
    }
    return fc.forward(torch.adaptive_avg_pool2d(y, 1, 1).flatten(1, -1));
  }

  private static final class Block extends Net {
    private final Conv2d conv1;
    private final Conv2d conv2;
    private final Conv2d shortcut;

    Block(int in, int out, int stride) {
      conv1 = normalized("conv1", ConvSpec.same(in, out, 3).stride(stride));
      conv2 = normalized("conv2", ConvSpec.same(out, out, 3));
      shortcut =
          in == out && stride == 1
              ? null
              : normalized("shortcut", ConvSpec.same(in, out, 1).stride(stride));
    }

    Tensor forward(Tensor x) {
      Tensor residual = shortcut == null ? x : shortcut.forward(x);
      return conv2.forward(conv1.forward(x, Activation.RELU), Activation.RELU, residual);
    }
  }
}
