/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import org.nm4j.DType;

/**
 * What compression made of a layer.
 *
 * <pre>{@code
 * CompressedLayer layer = new CompressedLayer("fc1", org.nm4j.DType.F32, 401408, 213248, "");
 * boolean compressed = layer.isCompressed();   // true
 * }</pre>
 *
 * @param name the layer
 * @param dtype how its weights are stored, null when it stays dense
 * @param denseBytes what its dense weights take
 * @param bytes what they take now
 * @param reason why it stays dense, or empty
 */
public record CompressedLayer(
    String name, DType dtype, long denseBytes, long bytes, String reason) {
  /**
   * Whether nm4j computes this layer.
   *
   * @return false when it stays dense
   */
  public boolean isCompressed() {
    return dtype != null;
  }
}
