/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void medianIsTheMiddleOrBetweenTheMiddleTwo() {
    assertEquals(2.5, Statistics.median(new double[] {4, 1, 3, 2}));
    assertEquals(3, Statistics.median(new double[] {9, 3, 1}));
  }

  @Test
  void geometricMeanOfARatioAndItsInverseIsOne() {
    assertEquals(1, Statistics.geometricMean(List.of(4.0, 0.25)), 1e-12);
  }
}
