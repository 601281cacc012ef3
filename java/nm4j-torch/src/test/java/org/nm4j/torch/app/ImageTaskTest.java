/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ImageTaskTest {
  private static final int CHANNELS = 3;
  private static final int HEIGHT = 6;
  private static final int WIDTH = 7;
  private static final int SIZE = CHANNELS * HEIGHT * WIDTH;

  /** Shifted down and to the right, over zeros, after it was mirrored or not. */
  private static String moved(float[] image, boolean mirrored, int down, int right) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < SIZE; i++) {
      int row = i / WIDTH % HEIGHT - down;
      int column = i % WIDTH - right;
      boolean inside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
      int from = mirrored ? WIDTH - 1 - column : column;
      int plane = i / WIDTH / HEIGHT;
      text.append(inside ? image[(plane * HEIGHT + row) * WIDTH + from] : 0f).append(' ');
    }
    return text.toString();
  }

  /** Each copy is one of the 2 x 81 that there are, and none of these is rare. */
  @Test
  void augmentedImages() {
    torch.manual_seed(3);
    Random random = new Random(7);
    float[] image = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      image[i] = 1 + random.nextFloat();
    }
    Map<String, Boolean> possible = new HashMap<>();
    for (int down = -4; down <= 4; down++) {
      for (int right = -4; right <= 4; right++) {
        possible.put(moved(image, false, down, right), false);
        possible.put(moved(image, true, down, right), true);
      }
    }
    assertEquals(162, possible.size());

    int copies = 2000;
    Tensor x = Tensor.create(image, 1, CHANNELS, HEIGHT, WIDTH).repeat(copies, 1, 1, 1);
    Tensor y = ImageTask.augmented(x);
    float[] all = new float[copies * SIZE];
    y.data_ptr_float().get(all);
    Set<String> seen = new HashSet<>();
    int mirrored = 0;
    for (int i = 0; i < copies; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < SIZE; j++) {
        text.append(all[i * SIZE + j]).append(' ');
      }
      assertTrue(possible.containsKey(text.toString()), "image " + i + ": " + text);
      seen.add(text.toString());
      mirrored += possible.get(text.toString()) ? 1 : 0;
    }
    assertEquals(162, seen.size()); // one is missed with a probability of 162 (161/162)^2000 < 1e-3
    assertEquals(copies / 2.0, mirrored, 5 * Math.sqrt(copies / 4.0));
  }
}
