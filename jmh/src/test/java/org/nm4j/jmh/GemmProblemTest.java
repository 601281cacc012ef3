/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GemmProblemTest {
  @ParameterizedTest
  @EnumSource
  void theDtypeHoldsEveryWeightExactly(Precision dtype) {
    GemmProblem problem =
        GemmProblem.forward(BenchmarkCase.parse("gemm/" + dtype + "/2:4/batch-major/16x64/n3"));
    int kept = 0;
    for (int row = 0; row < 16; row++) {
      float largest = 0;
      for (int col = 0; col < 64; col++) {
        float scale = dtype.scaled() ? problem.scales.get(0, row) : 1;
        assertEquals(problem.w.get(row, col) * scale, problem.wF32.get(row, col));
        largest = Math.max(largest, Math.abs(problem.w.get(row, col)));
        kept += problem.w.get(row, col) != 0 ? 1 : 0;
        assertTrue(problem.mask.get(row, col) || problem.w.get(row, col) == 0);
      }
      if (dtype.scaled()) {
        assertEquals(127, largest, "what symmetric quantisation scales to");
      }
    }
    assertTrue(kept > 16 * 64 / 4 && kept <= 16 * 64 / 2, "kept " + kept);
  }

  @ParameterizedTest
  @EnumSource(names = "F32")
  void ofTheGradientOutputsAreColumns(Precision dtype) {
    GemmProblem problem =
        GemmProblem.backward(BenchmarkCase.parse("dx/" + dtype + "/2:4/batch-major/16x64/n3"));
    assertEquals(64, problem.outputs);
    assertEquals(16, problem.inputs);
    assertEquals(16, problem.x.cols);
    assertEquals(64, problem.y.cols);
    assertEquals(problem.wF32.get(5, 33), problem.weight(33, 5));
  }
}
