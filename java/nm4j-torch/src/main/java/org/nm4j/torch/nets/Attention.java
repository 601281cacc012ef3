/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.torch.Linear;
import org.nm4j.torch.Net;

/**
 * Attention of several heads (Vaswani et al., arXiv 1706.03762, section 3.2).
 *
 * <pre>{@code
 * Attention attention = new Attention(64, 4);
 * Tensor x = torch.randn(2, 7, 64);
 * Tensor y = attention.forward(x, x, Attention.causal(7));   // 2 x 7 x 64
 * }</pre>
 */
public final class Attention extends Net {
  private final long width;
  private final long heads;
  private final Linear q;
  private final Linear k;
  private final Linear v;
  private final Linear out;

  /**
   * Makes the four projections.
   *
   * @param width features, a multiple of the heads
   * @param heads how many
   */
  public Attention(long width, long heads) {
    this.width = width;
    this.heads = heads;
    q = linear("q", width, width);
    k = linear("k", width, width);
    v = linear("v", width, width);
    out = linear("out", width, width);
  }

  /**
   * Computes attention.
   *
   * @param x what asks, n x t x width
   * @param context what is asked, n x s x width
   * @param bias added to the scores, of a shape that broadcasts to n x heads x t x s, or null
   * @return n x t x width
   */
  public Tensor forward(Tensor x, Tensor context, Tensor bias) {
    Tensor scale = split(q.forward(x)).mul(new Scalar(1 / Math.sqrt((double) width / heads)));
    Tensor scores = scale.matmul(split(k.forward(context)).transpose(2, 3));
    Tensor shares = torch.softmax(bias == null ? scores : scores.add(bias), -1);
    Tensor mixed = shares.matmul(split(v.forward(context))).transpose(1, 2);
    return out.forward(mixed.reshape(x.size(0), x.size(1), width));
  }

  private Tensor split(Tensor x) {
    return x.reshape(x.size(0), x.size(1), heads, width / heads).transpose(1, 2);
  }

  /**
   * The bias that hides what comes later.
   *
   * @param length of the sequence
   * @return length x length, 0 where it may be looked at, else -1e9
   */
  public static Tensor causal(long length) {
    return torch.full(new long[] {length, length}, new Scalar(-1e9)).triu(1);
  }
}
