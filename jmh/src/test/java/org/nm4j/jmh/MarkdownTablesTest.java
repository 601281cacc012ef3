/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class MarkdownTablesTest {
  private static String tables(CaseResult... results) {
    return new MarkdownTables(
            List.of(new ResultFile.Run(Measurements.ENVIRONMENT, 1, List.of(results))))
        .toString();
  }

  private static void assertLines(String text, String... lines) {
    for (String line : lines) {
      assertTrue(text.lines().toList().contains(line), line + "\nin\n" + text);
    }
  }

  private static CaseResult gemm(String shape, int n, double nm4j, double openblas, double onednn) {
    return Measurements.result(
        "gemm/f32/2:4/batch-major/" + shape + "/n" + n,
        "openblas",
        openblas,
        "onednn",
        onednn,
        "nm4j",
        nm4j);
  }

  @Test
  void theConditionsStandAtTheHead() {
    String text = tables(gemm("64x64", 8, 100, 200, 300));
    assertLines(text, "### 1 thread, avx2");
    assertTrue(text.contains("Some CPU, 2 cores") && text.contains("2026-11-23"), text);
  }

  @Test
  void productsAreMeansOverTheShapesByBatch() {
    assertLines(
        tables(
            gemm("64x64", 8, 100, 200, 300),
            gemm("64x128", 8, 100, 1200, 800),
            gemm("64x64", 32, 100, 300, 90)),
        "**gemm, f32**: speed over dense, x",
        "| N | 8 | 32 |",
        "| 2:4 batch-major: over the best | 4.00 | 0.90 |",
        "| range | 2.00-8.00 | 0.90-0.90 |",
        "| over openblas | 4.90 | 3.00 |",
        "| nm4j GFLOP/s | 927 | 2621 |",
        "Slower than dense: gemm/f32/2:4/batch-major/64x64/n32 (0.90 of onednn).");
  }

  @Test
  void memoryIsToldByShape() {
    assertLines(
        tables(
            Measurements.result(
                "gemm/f32/2:4/batch-major/64x128/n1",
                "nm4j",
                50_000,
                "openblas",
                80_000,
                "read",
                312_500)),
        "|  | 64x128 |",
        "| f32 2:4 batch-major | 21.0, 78 % |");
  }

  @Test
  void variantsAreToldInTheirOwnSpeed() {
    assertLines(
        tables(
            Measurements.result(
                "crossover/f32/2:4/batch-major/64x128/n8",
                "onednn",
                400,
                "nm4j",
                100,
                "lane-panel",
                100,
                "row-stream",
                200)),
        "**crossover**: GFLOP/s",
        "| f32 2:4 batch-major 64x128: nm4j | 1311 |",
        "| lane-panel | 1311 |",
        "| row-stream | 655 |",
        "| fastest dense | 328 |");
  }

  @Test
  void otherUnitsAreToldCaseByCase() {
    assertLines(
        tables(
            Measurements.result(
                "mask/f32/2:4/row-major/64x64/n1", "nm4j", 100_000, "copy", 200_000),
            Measurements.result(
                "call/f32/2:4/batch-major/16x16/n1",
                "nm4j",
                80,
                "native-call",
                60,
                "empty-call",
                8)),
        "**mask**: GB/s",
        "| case | nm4j | copy | x |",
        "| mask/f32/2:4/row-major/64x64/n1 | 10.49 | 20.98 | 0.50 |",
        "**call**: ns",
        "| call/f32/2:4/batch-major/16x16/n1 | 80.00 | 60.00 | 0.75 | 8.000 | 0.10 |");
  }

  @Test
  void nothingMakesNothing() {
    assertEquals("", new MarkdownTables(List.of()).toString());
  }
}
