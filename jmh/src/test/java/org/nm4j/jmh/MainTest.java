/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nm4j.Nm4j;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;

class MainTest {
  private final StringWriter messages = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = Main.commandLine();
    line.setErr(new PrintWriter(messages, true));
    line.setOut(new PrintWriter(messages, true));
    return line.execute(arguments);
  }

  private void assertUsageError(String expected, String... arguments) {
    assertEquals(ExitCode.USAGE, run(arguments));
    assertTrue(messages.toString().contains(expected), messages.toString());
  }

  private static List<BenchmarkCase> cases(String... arguments) {
    CommandLine line = Main.commandLine();
    line.parseArgs(arguments);
    return ((Main) line.getCommand()).cases();
  }

  @Test
  void withoutOptionsTheFullSuite() {
    assertEquals(Suite.full(1), cases());
  }

  @Test
  void quickAndFilter() {
    assertEquals(Suite.quick(), cases("--quick", "--device", "cpu"));
    assertEquals(2, cases("--quick", "--filter", "/768x768/n32$").size());
  }

  @Test
  void helpNamesTheOptions() {
    assertEquals(ExitCode.OK, run("--help"));
    for (String option :
        List.of(
            "--quick",
            "--threads",
            "--filter",
            "--json",
            "--device",
            "--tables",
            "--bare-target",
            "--plot",
            "--help")) {
      assertTrue(messages.toString().contains(option), messages.toString());
    }
  }

  @Test
  void aFilterThatMatchesNothing() {
    assertUsageError(
        "none of the " + Suite.full(1).size() + " cases matches 3:4", "--filter", "3:4");
  }

  @Test
  void aFilterThatIsNoExpression() {
    assertUsageError("--filter", "--filter", "(");
  }

  @Test
  void threadsBeyondTheMachine() {
    assertUsageError("expected 1 to", "--threads", "0");
    assertUsageError("expected 1 to", "--threads", "1000000");
    assertUsageError("--threads", "--threads", "two");
  }

  @Test
  void cudaNeedsAGpu() {
    assertFalse(Nm4j.cuda().products().isAvailable(), "run by scripts/gpu-check.sh where there is");
    assertUsageError(Nm4j.cuda().products().text(), "--device", "cuda");
    assertUsageError("--device", "--device", "tpu");
  }

  @Test
  void aFileThatCannotBeWritten(@TempDir Path directory) {
    assertUsageError(
        "cannot write", "--quick", "--json", directory.resolve("absent/out.json").toString());
  }

  @Test
  void tablesAndPlotsNeedResults(@TempDir Path directory) throws IOException {
    assertUsageError("need files", "--tables");
    assertUsageError("need files", "--plot", directory.toString());
    assertUsageError("need files", "--bare-target");
    assertUsageError("no file", "--tables", directory.resolve("absent").toString());
    Path other = Files.writeString(directory.resolve("other"), "{}");
    assertUsageError("expected a result", "--tables", other.toString());
    assertUsageError("files are for --tables", other.toString());
  }

  /** The exit status is what scripts/gpu-check.sh goes by. */
  @Test
  void theTargetOverBareCalls(@TempDir Path directory) throws IOException {
    Path json = directory.resolve("simulated.jsonl");
    for (double nm4j : new double[] {101_000, 120_000}) {
      try (PrintWriter lines = new PrintWriter(Files.newBufferedWriter(json))) {
        ResultFile.write(lines, Measurements.ENVIRONMENT);
        ResultFile.write(
            lines,
            Measurements.result(
                "cuda-gemm/f16/2:4/batch-major/64x128/n8",
                "nm4j",
                nm4j,
                GpuContender.BARE_NAME,
                100_000));
      }
      int expected = nm4j < 103_000 ? ExitCode.OK : ExitCode.SOFTWARE;
      assertEquals(expected, run("--bare-target", json.toString()), messages.toString());
    }
  }

  /** Through JMH's fork, the peers and nm4j, with every product verified. */
  @Test
  void measuresACase(@TempDir Path directory) throws IOException {
    System.setProperty("jmh.ignoreLock", "true"); // a test measures nothing worth protecting
    Path json = directory.resolve("out.json");
    int status = run("--quick", "--filter", "batch-major/768x768/n1$", "--json", json.toString());
    assertEquals(ExitCode.OK, status, messages.toString());

    List<JsonObject> all =
        Files.readAllLines(json).stream()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .toList();
    assertTrue(all.get(0).has("environment"), all.get(0).toString());
    List<JsonObject> lines = all.subList(1, all.size());
    assertEquals(
        Set.of("onednn", "onednn-prepacked", "openblas", "read"),
        lines.stream().map(line -> line.get("peer").getAsString()).collect(Collectors.toSet()));
    for (JsonObject line : lines) {
      assertEquals("2:4", line.get("pattern").getAsString());
      assertEquals(768, line.get("m").getAsInt());
      assertEquals(1, line.get("n").getAsInt());
      assertEquals(768, line.get("k").getAsInt());
      assertTrue(line.get("kernel").getAsString().startsWith("f32"), line.toString());
      for (String number : List.of("nm4j_gflops", "peer_gflops", "ratio")) {
        assertTrue(line.get(number).getAsDouble() > 0, line.toString());
      }
      assertEquals(line.get("peer").getAsString().equals("read"), line.has("gbps"));
    }

    Path plots = directory.resolve("plots");
    assertEquals(ExitCode.OK, run("--tables", "--plot", plots.toString(), json.toString()));
    try (var files = Files.list(plots)) {
      assertTrue(files.allMatch(file -> file.toString().endsWith(".svg")));
    }
  }
}
