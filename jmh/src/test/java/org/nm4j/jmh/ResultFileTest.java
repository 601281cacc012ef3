/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultFileTest {
  @TempDir Path directory;

  private Path write(String name, Environment environment, CaseResult... results)
      throws IOException {
    Path file = directory.resolve(name);
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
      ResultFile.write(out, environment);
      for (CaseResult result : results) {
        ResultFile.write(out, result);
      }
    }
    return file;
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    CaseResult gemm = Measurements.gemm(8, 1, 2, 3, 4);
    CaseResult mask = Measurements.result("mask/f32/2:4/row-major/8x8/n1", "nm4j", 1, "copy", 2);
    Path file = write("a", Measurements.ENVIRONMENT, gemm, mask);
    assertEquals(
        List.of(new ResultFile.Run(Measurements.ENVIRONMENT, 1, List.of(gemm, mask))),
        ResultFile.read(List.of(file)));
  }

  @Test
  void filesOfTheSameConditionsAreOneRunAndTheLaterResultCounts() throws IOException {
    CaseResult old = Measurements.gemm(8, 1, 2, 3, 4);
    CaseResult other = Measurements.gemm(16, 1, 2, 3, 4);
    CaseResult again = Measurements.gemm(8, 1, 5, 6, 7);
    Path first = write("a", Measurements.ENVIRONMENT, old, other);
    Path second = write("b", Measurements.ENVIRONMENT.on("2026-11-24"), again);
    List<ResultFile.Run> expected =
        List.of(
            new ResultFile.Run(
                Measurements.ENVIRONMENT.on("2026-11-24"), 1, List.of(again, other)));
    assertEquals(expected, ResultFile.read(List.of(first, second)));

    List<String> lines = new ArrayList<>(Files.readAllLines(first));
    lines.addAll(Files.readAllLines(second));
    Path together = Files.write(directory.resolve("c"), lines);
    assertEquals(expected, ResultFile.read(List.of(together)));
  }

  @Test
  void otherConditionsAreAnotherRun() throws IOException {
    Environment wide =
        new Environment(
            "2026-11-23", "Some CPU", 2, "Linux 6", "Some VM 17", "avx512", "", "0.3", "3");
    CaseResult result = Measurements.gemm(8, 1, 2, 3, 4);
    Path first = write("a", Measurements.ENVIRONMENT, result);
    Path second = write("b", wide, result);
    assertEquals(2, ResultFile.read(List.of(first, second)).size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not JSON",
        "[]",
        "{\"op\":\"gemm\"}",
        "{\"environment\":{\"cpu\":\"Some CPU\"}}\n{\"op\":\"gemm\"}"
      })
  void refusesOtherFiles(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("a"), text + "\n");
    var failure =
        assertThrows(IllegalArgumentException.class, () -> ResultFile.read(List.of(file)));
    assertTrue(failure.getMessage().contains(", line "), failure.getMessage());
    assertTrue(failure.getMessage().contains("expected a result"), failure.getMessage());
  }
}
