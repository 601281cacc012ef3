/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tells data sets apart, wherever they lie: sizes, and a checksum of all that is in them. */
final class Fingerprint {
  private final CRC32 crc = new CRC32();

  Fingerprint add(Tensor bytes) {
    try (PointerScope scope = new PointerScope()) {
      ByteBuffer buffer = bytes.to(ScalarType.Byte).contiguous().createBuffer();
      crc.update(buffer);
    }
    return this;
  }

  Fingerprint add(String text) {
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  Fingerprint add(List<String> lines) {
    return add(String.join("\n", lines));
  }

  /** "60000 + 10000 images, CRC-32 5d1f3a02". */
  String of(int train, int test, String what) {
    return "%d + %d %s, CRC-32 %08x".formatted(train, test, what, crc.getValue());
  }
}
