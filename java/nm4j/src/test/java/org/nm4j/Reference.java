/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Comparator;
import java.util.stream.IntStream;

/** What the library computes, written as plainly as possible, in double precision. */
final class Reference {
  /** Unit round-off of fp32. */
  private static final double U = 0x1p-24;

  private Reference() {}

  /** The bits of magnitude pruning, row-major. */
  static boolean[] magnitude(float[] w, int rows, int cols, Pattern pattern) {
    boolean[] kept = new boolean[rows * cols];
    for (int row = 0; row < rows; row++) {
      for (int begin = 0; begin < cols; begin += pattern.m()) {
        int start = row * cols + begin;
        IntStream.range(start, start + Math.min(pattern.m(), cols - begin))
            .boxed()
            .sorted(Comparator.comparing(i -> -Math.abs(w[i]))) // stable: the lowest column first
            .limit(pattern.n())
            .forEach(i -> kept[i] = true);
      }
    }
    return kept;
  }

  /** The weights, +0.0 where not kept. */
  static float[] apply(float[] w, boolean[] kept) {
    float[] out = new float[w.length];
    for (int i = 0; i < w.length; i++) {
      out[i] = kept[i] ? w[i] : 0;
    }
    return out;
  }

  /** The bytes of a mask as {@link Mask} lays them out. */
  static byte[] bytes(boolean[] kept, int rows, int cols) {
    int stride = (cols + 7) / 8;
    byte[] bytes = new byte[rows * stride];
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        if (kept[row * cols + col]) {
          bytes[row * stride + col / 8] |= (byte) (1 << col % 8);
        }
      }
    }
    return bytes;
  }

  /**
   * One element of a product and how far fp32 may be away from it: n additions and multiplications
   * in any order, fused or not, err by at most n u / (1 - n u) times the sum of magnitudes.
   */
  record Element(double value, double tolerance) {
    static Element of(
        float[] w, boolean[] kept, float[] x, int begin, int step, Scalars s, double c, double b) {
      double sum = 0;
      double magnitude = 0;
      int n = 4; // alpha, beta C, bias, and the rounding of the result
      for (int k = 0; k < w.length; k++) {
        if (kept[k]) {
          double product = (double) w[k] * x[begin + k * step];
          sum += product;
          magnitude += Math.abs(product);
          n++;
        }
      }
      double value = s.alpha * sum + s.beta * c + b;
      magnitude = Math.abs(s.alpha) * magnitude + Math.abs(s.beta * c) + Math.abs(b);
      double error = n * U / (1 - n * U) * magnitude + Float.MIN_VALUE * n;
      return switch (s.activation) {
        case IDENTITY -> new Element(value, error);
        case RELU -> new Element(Math.max(value, 0), error);
        // |gelu'| stays below 1.13, and the documented error of the function itself comes on top.
        case GELU -> new Element(gelu(value), 1.13 * error + 4e-7 * Math.max(1, Math.abs(value)));
        case GELU_TANH -> throw new AssertionError("the CPU has none");
      };
    }
  }

  /** The scalars of an epilogue. */
  record Scalars(float alpha, float beta, Activation activation) {}

  static double gelu(double x) {
    return x / 2 * (1 + erf(x / Math.sqrt(2)));
  }

  /** The Taylor series where it converges well, the continued fraction of erfc beyond. */
  static double erf(double x) {
    if (x < 0) {
      return -erf(-x);
    }
    if (x < 3) {
      double term = x;
      double sum = x;
      for (int n = 1; n < 100; n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return 2 / Math.sqrt(Math.PI) * sum;
    }
    double fraction = x;
    for (int n = 60; n > 0; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  }
}
