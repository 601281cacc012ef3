/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

/**
 * How images lie in memory.
 *
 * <pre>{@code
 * Images photos = Images.allocate(ImageLayout.NHWC, 2, 224, 224, 3);
 * }</pre>
 */
public enum ImageLayout {
  /** The channels of a pixel are contiguous. */
  NHWC,
  /** The pixels of a channel are contiguous, as in PyTorch and ONNX. */
  NCHW
}
