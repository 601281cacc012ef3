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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.NodeList;

class PlotsTest {
  @TempDir Path directory;

  private List<Path> plot(CaseResult... results) throws Exception {
    return Plots.write(
        List.of(new ResultFile.Run(Measurements.ENVIRONMENT, 1, List.of(results))), directory);
  }

  private static List<String> texts(Path svg) throws Exception {
    DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
    parsers.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    NodeList nodes = parsers.newDocumentBuilder().parse(svg.toFile()).getElementsByTagName("text");
    return IntStream.range(0, nodes.getLength())
        .mapToObj(i -> nodes.item(i).getTextContent())
        .collect(Collectors.toList());
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
    List<String> ratios = texts(files.get(0));
    assertTrue(ratios.containsAll(List.of("1", "8", "f32", "bf16", "dense")), ratios.toString());
    assertTrue(
        ratios.stream().anyMatch(text -> text.contains("Some CPU") && text.contains("2026-11-23")),
        ratios.toString());
    List<String> speeds = texts(files.get(2));
    assertTrue(
        speeds.containsAll(List.of("nm4j f32", "dense peak f32", "nm4j bf16", "GFLOP/s")),
        speeds.toString());
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
