/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.torch.Linear;
import org.nm4j.torch.Net;

/**
 * A Transformer of encoder and decoder (Vaswani et al., arXiv 1706.03762), but norms first, with
 * learned positions and without dropout on embeddings. Token 0 pads, 1 begins and 2 ends a
 * sentence.
 *
 * <pre>{@code
 * Translator net = new Translator(100, 120, 20, 64, 4, 2, 0.1);
 * Tensor source = torch.ones(new long[] {2, 9}, new TensorOptions(ScalarType.Long));
 * Tensor target = torch.ones(new long[] {2, 7}, new TensorOptions(ScalarType.Long));
 * Tensor logits = net.forward(source, target);   // 2 x 7 x 120
 * }</pre>
 */
public final class Translator extends Net {
  /** The token that fills up. */
  public static final long PAD = 0;

  /** The token before a sentence. */
  public static final long BEGIN = 1;

  /** The token after a sentence. */
  public static final long END = 2;

  private final EmbeddingImpl sourceWords;
  private final EmbeddingImpl targetWords;
  private final EmbeddingImpl positions;
  private final List<TransformerBlock> encoder = new ArrayList<>();
  private final List<TransformerBlock> decoder = new ArrayList<>();
  private final LayerNormImpl encoderNorm;
  private final LayerNormImpl decoderNorm;
  private final Linear head;

  /**
   * Makes the layers.
   *
   * @param sourceTokens size of the source's vocabulary
   * @param targetTokens size of the target's vocabulary
   * @param length the longest sentence
   * @param width features
   * @param heads of attention
   * @param layers blocks in the encoder, and in the decoder
   * @param dropout share of activations dropped in training
   */
  public Translator(
      long sourceTokens,
      long targetTokens,
      long length,
      long width,
      long heads,
      int layers,
      double dropout) {
    sourceWords = register_module("source", new EmbeddingImpl(sourceTokens, width));
    targetWords = register_module("target", new EmbeddingImpl(targetTokens, width));
    positions = register_module("positions", new EmbeddingImpl(length, width));
    for (int i = 1; i <= layers; i++) {
      encoder.add(net("encoder" + i, new TransformerBlock(width, heads, false, dropout)));
    }
    for (int i = 1; i <= layers; i++) {
      decoder.add(net("decoder" + i, new TransformerBlock(width, heads, true, dropout)));
    }
    encoderNorm = register_module("encoder_norm", TransformerBlock.norm(width));
    decoderNorm = register_module("decoder_norm", TransformerBlock.norm(width));
    head = linear("head", width, targetTokens);
  }

  /**
   * Computes logits of each next token of the target.
   *
   * @param source n x s, int64
   * @param target n x t, int64, as far as it is known
   * @return n x t x vocabulary
   */
  public Tensor forward(Tensor source, Tensor target) {
    return head.forward(decode(encode(source), padding(source), target));
  }

  private Tensor encode(Tensor source) {
    Tensor bias = padding(source);
    Tensor x = embedded(sourceWords, source);
    for (TransformerBlock block : encoder) {
      x = block.forward(x, bias, null, null);
    }
    return encoderNorm.forward(x);
  }

  private Tensor decode(Tensor context, Tensor contextBias, Tensor target) {
    Tensor bias = Attention.causal(target.size(1));
    Tensor x = embedded(targetWords, target);
    for (TransformerBlock block : decoder) {
      x = block.forward(x, bias, context, contextBias);
    }
    return decoderNorm.forward(x);
  }

  private Tensor embedded(EmbeddingImpl words, Tensor tokens) {
    Tensor places = positions.forward(LanguageModel.places(tokens.size(1)));
    return words.forward(tokens).add(places);
  }

  private static Tensor padding(Tensor source) {
    Tensor pads = source.eq(new Scalar(PAD)).to(ScalarType.Float).mul(new Scalar(-1e9));
    return pads.reshape(source.size(0), 1, 1, source.size(1));
  }

  /**
   * Translates, each time by the likeliest token, until all sentences have ended.
   *
   * @param source n x s, int64
   * @param length the most tokens of a translation
   * @return n x at most length, int64, without the beginning; what follows an end means nothing
   */
  public Tensor translate(Tensor source, long length) {
    Tensor context = encode(source);
    Tensor bias = padding(source);
    Tensor target = torch.full_like(source.narrow(1, 0, 1), new Scalar(BEGIN));
    Tensor ended = target.eq(new Scalar(END));
    for (long i = 0; i < length && !ended.all().item_bool(); i++) {
      Tensor last = decode(context, bias, target).select(1, target.size(1) - 1);
      Tensor next = head.forward(last).argmax(new LongOptional(1), true);
      target = torch.cat(new TensorVector(target, next), 1);
      ended = ended.logical_or(next.eq(new Scalar(END)));
    }
    return target.narrow(1, 1, target.size(1) - 1);
  }
}
