/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.Map;

/**
 * Top-1 accuracy of ResNet-50 on ImageNet after 120 epochs, as reported by others, to stand beside
 * what images give here: SR-STE with lambda 2e-4. 2:4 and 4:8 are in Zhou et al., ICLR 2021, 1:4
 * and 2:8 in the code that belongs to it, 1:16 is quoted by later papers.
 */
final class Reported {
  static final String HEAD = "ResNet-50";

  private static final Map<String, String> SR_STE =
      Map.of("2:4", "77.0", "4:8", "77.4", "1:4", "75.9", "2:8", "76.4", "1:16", "71.5");

  private Reported() {}

  /** Whether anything is reported that compares. */
  static boolean knows(String metric) {
    return metric.equals(ImageTask.ACCURACY);
  }

  /** Empty where nothing is reported. */
  static String of(Summary row) {
    boolean same = Method.of(row.method()) == Method.SR_STE && row.strength().equals("2e-4");
    return same ? SR_STE.getOrDefault(row.pattern(), "") : "";
  }
}
