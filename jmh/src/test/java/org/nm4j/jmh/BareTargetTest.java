/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** On made-up times: none of these comes from a card. */
class BareTargetTest {
  private static BareTarget target(CaseResult... results) {
    return new BareTarget(
        List.of(new ResultFile.Run(Measurements.ENVIRONMENT, 1, List.of(results))));
  }

  private static CaseResult gemm(int n, double nm4j, double bare) {
    return Measurements.result(
        "cuda-gemm/bf16/2:4/batch-major/64x128/n" + n,
        "nm4j",
        nm4j,
        "cublas",
        2 * nm4j,
        GpuContender.BARE_NAME,
        bare);
  }

  @Test
  void metWhenNoCaseTakesLonger() {
    BareTarget target = target(gemm(8, 103_000, 100_000), gemm(16, 99_000, 100_000));
    assertTrue(target.met());
    assertEquals(
        """
        **At most 3 % over bare calls of cuSPARSELt: met** 2 of 2 cases; on average +1.0 %, at worst\
         +3.0 % (cuda-gemm/bf16/2:4/batch-major/64x128/n8).

        | case | nm4j, us | bare calls, us | over bare calls |
        |---|---|---|---|
        | cuda-gemm/bf16/2:4/batch-major/64x128/n8 | 103.0 | 100.0 | +3.0 % |
        | cuda-gemm/bf16/2:4/batch-major/64x128/n16 | 99.0 | 100.0 | -1.0 % |
        """,
        target.toString());
  }

  @Test
  void missedWhenOneDoes() {
    BareTarget target = target(gemm(8, 104_000, 100_000), gemm(16, 50_000, 100_000));
    assertFalse(target.met());
    String text = target.toString();
    assertTrue(text.contains("cuSPARSELt: MISSED** 1 of 2 cases"), text);
    assertTrue(text.contains("n8 | 104.0 | 100.0 | +4.0 %, missed |"), text);
    assertTrue(text.contains("n16 | 50.0 | 100.0 | -50.0 % |"), text);
  }

  @Test
  void nothingMeasuredIsNotMet() {
    CaseResult dense =
        Measurements.result("cuda-gemm/bf16/2:4/batch-major/64x128/n1", "nm4j", 100, "cublas", 200);
    for (BareTarget target : List.of(target(), target(dense))) {
      assertFalse(target.met());
      assertTrue(target.toString().contains("not measured"), target.toString());
    }
  }
}
