/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @ParameterizedTest
  @ValueSource(strings = {"--help", "run --help", "prune --help", "check --help", "help info"})
  void helpExplainsUsageAndExitStatus(String line) {
    Cli cli = Cli.run((Object[]) line.split(" "));
    assertEquals(0, cli.status());
    assertTrue(cli.out().startsWith("Usage: nm4j"), cli.out());
    assertTrue(cli.out().contains("Exit status:"), cli.out());
    assertEquals("", cli.err());
  }

  @Test
  void helpListsEveryCommand() {
    String out = Cli.run("--help").out();
    for (String command : new String[] {"run", "prune", "check", "info"}) {
      assertTrue(out.contains("\n  " + command + " "), out);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                              | Missing required subcommand",
        "paint                           | 'paint'",
        "prune                           | Missing required parameter: 'FILE'",
        "check                           | Missing required parameter: 'FILE'",
        "prune a.onnx --pattern 5:4      | 1 <= N < M <= 32, got 5:4",
        "prune a.onnx --pattern 4:4      | 1 <= N < M <= 32, got 4:4",
        "check a.onnx --pattern 0:4      | 1 <= N < M <= 32, got 0:4",
        "run --pattern half              | must look like 2:4",
        "prune a.bin --rows 4            | Missing required argument(s): --cols=N",
        "check a.bin --rows 4 --cols x   | '--cols': 'x' is not an int",
        "check a.onnx --exclude (        | '--exclude'",
        "run --threads 0                 | '--threads': must be positive",
        "run --batch 1,-1                | '--batch': must be positive",
        "run --seconds NaN               | '--seconds': must be positive",
        "run --colour                    | --colour"
      })
  void wrongUsageIsOneLineAndAHint(String line, String message) {
    Cli cli = Cli.run(line.isEmpty() ? new Object[0] : (Object[]) line.split(" "));
    assertEquals(2, cli.status());
    assertEquals("", cli.out());
    assertTrue(cli.err().startsWith("nm4j: "), cli.err());
    assertTrue(cli.err().contains(message), cli.err());
    assertTrue(cli.err().stripTrailing().endsWith(" --help'."), cli.err());
    assertFalse(cli.err().contains("\tat "), cli.err());
  }

  @Test
  void aMisspeltOptionGetsASuggestion() {
    assertTrue(Cli.run("run", "--patern", "2:4").err().contains("--pattern"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"prune", "check", "run --model"})
  void failuresAreOneLineWithoutAStackTrace(String command, @TempDir Path dir) {
    Path missing = dir.resolve("missing.onnx");
    Cli cli = Cli.run((Object[]) (command + " " + missing).split(" "));
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("nm4j: " + missing + ": no such file or directory"), cli.err());
    assertFalse(cli.err().contains("\tat "), cli.err());
  }

  @Test
  void verboseShowsTheStackTrace(@TempDir Path dir) {
    Cli cli = Cli.run("check", "--verbose", dir.resolve("missing.onnx"));
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("NoSuchFileException"), cli.err());
    assertTrue(cli.err().contains("\tat org.nm4j.cli."), cli.err());
  }

  @Test
  void infoNamesTheLibraryAndTheKernels() {
    Cli cli = Cli.run("info");
    assertEquals(0, cli.status(), cli.err());
    assertTrue(
        cli.out()
            .matches(
                "(?s).*library +/.*libjninm4j\\.so.*isa +(scalar|avx2|avx512(vnni|bf16)?|amx).*"));
  }

  @Test
  void versionIsPrinted() {
    Cli cli = Cli.run("--version");
    assertEquals(0, cli.status());
    assertTrue(cli.out().startsWith("nm4j "), cli.out());
  }
}
