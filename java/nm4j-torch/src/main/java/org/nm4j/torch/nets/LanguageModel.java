/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.torch.Linear;
import org.nm4j.torch.Net;

/**
 * A decoder-only Transformer over characters or other tokens, with learned positions.
 *
 * <pre>{@code
 * LanguageModel net = new LanguageModel(60, 64, 64, 4, 2, 0.1);
 * Tensor tokens = torch.zeros(new long[] {2, 30}, new TensorOptions(ScalarType.Long));
 * Tensor logits = net.forward(tokens);   // 2 x 30 x 60: of each next token
 * }</pre>
 */
public final class LanguageModel extends Net {
  private final EmbeddingImpl words;
  private final EmbeddingImpl positions;
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final LayerNormImpl norm;
  private final Linear head;

  /**
   * Makes the layers.
   *
   * @param tokens size of the vocabulary
   * @param length the longest sequence
   * @param width features
   * @param heads of attention
   * @param layers how many blocks
   * @param dropout share of activations dropped in training
   */
  public LanguageModel(
      long tokens, long length, long width, long heads, int layers, double dropout) {
    words = register_module("words", new EmbeddingImpl(tokens, width));
    positions = register_module("positions", new EmbeddingImpl(length, width));
    for (int i = 1; i <= layers; i++) {
      blocks.add(net("block" + i, new TransformerBlock(width, heads, false, dropout)));
    }
    norm = register_module("norm", TransformerBlock.norm(width));
    head = linear("head", width, tokens);
  }

  /**
   * Computes logits of each next token.
   *
   * @param tokens n x t, int64
   * @return n x t x vocabulary
   */
  public Tensor forward(Tensor tokens) {
    Tensor x = words.forward(tokens).add(positions.forward(places(tokens.size(1))));
    Tensor bias = Attention.causal(tokens.size(1));
    for (TransformerBlock block : blocks) {
      x = block.forward(x, bias, null, null);
    }
    return head.forward(norm.forward(x));
  }

  static Tensor places(long length) {
    return torch.arange(
        new org.bytedeco.pytorch.Scalar(length), new TensorOptions(ScalarType.Long));
  }
}
