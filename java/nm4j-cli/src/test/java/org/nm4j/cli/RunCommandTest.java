/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunCommandTest {
  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "1:4", "3:5"})
  void everyProductIsCheckedAndReported(String pattern) throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path file = dir.resolve("r.json");
    Cli cli =
        Cli.run(
            "run",
            "--model",
            model,
            "--pattern",
            pattern,
            "--batch",
            "1,3",
            "--seconds",
            0.01,
            "--json",
            file);
    assertEquals(0, cli.status(), cli.err());
    assertTrue(cli.out().contains("9 inputs x 8 outputs, 1 weight"), cli.out());
    assertTrue(cli.out().contains("8 inputs x 5 outputs, 1 weight"), cli.out());
    assertTrue(cli.out().contains("Every product agrees with the dense one"), cli.out());
    assertTrue(cli.out().contains("OpenBLAS"), cli.out());

    JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    assertTrue(json.get("ok").getAsBoolean());
    assertEquals(pattern, json.get("pattern").getAsString());
    JsonArray shapes = json.getAsJsonArray("shapes");
    assertEquals(2, shapes.size());
    assertEquals(9 * 8 * 4, shapes.get(0).getAsJsonObject().get("dense_bytes").getAsInt());
    for (JsonElement shape : shapes) {
      JsonArray products = shape.getAsJsonObject().getAsJsonArray("products");
      assertEquals(2, products.size());
      for (JsonElement element : products) {
        JsonObject product = element.getAsJsonObject();
        assertTrue(product.get("samples").getAsInt() >= 5, product.toString());
        double dense = product.get("dense_seconds").getAsDouble();
        double sparse = product.get("sparse_seconds").getAsDouble();
        assertTrue(dense > 0 && sparse > 0, product.toString());
        assertEquals(dense / sparse, product.get("speedup").getAsDouble(), 1e-9);
        assertTrue(product.get("max_error_to_tolerance").getAsDouble() <= 1, product.toString());
      }
    }
    assertEquals(2, json.getAsJsonArray("totals").size());
    double cpuShare = json.getAsJsonObject("environment").get("cpu_share").getAsDouble();
    assertTrue(cpuShare > 0 && cpuShare <= 1, "share " + cpuShare);
  }

  @Test
  void threadsAreGivenToBothSides() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Cli cli = Cli.run("run", "--model", model, "--batch", "64", "--seconds", 0.01, "--threads", 2);
    assertEquals(0, cli.status(), cli.err());
    assertTrue(cli.out().contains("kernels, 2 threads"), cli.out());
  }

  @Test
  void productsOutOfToleranceAreMarked() {
    RunReport.Product wrong =
        new RunReport.Product(1, 2e-6, 1e-6, 2, 5, null, null, false, "sgemv [in,out]", "kernel");
    RunReport.Shape shape =
        new RunReport.Shape(8, 4, List.of("w"), null, null, 128, 72, 96, List.of(wrong));
    RunReport.Environment environment =
        new RunReport.Environment(
            "cpu",
            "avx2",
            "OpenBLAS",
            1,
            List.of("OPENBLAS_CORETYPE=Haswell"),
            1,
            "jvm",
            "os",
            2,
            0.5);
    StringWriter text = new StringWriter();
    new RunPrinter(new PrintWriter(text))
        .print(new RunReport("1", "m", "2:4", false, environment, List.of(shape), List.of()));
    assertTrue(text.toString().contains("n/a FAIL"), text.toString());
    assertTrue(text.toString().contains("FAILED: "), text.toString());
    assertTrue(text.toString().contains("Not reliable: other programs left 50.0 %"));
    assertTrue(text.toString().contains("OPENBLAS_CORETYPE=Haswell"), text.toString());
  }

  @Test
  void excludedWeightsDoNotRun() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Cli cli =
        Cli.run("run", "--model", model, "--batch", 1, "--seconds", 0.01, "--exclude", "layer1");
    assertEquals(0, cli.status(), cli.err());
    assertFalse(cli.out().contains("9 inputs"), cli.out());
  }

  @Test
  void badModelsAndReportsAreRefused() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path cut = Files.write(dir.resolve("cut.onnx"), new byte[] {8, 7, 58});
    assertTrue(Cli.run("run", "--model", cut).err().contains("not an ONNX model"));
    assertEquals(2, Cli.run("run", "--model", model, "--json", model).status());
    assertEquals(2, Cli.run("run", "--model", model, "--json", dir.resolve("no/r.json")).status());
    Path none =
        new TinyModel().node("Relu", "r", List.of("x"), "y").write(dir.resolve("none.onnx"));
    assertEquals(1, Cli.run("run", "--model", none).status());
  }

  @Test
  void outputToAFileHasNoControlCharacters() throws IOException, InterruptedException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path output = dir.resolve("output.txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.nm4j.cli.Main"));
    command.addAll(List.of("run", "--model", model.toString(), "--seconds", "0.01"));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output.toFile())
            .start();
    assertEquals(0, process.waitFor());
    String text = Files.readString(output);
    assertTrue(text.contains("checking and timing batch 384 ...\n"), text);
    assertTrue(text.contains("Every product agrees"), text);
    assertTrue(text.chars().allMatch(c -> c == '\n' || c >= ' ' && c < 127), text);
  }

  @Test
  void theBundledModelHas36WeightsWithoutItsPooler() throws IOException {
    OnnxModel model = OnnxModel.bundled(java.util.regex.Pattern.compile("^/pooler/"));
    assertEquals(36, model.weights().size());
    assertEquals(
        10_616_832, model.weights().stream().mapToInt(w -> w.inputs() * w.outputs()).sum());
    assertTrue(model.weights().stream().allMatch(w -> w.reductionDim() == 0));
  }
}
