/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PruneAndCheckTest {
  @TempDir Path dir;

  // --------------------------------------------------------------------------------------- ONNX

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "1:4", "3:5"})
  void prunedModelHasTheLargestWeightsAlongTheInputs(String pattern) throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Cli prune = Cli.run("prune", model, "--pattern", pattern);
    assertEquals(0, prune.status(), prune.err());

    Path pruned = dir.resolve("m-pruned.onnx");
    float[] first = Tensors.transpose(TinyModel.random("first", 72), 9, 8);
    assertArrayEquals(
        Tensors.transpose(reference(first, 9, pattern), 8, 9), TinyModel.values(pruned, "first"));
    assertArrayEquals(
        reference(TinyModel.random("second", 40), 8, pattern), TinyModel.values(pruned, "second"));
    assertArrayEquals(TinyModel.random("bias", 5), TinyModel.values(pruned, "bias"));

    Cli check = Cli.run("check", pruned, "--pattern", pattern);
    assertEquals(0, check.status(), check.out());
    assertTrue(check.out().contains("2 eligible, 2 obey their pattern"), check.out());
    assertTrue(check.out().contains(pattern), check.out());
  }

  @Test
  void everythingButTheWeightsStaysAsItWas() throws IOException {
    ModelProto before = TinyModel.twoLayers().build();
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path out = dir.resolve("out.onnx");
    assertEquals(0, Cli.run("prune", model, "--out", out).status());
    ModelProto after = ModelProto.parseFrom(Files.readAllBytes(out));
    assertEquals(
        before.toBuilder().setGraph(before.getGraph().toBuilder().clearInitializer()).build(),
        after.toBuilder().setGraph(after.getGraph().toBuilder().clearInitializer()).build());
    assertArrayEquals(TinyModel.twoLayers().build().toByteArray(), Files.readAllBytes(model));
  }

  @Test
  void theReportSaysWhatWasPrunedAndWhatNot() throws IOException {
    TinyModel tiny = TinyModel.twoLayers().node("MatMul", "scores", List.of("h", "h"), "s");
    tiny.graph.addInitializer(TinyModel.tensor("half", TensorProto.DataType.FLOAT16, 8, 8));
    tiny.node("MatMul", "low", List.of("h", "half"), "l");
    Path report = dir.resolve("report.json");
    Cli cli = Cli.run("prune", tiny.write(dir.resolve("m.onnx")), "--report", report);
    assertEquals(0, cli.status(), cli.err());

    JsonObject json = json(report);
    assertEquals("2:4", json.get("pattern").getAsString());
    assertEquals(dir.resolve("m-pruned.onnx").toString(), json.get("output").getAsString());
    assertEquals(72 + 40, json.getAsJsonObject("total").get("values").getAsInt());
    // Rows of 9 keep 2 + 2 + 1.
    assertEquals(8 * 5 + 5 * 4, json.getAsJsonObject("total").get("kept").getAsInt());

    JsonArray weights = json.getAsJsonArray("weights");
    assertEquals(2, weights.size());
    JsonObject first = weights.get(0).getAsJsonObject();
    assertEquals("first", first.get("name").getAsString());
    assertEquals("layer1/MatMul", first.getAsJsonArray("nodes").get(0).getAsString());
    assertEquals(9, first.get("inputs").getAsInt());
    assertEquals(8, first.get("outputs").getAsInt());
    assertEquals(0, first.get("reduction_dim").getAsInt());
    assertEquals(40, first.get("kept").getAsInt());
    float[] dense = TinyModel.random("first", 72);
    float[] sparse = TinyModel.values(dir.resolve("m-pruned.onnx"), "first");
    assertEquals(abs(sparse) / abs(dense), first.get("kept_magnitude").getAsDouble(), 1e-9);
    assertEquals(square(sparse) / square(dense), first.get("kept_square").getAsDouble(), 1e-9);
    assertEquals(1, weights.get(1).getAsJsonObject().get("reduction_dim").getAsInt());

    JsonArray skipped = json.getAsJsonArray("skipped");
    assertEquals(2, skipped.size());
    assertTrue(skipped.toString().contains("both factors are computed, by MatMul and MatMul"));
    assertTrue(skipped.toString().contains("element type FLOAT16, not FLOAT"));
    assertTrue(cli.out().contains("skipped 1 x MatMul half: element type FLOAT16"), cli.out());
  }

  @Test
  void excludedWeightsAreLeftAlone() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path out = dir.resolve("out.onnx");
    assertEquals(0, Cli.run("prune", model, "--out", out, "--exclude", "layer2/").status());
    assertArrayEquals(TinyModel.random("second", 40), TinyModel.values(out, "second"));
    assertEquals(1, Cli.run("check", out).status());
    assertEquals(0, Cli.run("check", out, "--exclude", "^second$").status());
  }

  @Test
  void checkNamesTheFirstBreachOfEachWeight() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path pruned = dir.resolve("m-pruned.onnx");
    assertEquals(0, Cli.run("prune", model).status());
    // Stored [in, out]: element [5][3] is input 5 of output 3; fill its group of inputs 4 to 7.
    float[] values = TinyModel.values(pruned, "first");
    for (int input = 4; input < 8; input++) {
      values[input * 8 + 3] = 1;
    }
    ModelProto.Builder broken = ModelProto.parseFrom(Files.readAllBytes(pruned)).toBuilder();
    broken
        .getGraphBuilder()
        .setInitializer(0, Tensors.withFloats(broken.getGraph().getInitializer(0), values));
    Path file = Files.write(dir.resolve("broken.onnx"), broken.build().toByteArray());

    Cli cli = Cli.run("check", pruned, file);
    assertEquals(1, cli.status());
    List<String> lines = cli.out().lines().toList();
    assertEquals(10, lines.size(), cli.out());
    assertEquals(pruned + ": 2:4", lines.get(0));
    assertTrue(lines.get(1).matches("weight +values +pattern +non-zero +kept .w. +finding"));
    assertTrue(lines.get(2).matches("first +72 +2:4 .* 100.0 % +ok"), lines.get(2));
    assertEquals("2 weights, 2 eligible, 2 obey their pattern", lines.get(4));
    assertEquals(file + ": 2:4", lines.get(5));
    assertTrue(
        lines.get(7).endsWith("1 group keeps too much, the first at row 3, column 4"),
        lines.get(7));
    assertTrue(lines.get(8).endsWith("100.0 %  ok"), lines.get(8));
    assertEquals("2 weights, 2 eligible, 1 obey their pattern", lines.get(9));
  }

  @Test
  void aModelWithoutWeightsIsAFinding() throws IOException {
    Path model = new TinyModel().node("Relu", "r", List.of("x"), "y").write(dir.resolve("m.onnx"));
    Cli check = Cli.run("check", model);
    assertEquals(1, check.status());
    assertTrue(check.out().contains("no weight to check"), check.out());
    Cli prune = Cli.run("prune", model);
    assertEquals(1, prune.status());
    assertFalse(Files.exists(dir.resolve("m-pruned.onnx")));
  }

  @Test
  void truncatedModelsAreRefusedAtEveryLength() throws IOException {
    byte[] whole = TinyModel.twoLayers().build().toByteArray();
    Path file = dir.resolve("cut.onnx");
    for (int length : new int[] {0, 1, 2, 5, 50, whole.length / 2, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      for (String command : new String[] {"prune", "check"}) {
        Cli cli = Cli.run(command, file);
        assertEquals(2, cli.status(), cli.out());
        assertTrue(cli.err().startsWith("nm4j: " + file + ": not an ONNX model"), cli.err());
      }
    }
    assertFalse(Files.exists(dir.resolve("cut-pruned.onnx")));
  }

  @Test
  void aDirectoryIsNoModel() {
    assertTrue(Cli.run("check", dir).err().contains(dir + ": is a directory"));
  }

  @Test
  void aTensorShorterThanItsDimensionsIsRefused() throws IOException {
    TinyModel tiny = TinyModel.twoLayers();
    TensorProto.Builder shorter = tiny.graph.getInitializerBuilder(0);
    shorter.setRawData(shorter.getRawData().substring(4));
    Cli cli = Cli.run("prune", tiny.write(dir.resolve("m.onnx")));
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("first: dimensions [9, 8] need 72 values, found 71"), cli.err());
    assertFalse(Files.exists(dir.resolve("m-pruned.onnx")));
  }

  @Test
  void nanNamesTheWeightAndWritesNothing() throws IOException {
    TinyModel tiny = TinyModel.twoLayers();
    float[] values = TinyModel.random("second", 40);
    values[17] = Float.NaN;
    tiny.graph.setInitializer(1, Tensors.withFloats(tiny.graph.getInitializer(1), values));
    Cli cli = Cli.run("prune", tiny.write(dir.resolve("m.onnx")));
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("second: "), cli.err());
    assertTrue(cli.err().contains("NaN"), cli.err());
    try (var files = Files.list(dir)) {
      assertEquals(List.of(dir.resolve("m.onnx")), files.toList());
    }
  }

  @Test
  void infiniteWeightsMakeNoInvalidJson() throws IOException {
    TinyModel tiny = TinyModel.twoLayers();
    float[] values = TinyModel.random("second", 40);
    values[17] = Float.POSITIVE_INFINITY;
    tiny.graph.setInitializer(1, Tensors.withFloats(tiny.graph.getInitializer(1), values));
    Path report = dir.resolve("r.json");
    Cli cli = Cli.run("prune", tiny.write(dir.resolve("m.onnx")), "--report", report);
    assertEquals(0, cli.status(), cli.err());
    JsonObject second = json(report).getAsJsonArray("weights").get(1).getAsJsonObject();
    assertTrue(second.get("kept_magnitude").isJsonNull());
    assertTrue(cli.out().contains("n/a"), cli.out());
  }

  @Test
  void valuesInFloatDataAreReadToo() throws IOException {
    TinyModel tiny = TinyModel.twoLayers();
    TensorProto.Builder tensor = tiny.graph.getInitializerBuilder(0).clearRawData();
    for (float value : TinyModel.random("first", 72)) {
      tensor.addFloatData(value);
    }
    Path out = dir.resolve("out.onnx");
    assertEquals(0, Cli.run("prune", tiny.write(dir.resolve("m.onnx")), "--out", out).status());
    float[] first = Tensors.transpose(TinyModel.random("first", 72), 9, 8);
    assertArrayEquals(
        Tensors.transpose(reference(first, 9, "2:4"), 8, 9), TinyModel.values(out, "first"));
  }

  @Test
  void externalDataIsReadAndWrittenInline() throws IOException {
    Path model = withExternalData("weights.bin", "8");
    byte[] data = new byte[8 + 72 * 4];
    ByteBuffer.wrap(data, 8, 72 * 4)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(TinyModel.random("first", 72));
    Files.write(dir.resolve("weights.bin"), data);
    Path out = Files.createDirectory(dir.resolve("elsewhere")).resolve("out.onnx");
    Cli cli = Cli.run("prune", model, "--out", out);
    assertEquals(0, cli.status(), cli.err());
    float[] first = Tensors.transpose(TinyModel.random("first", 72), 9, 8);
    assertArrayEquals(
        Tensors.transpose(reference(first, 9, "2:4"), 8, 9), TinyModel.values(out, "first"));
  }

  @Test
  void externalDataThatIsMissingTruncatedOrElsewhereIsRefused() throws IOException {
    Cli missing = Cli.run("check", withExternalData("weights.bin", "8"));
    assertEquals(2, missing.status());
    assertTrue(missing.err().contains("weights.bin: no such file"), missing.err());

    Files.write(dir.resolve("weights.bin"), new byte[100]);
    Cli truncated = Cli.run("check", withExternalData("weights.bin", "8"));
    assertEquals(2, truncated.status());
    assertTrue(truncated.err().contains("is truncated"), truncated.err());

    Cli badOffset = Cli.run("check", withExternalData("weights.bin", "-8"));
    assertEquals(2, badOffset.status());
    assertTrue(badOffset.err().contains("first: "), badOffset.err());

    Cli outside = Cli.run("check", withExternalData("../weights.bin", "8"));
    assertEquals(2, outside.status());
    assertTrue(outside.err().contains("outside the model's directory"), outside.err());
  }

  private Path withExternalData(String location, String offset) throws IOException {
    TinyModel tiny = TinyModel.twoLayers();
    tiny.graph
        .getInitializerBuilder(0)
        .clearRawData()
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", offset))
        .addExternalData(entry("length", "288"));
    return tiny.write(dir.resolve("external.onnx"));
  }

  private static StringStringEntryProto.Builder entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value);
  }

  // ---------------------------------------------------------------------------------------- raw

  @Test
  void rawFilesArePrunedAlongTheirRows() throws IOException {
    Path raw = raw("w.f32", TinyModel.random("w", 6 * 10));
    Cli prune = Cli.run("prune", raw, "--rows", 6, "--cols", 10, "--pattern", "2:4");
    assertEquals(0, prune.status(), prune.err());
    Path pruned = dir.resolve("w-pruned.f32");
    assertArrayEquals(reference(TinyModel.random("w", 60), 10, "2:4"), floats(pruned));

    assertEquals(0, Cli.run("check", pruned, "--rows", 6, "--cols", 10).status());
    Cli dense = Cli.run("check", raw, "--rows", 6, "--cols", 10);
    assertEquals(1, dense.status());
    // The last group of a row has two columns and keeps both: 6 x 2 groups can breach, and do.
    assertTrue(
        dense.out().contains("12 groups keep too much, the first at row 0, column 0"), dense.out());
  }

  @Test
  void largeFilesGoThroughInBlocksOfRows() throws IOException {
    float[] values = TinyModel.random("w", 7 * 8);
    Path raw = raw("w.f32", values);
    Path out = dir.resolve("out.f32");
    RawFile file = new RawFile(raw, 7, 8, 2 * 8 * Float.BYTES + 3);
    List<Long> firstRows = new ArrayList<>();
    SafeFile.write(
        out,
        channel ->
            file.rewrite(
                (weight, firstRow, rows) -> {
                  firstRows.add(firstRow);
                  rows.set(0, 0, 42);
                },
                channel));
    assertEquals(List.of(0L, 2L, 4L, 6L), firstRows);
    for (int row = 0; row < 7; row += 2) {
      values[row * 8] = 42;
    }
    assertArrayEquals(values, floats(out));
  }

  @Test
  void breachesAreCountedOverAllBlocks() throws IOException {
    int rows = 40_000; // more than two blocks
    int cols = 1024;
    Path raw = dir.resolve("w.f32");
    try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
      file.setLength((long) rows * cols * Float.BYTES); // zeros
      byte[] ones = new byte[16];
      Arrays.fill(ones, (byte) 1);
      for (int row : new int[] {39_000, 25_000}) {
        file.seek(((long) row * cols + 8) * Float.BYTES);
        file.write(ones);
      }
    }
    Cli cli = Cli.run("check", raw, "--rows", rows, "--cols", cols);
    assertEquals(1, cli.status());
    assertTrue(
        cli.out().contains("2 groups keep too much, the first at row 25000, column 8"), cli.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"6 11", "60 2", "1 1", "2147483647 2147483647"})
  void rawFilesOfAnotherSizeAreRefused(String shape) throws IOException {
    Path raw = raw("w.f32", TinyModel.random("w", 60));
    String[] size = shape.split(" ");
    Cli cli = Cli.run("prune", raw, "--rows", size[0], "--cols", size[1]);
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("but the file has 240 bytes"), cli.err());
    assertFalse(Files.exists(dir.resolve("w-pruned.f32")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 10", "6 -10", "-6 -10"})
  void rawShapesMustBePositive(String shape) throws IOException {
    Path raw = raw("w.f32", TinyModel.random("w", 60));
    String[] size = shape.split(" ");
    Cli cli = Cli.run("check", raw, "--rows=" + size[0], "--cols=" + size[1]);
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("must be positive"), cli.err());
  }

  // ------------------------------------------------------------------------------ nothing is lost

  @Test
  void anExistingOutputIsReplacedOnlyByForce() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path out = Files.writeString(dir.resolve("out.onnx"), "precious");
    Cli cli = Cli.run("prune", model, "--out", out);
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("--force"), cli.err());
    assertEquals("precious", Files.readString(out));
    assertEquals(0, Cli.run("prune", model, "--out", out, "--force").status());
    assertEquals(0, Cli.run("check", out).status());
  }

  @Test
  void theInputIsNeverReplaced() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Path link = Files.createSymbolicLink(dir.resolve("link.onnx"), model);
    byte[] before = Files.readAllBytes(model);
    for (Object[] args :
        new Object[][] {
          {"prune", model, "--force", "--out", model},
          {"prune", model, "--force", "--out", link},
          {"prune", model, "--force", "--report", link},
          {"prune", model, "--out", dir.resolve("o"), "--report", dir.resolve("x/../o")}
        }) {
      Cli cli = Cli.run(args);
      assertEquals(2, cli.status());
      assertTrue(cli.err().contains("would be overwritten"), cli.err());
    }
    assertArrayEquals(before, Files.readAllBytes(model));
    assertFalse(Files.exists(dir.resolve("o")));
  }

  @Test
  void anUnreachableReportIsNoticedBeforeTheWork() throws IOException {
    Path model = TinyModel.twoLayers().write(dir.resolve("m.onnx"));
    Cli cli = Cli.run("prune", model, "--report", dir.resolve("none/r.json"));
    assertEquals(2, cli.status());
    assertTrue(cli.err().contains("there is no directory"), cli.err());
    assertFalse(Files.exists(dir.resolve("m-pruned.onnx")));
  }

  // -------------------------------------------------------------------------------------- helpers

  /** Magnitude pruning, the slow and obvious way. */
  private static float[] reference(float[] rows, int cols, String pattern) {
    int keep = Integer.parseInt(pattern.substring(0, pattern.indexOf(':')));
    int group = Integer.parseInt(pattern.substring(pattern.indexOf(':') + 1));
    float[] out = new float[rows.length];
    for (int row = 0; row < rows.length; row += cols) {
      for (int start = row; start < row + cols; start += group) {
        int end = Math.min(start + group, row + cols);
        for (int i = start; i < end; i++) {
          int larger = 0;
          for (int j = start; j < end; j++) {
            larger += Math.abs(rows[j]) > Math.abs(rows[i]) ? 1 : 0;
          }
          out[i] = larger < keep ? rows[i] : 0;
        }
      }
    }
    return out;
  }

  private Path raw(String name, float[] values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Files.write(dir.resolve(name), bytes.array());
  }

  private static float[] floats(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }

  private static double abs(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += Math.abs(value);
    }
    return sum;
  }

  private static double square(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return sum;
  }
}
