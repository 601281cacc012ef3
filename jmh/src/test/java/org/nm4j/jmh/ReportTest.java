/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static List<String> print(CaseResult... results) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Report report = new Report(new PrintStream(text, true, StandardCharsets.UTF_8));
    report.environment(Measurements.ENVIRONMENT, 1);
    Arrays.stream(results).forEach(report::add);
    report.summary();
    return text.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static List<String> cells(String line) {
    return List.of(line.strip().split(" +"));
  }

  private static String row(List<String> lines) {
    return lines.stream().filter(line -> line.startsWith("f32")).findFirst().orElseThrow();
  }

  @Test
  void theEnvironmentComesFirst() {
    String head = String.join("\n", print(Measurements.gemm(32, 100, 300, 200, 150)).subList(0, 6));
    for (String fact : List.of("Some CPU", "0.1.0, avx2", "Some VM 17 on Linux 6", "threads  1")) {
      assertTrue(head.contains(fact), fact + " in\n" + head);
    }
  }

  @Test
  void rowsStandUnderTheirHeadings() {
    List<String> lines = print(Measurements.gemm(32, 1000, 3000, 2000, 1500));
    String row = row(lines);
    String heading = lines.get(lines.indexOf(row) - 1);
    assertEquals("gemm, GFLOP/s", lines.get(lines.indexOf(row) - 2));
    assertEquals(
        List.of(
            "f32",
            "2:4",
            "feature-major",
            "64x128",
            "32",
            "524.3",
            "174.8",
            "3.00",
            "262.1",
            "2.00",
            "349.5",
            "1.50",
            "1.50",
            "-",
            "-",
            "f32_some_kernel"),
        cells(row));
    for (String[] pair :
        new String[][] {
          {"openblas", "174.8"}, {"onednn", "262.1"}, {"prepacked", "349.5"}, {"x best", "1.50  "}
        }) {
      assertEquals(
          heading.indexOf(pair[0]) + pair[0].length(),
          row.lastIndexOf(pair[1].strip()) + pair[1].strip().length(),
          pair[0] + "\n" + heading + "\n" + row);
    }
  }

  @Test
  void everyOpHasItsOwnColumns() {
    List<String> lines =
        print(
            Measurements.gemm(32, 100, 400, 500, 600),
            Measurements.gemm(8, 100, 400, 500, 600),
            Measurements.result("mask/f32/2:4/row-major/64x64/n1", "nm4j", 1e5, "copy", 2e5),
            Measurements.result(
                "call/f32/2:4/batch-major/16x16/n1", "nm4j", 80, "native-call", 60));
    assertEquals(
        List.of("gemm, GFLOP/s", "mask, GB/s", "call, ns"),
        lines.stream().filter(line -> line.matches("[a-z_]+, .*")).collect(Collectors.toList()));
    String mask = lines.stream().filter(line -> line.contains("64x64")).findFirst().orElseThrow();
    assertEquals(
        List.of("f32", "2:4", "row-major", "64x64", "1", "10.5", "21.0", "0.50", "f32_some_kernel"),
        cells(mask));
    String call = lines.stream().filter(line -> line.contains("16x16")).findFirst().orElseThrow();
    assertEquals(List.of("80.0", "60.0", "0.75"), cells(call).subList(5, 8));
  }

  @Test
  void readingMemoryHasItsColumns() {
    String row =
        row(
            print(
                Measurements.result(
                    "gemm/f32/2:4/batch-major/64x128/n1",
                    "nm4j",
                    50_000,
                    "openblas",
                    80_000,
                    "read",
                    312_500)));
    assertEquals(List.of("1.60", "21.0", "0.78"), cells(row).subList(8, 11));
  }

  @Test
  void summaryIsTheGeometricMeanPerBatchSizeOverTheFastestPeer() {
    List<String> lines =
        print(
            Measurements.gemm(32, 100, 400, 500, 600),
            Measurements.gemm(1, 100, 500, 300, 500),
            Measurements.gemm(32, 100, 500, 600, 100));
    assertEquals(List.of("1", "32"), cells(lines.get(lines.size() - 2)));
    assertEquals(
        List.of("gemm", "f32", "2:4", "feature-major", "3.00", "2.00"),
        cells(lines.get(lines.size() - 1)));
  }

  @Test
  void disturbedCasesAreMarked() {
    CaseResult quiet = Measurements.gemm(8, 1, 2, 2, 2);
    CaseResult disturbed =
        Measurements.of(
                "gemm/f32/2:4/feature-major/64x128/n4",
                Map.of("nm4j", new double[] {1}, "onednn", new double[] {2}),
                1.25)
            .result();
    List<String> lines = print(quiet, disturbed);
    List<String> marked = lines.stream().filter(line -> line.endsWith(" !")).toList();
    assertEquals(1, marked.size(), lines.toString());
    assertEquals("4", cells(marked.get(0)).get(4));
    String last = lines.get(lines.size() - 1);
    assertTrue(last.startsWith("! 1 of 2 cases") && last.contains("1.3 cores"), last);
  }
}
