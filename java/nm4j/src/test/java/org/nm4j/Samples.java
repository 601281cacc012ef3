/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;

/** Data for tests. */
final class Samples {
  /** What the CPU computes. */
  static final List<Activation> ACTIVATIONS =
      List.of(Activation.IDENTITY, Activation.RELU, Activation.GELU);

  /** Patterns of every kind: dense and sparse, groups that divide a byte and that do not. */
  static final List<Pattern> PATTERNS =
      List.of(
          Pattern.P2_4,
          Pattern.P1_4,
          Pattern.P1_2,
          Pattern.P4_8,
          Pattern.P2_8,
          Pattern.of(3, 4),
          Pattern.of(1, 3),
          Pattern.of(5, 7),
          Pattern.of(2, 10),
          Pattern.of(1, 16),
          Pattern.of(15, 16),
          Pattern.of(1, 32),
          Pattern.of(31, 32));

  private Samples() {}

  /** Normally distributed floats. */
  static float[] floats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Integers from -8 to 8, whose products and short sums fp32 holds exactly. */
  static float[] integers(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(17) - 8;
    }
    return values;
  }

  static FloatBuffer direct(int elements) {
    return ByteBuffer.allocateDirect(elements * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  static DenseMatrix matrix(float[] values, int rows, int cols) {
    return DenseMatrix.copyOf(values, rows, cols);
  }
}
