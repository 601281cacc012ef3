/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nm4j.DType;
import org.nm4j.Pattern;
import org.nm4j.torch.CompressedLayer;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.nets.UNet;

/** The U-Net learns to clean pictures of bars, sparse and compressed. */
class DenoisingTaskTest {
  @TempDir private Path temp;

  private static ImageSet bars(int count, long seed) {
    Random random = new Random(seed);
    byte[] pixels = new byte[count * 256];
    for (int i = 0; i < count; i++) {
      int from = random.nextInt(12);
      boolean lying = random.nextBoolean();
      for (int j = 0; j < 256; j++) {
        int across = lying ? j / 16 : j % 16;
        pixels[i * 256 + j] = (byte) (across >= from && across < from + 4 ? 255 : 0);
      }
    }
    return ImageSet.of(pixels, new byte[count], 1, 16, 16);
  }

  @Test
  void cleansImages() throws IOException {
    Threads.use(1);
    RunConfig config = new RunConfig("fashion-unet", Method.SR_STE, "2:4", 2e-4f, 3, 1, 0);
    torch.manual_seed(config.seed());
    Images images = new Images(bars(1000, 1), bars(300, 2), 0.25f, 0.43f);
    DenoisingTask task = new DenoisingTask(new UNet(1, 16), images, config);
    assertEquals(10, task.batches());
    // Noise of deviation 0.5 makes a mean square of 0.25.
    assertEquals(-10 * Math.log10(0.25), task.ofNoisyImages(), 0.1);
    RunResult result =
        new Trainer(config, task, temp.resolve("c"), 1e9, new SilentListener()).run();
    double cleaned = task.evaluate();
    assertTrue(cleaned > task.ofNoisyImages() + 6, "PSNR " + cleaned);
    assertEquals(cleaned, result.last().metric());
    assertEquals(4, result.last().sadByLayer().size());
    try (PointerScope scope = new PointerScope()) {
      long compressed =
          task.net().compress(Pattern.P2_4, DType.F32).stream()
              .filter(CompressedLayer::isCompressed)
              .count();
      assertEquals(4, compressed);
      assertEquals(cleaned, task.evaluate(), 1e-3);
    }
  }
}
