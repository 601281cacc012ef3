/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotsTest {
  @TempDir Path directory;

  private List<Path> plot(CaseResult... results) throws Exception {
    return Plots.write(
        List.of(new ResultFile.Run(Measurements.ENVIRONMENT, 1, List.of(results))), directory);
  }

  private static String text(Path svg, String element) throws Exception {
    DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
    parsers.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    return parsers
        .newDocumentBuilder()
        .parse(svg.toFile())
        .getElementsByTagName(element)
        .item(0)
        .getTextContent();
  }

  private static CaseResult gemm(String dtype, String pattern, int n) {
    return Measurements.result(
        "gemm/%s/%s/batch-major/64x128/n%d".formatted(dtype, pattern, n),
        "onednn",
        200,
        "nm4j",
        100,
        "read",
        1000);
  }

  @Test
  void drawsWhatThereIs() throws Exception {
    List<Path> files =
        plot(
            gemm("f32", "2:4", 1),
            gemm("f32", "2:4", 8),
            gemm("f32", "1:4", 8),
            gemm("bf16", "2:4", 8),
            Measurements.result("peak/f32/2:4/batch-major/64x64/n64", "onednn", 2, "nm4j", 1),
            Measurements.result(
                "crossover/f32/2:4/batch-major/64x128/n8",
                "onednn",
                400,
                "nm4j",
                100,
                "lane-panel",
                100,
                "row-stream",
                200));
    assertEquals(
        List.of(
            "1-thread-avx2-ratio-by-dtype.svg",
            "1-thread-avx2-ratio-by-pattern.svg",
            "1-thread-avx2-gflops.svg",
            "1-thread-avx2-bandwidth.svg",
            "1-thread-avx2-crossover-f32-2x4-64x128.svg"),
        files.stream().map(file -> file.getFileName().toString()).toList());
    String title = text(files.get(0), "title");
    assertTrue(title.contains("Some CPU") && title.contains("2026-11-23"), title);
    assertEquals(
        List.of("f32: 1 = 2.000; 8 = 2.000;", "bf16: 8 = 2.000;", "dense: 1 = 1.000; 8 = 1.000;"),
        text(files.get(0), "desc").lines().toList());
    double gflops = 2.0 * 64 * 128 * 8 / 100;
    double peak = 2.0 * 64 * 64 * 64 / 2;
    assertEquals(
        List.of(
            String.format(Locale.ROOT, "nm4j f32: 1 = %.4g; 8 = %.4g;", gflops / 8, gflops),
            String.format(Locale.ROOT, "dense peak f32: 1 = %.4g; 8 = %.4g;", peak, peak),
            String.format(Locale.ROOT, "nm4j bf16: 8 = %.4g;", gflops)),
        text(files.get(2), "desc").lines().toList());
  }

  @Test
  void leavesOutWhatWasNotMeasured() throws Exception {
    assertEquals(
        List.of(),
        plot(Measurements.result("mask/f32/2:4/row-major/64x64/n1", "nm4j", 1, "copy", 2)));
    try (var files = Files.list(directory)) {
      assertEquals(0, files.count());
    }
  }
}
