/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.nets;

import org.bytedeco.pytorch.Tensor;
import org.nm4j.torch.Net;

/** A network from images to logits or images. */
public abstract class VisionNet extends Net {
  /** A network without layers. */
  protected VisionNet() {}

  /**
   * Computes the network.
   *
   * @param x images, n x channels x height x width
   * @return logits, n x classes, or images
   */
  public abstract Tensor forward(Tensor x);
}
