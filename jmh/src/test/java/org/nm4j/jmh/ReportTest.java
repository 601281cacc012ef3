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
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static List<String> print(Measurement... measurements) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Report report = new Report(new PrintStream(text, true, StandardCharsets.UTF_8));
    for (Measurement measurement : measurements) {
      report.add(measurement);
    }
    report.summary();
    return text.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void theEnvironmentComesFirst() {
    String head =
        String.join("\n", print(Measurements.steady(32, 100, 300, 200, 150)).subList(0, 6));
    for (String fact : List.of("Some CPU", "0.1.0, avx2", "Haswell", "3.13.0", "threads  1")) {
      assertTrue(head.contains(fact), fact + " in\n" + head);
    }
    assertTrue(head.contains(System.getProperty("java.vm.version")), head);
  }

  @Test
  void rowsStandUnderTheirHeadings() {
    List<String> lines = print(Measurements.steady(32, 1000, 3000, 2000, 1500));
    String row = lines.stream().filter(line -> line.startsWith("2:4")).findFirst().orElseThrow();
    String heading = lines.get(lines.indexOf(row) - 1);
    assertEquals(
        List.of(
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
        List.of(row.split(" +")));
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
  void summaryIsTheGeometricMeanPerBatchSizeOverTheFastestPeer() {
    List<String> lines =
        print(
            Measurements.steady(32, 100, 400, 500, 600),
            Measurements.steady(1, 100, 500, 300, 500),
            Measurements.steady(32, 100, 500, 600, 100));
    assertEquals(List.of("1", "32"), List.of(lines.get(lines.size() - 2).strip().split(" +")));
    assertEquals(
        List.of("2:4", "feature-major", "3.00", "2.00"),
        List.of(lines.get(lines.size() - 1).split(" +")));
  }

  @Test
  void disturbedCasesAreMarked() {
    Measurement quiet = Measurements.steady(8, 1, 2, 2, 2);
    Measurement disturbed = Measurements.of(4, quiet.nanos(), 1.25);
    List<String> lines = print(quiet, disturbed);
    List<String> marked = lines.stream().filter(line -> line.endsWith(" !")).toList();
    assertEquals(1, marked.size(), lines.toString());
    assertEquals("4", marked.get(0).split(" +")[3]);
    String last = lines.get(lines.size() - 1);
    assertTrue(last.startsWith("! 1 of 2 cases") && last.contains("1.3 cores"), last);
  }
}
