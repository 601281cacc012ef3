/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DeviationTest {
  private static final int TERMS = 768;

  private final float[] x = TinyModel.random("x", TERMS);
  private final float[] w = TinyModel.random("w", TERMS);

  @Test
  void roundingInAnotherOrderIsTolerated() {
    float forward = 0;
    float backward = 0;
    for (int i = 0; i < TERMS; i++) {
      forward += x[i] * w[i];
      backward += x[TERMS - 1 - i] * w[TERMS - 1 - i];
    }
    Deviation deviation = deviation(forward, backward);
    assertTrue(deviation.ok(), "ratio " + deviation.maxRatio());
    assertTrue(deviation.maxRatio() > 0);
    assertEquals(Math.abs(forward - backward), deviation.maxError());
  }

  @Test
  void aTypicalProductLeftOutIsNot() {
    double sum = 0;
    for (int i = 0; i < TERMS; i++) {
      sum += (double) x[i] * w[i];
    }
    float typical = (float) (norm(x) * norm(w) / TERMS);
    assertFalse(deviation((float) sum, (float) sum - typical).ok());
  }

  @Test
  void nanIsNeverTolerated() {
    Deviation deviation = deviation(Float.NaN, 1);
    deviation.add(new float[] {1}, new float[] {1}, new double[] {1}, new double[] {1}, 1);
    assertFalse(deviation.ok());
  }

  @Test
  void infinitiesMustBeTheSame() {
    assertTrue(deviation(Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY).ok());
    assertFalse(deviation(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY).ok());
    assertFalse(deviation(Float.POSITIVE_INFINITY, 1).ok());
  }

  @Test
  void eachElementHasTheToleranceOfItsRowAndOutput() {
    // Batch 2, outputs 3; only the second row with the third output has norms that allow for 1e-3.
    float[] y = {0, 0, 0, 0, 0, 1e-3f};
    double[] xNorms = {1, 100};
    double[] wNorms = {1, 1, 100};
    Deviation allowed = new Deviation();
    allowed.add(y, new float[6], xNorms, wNorms, 4);
    assertTrue(allowed.ok());
    float[] elsewhere = {0, 0, 1e-3f, 0, 0, 0};
    Deviation refused = new Deviation();
    refused.add(elsewhere, new float[6], xNorms, wNorms, 4);
    assertFalse(refused.ok());
  }

  private Deviation deviation(float y, float expected) {
    Deviation deviation = new Deviation();
    deviation.add(
        new float[] {y},
        new float[] {expected},
        new double[] {norm(x)},
        new double[] {norm(w)},
        TERMS);
    return deviation;
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }
}
