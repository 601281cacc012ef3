/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Activation;
import org.nm4j.torch.Linear;
import org.nm4j.torch.Net;

/** Attention to itself, to a context if there is one, and two linear layers; norms come first. */
final class TransformerBlock extends Net {
  private final double dropout;
  private final LayerNormImpl norm1;
  private final LayerNormImpl norm2;
  private final LayerNormImpl norm3;
  private final Attention self;
  private final Attention cross;
  private final Linear fc1;
  private final Linear fc2;

  TransformerBlock(long width, long heads, boolean hasContext, double dropout) {
    this.dropout = dropout;
    norm1 = register_module("norm1", norm(width));
    norm2 = register_module("norm2", norm(width));
    norm3 = hasContext ? register_module("norm3", norm(width)) : null;
    self = net("self", new Attention(width, heads));
    cross = hasContext ? net("cross", new Attention(width, heads)) : null;
    fc1 = linear("fc1", width, 4 * width);
    fc2 = linear("fc2", 4 * width, width);
  }

  static LayerNormImpl norm(long width) {
    return new LayerNormImpl(new LongVector(new long[] {width}));
  }

  Tensor forward(Tensor x, Tensor bias, Tensor context, Tensor contextBias) {
    Tensor y = norm1.forward(x);
    Tensor sum = x.add(dropped(self.forward(y, y, bias)));
    if (cross != null) {
      sum = sum.add(dropped(cross.forward(norm3.forward(sum), context, contextBias)));
    }
    Tensor hidden = fc1.forward(norm2.forward(sum), Activation.RELU);
    return sum.add(dropped(fc2.forward(hidden)));
  }

  private Tensor dropped(Tensor x) {
    return torch.dropout(x, dropout, is_training());
  }
}
