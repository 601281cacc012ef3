/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nm4j.train.Placement;

/** The commands from end to end, on a text of random sentences. */
class CommandsTest {
  @TempDir private Path temp;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static String[] join(String[] first, String... more) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray(String[]::new);
  }

  private Path text() throws IOException {
    return text("text", 4);
  }

  private Path text(String name, long seed) throws IOException {
    List<String> words = List.of("a ", "man ", "dog ", "sees ", "the ", "ball.\n", "and ", "runs ");
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    while (text.length() < 6000) {
      text.append(words.get(random.nextInt(words.size())));
    }
    return Files.writeString(temp.resolve(name), text);
  }

  @Test
  void experimentsTrainWhatIsMissing() throws IOException {
    String[] command = {
      "experiment",
      "text",
      "--data",
      text().toString(),
      "--epochs",
      "2",
      "--limit",
      "64",
      "--seeds",
      "2",
      "--results",
      temp + "/results",
      "--checkpoints",
      temp + "/checkpoints"
    };
    assertEquals(0, run(command), err::toString);
    Path runs = temp.resolve("results/text/runs");
    List<RunResult> all = RunResult.in(runs);
    assertEquals(6, all.size());
    for (RunResult result : all) {
      List<Double> perplexities = result.curve().stream().map(EpochPoint::metric).toList();
      assertEquals(2, perplexities.size());
      assertTrue(perplexities.get(1) < perplexities.get(0), () -> "learns nothing: " + result);
    }
    Path summaryFile = temp.resolve("results/text/summary-e2-n64-x2.json");
    Summary[] summary = Runs.read(summaryFile, Summary[].class);
    assertEquals(3, summary.length);
    assertEquals(List.of(1L, 2L), summary[0].seeds());
    double mean =
        all.stream()
            .filter(r -> r.config().method() == Method.SR_STE)
            .mapToDouble(r -> r.last().metric())
            .average()
            .orElseThrow();
    assertEquals(mean, summary[2].mean(), 1e-12);
    assertTrue(summary[2].std() > 0 && summary[2].sad() > 0);
    assertEquals(0, summary[0].sad());
    assertEquals(2, summary[2].planned());
    assertEquals(
        List.of("dense", "STE"), summary[2].differences().stream().map(Difference::from).toList());
    assertTrue(out.toString().contains("| SR-STE 2:4, lambda 2e-4 | "), out::toString);

    Path missing = runs.resolve("text-ste-2of4-e2-n64-s2.json");
    RunResult before = Runs.read(missing, RunResult.class);
    Path kept = runs.resolve("text-ste-2of4-e2-n64-s1.json");
    Object stamp = Files.getLastModifiedTime(kept);
    Files.delete(missing);
    Object summaryStamp = Files.getLastModifiedTime(summaryFile);
    assertEquals(0, run(join(command, "--summary")), err::toString);
    assertTrue(Files.notExists(missing), "it trained");
    assertEquals(summaryStamp, Files.getLastModifiedTime(summaryFile));
    assertTrue(Files.notExists(summaryFile.resolveSibling("summary.json")), "not its own sizes");
    assertTrue(out.toString().contains("| STE | 2:4 | | 1 of 2 | "), out::toString);
    assertEquals(0, run("report", runs.getParent().toString()), err::toString);
    String page = Files.readString(runs.resolveSibling("report.html"));
    assertTrue(page.contains("SR-STE 2:4, lambda 2e-4, mean of 2:"), "no curve of means");
    assertEquals(0, run(command));
    assertEquals(stamp, Files.getLastModifiedTime(kept));
    assertEquals(before.last().metric(), Runs.read(missing, RunResult.class).last().metric());
  }

  @Test
  void experimentsOfOtherSizesLeaveTablesAlone() throws IOException {
    String results = temp.resolve("results").toString();
    String data = text().toString();
    String[] trial = {"experiment", "text", "--data", data, "--results", results, "--limit", "32"};
    trial = join(trial, "--checkpoints", temp + "/c", "--epochs", "1", "--seeds", "1");
    Path own = temp.resolve("results/text/summary.json");
    Files.createDirectories(own.getParent());
    Files.writeString(own, "kept");
    assertEquals(0, run(trial), err::toString);
    Path tables = temp.resolve("tables.md");
    String before = "<!-- text: begin -->\n\nkept\n\n<!-- text: end -->\n";
    Files.writeString(tables, before);
    String[] none = {"experiment", "text", "--summary", "--results", results, "--epochs", "3"};
    assertEquals(2, run(join(none, "--into", tables.toString())));
    assertTrue(err.toString().contains("no results of this experiment's trainings"), err::toString);
    assertEquals(before, Files.readString(tables));
    assertEquals("kept", Files.readString(own));
  }

  @Test
  void denseTrainingsAreTheSameForAllPatterns() throws IOException {
    String out = temp.resolve("out").toString();
    String[] train = {"train", "text", "--data", text().toString(), "--limit", "32", "--out", out};
    train = join(train, "--epochs", "1");
    assertEquals(0, run(join(train, "--dense", "--asp", "--pattern", "1:4")), err::toString);
    assertEquals(0, run(join(train, "--dense")), err::toString);
  }

  /** Each has results of its own, and a row. */
  @Test
  void thePlacementIsAnother() throws IOException {
    Path out = temp.resolve("out");
    String[] train = {"train", "text", "--data", text().toString(), "--limit", "64"};
    train = join(train, "--out", out.toString(), "--epochs", "2", "--sr-ste", "--lambda", "50");
    assertEquals(0, run(join(train, "--placement", "decoupled")), err::toString);
    assertEquals(0, run(join(train, "--placement", "outside-moments")), err::toString);
    assertEquals(0, run(train), err::toString);
    List<RunResult> all = RunResult.in(out);
    assertEquals(
        Set.of(Placement.values()),
        all.stream().map(result -> result.config().placement()).collect(Collectors.toSet()));
    assertEquals(
        3, all.stream().map(result -> result.last().loss()).distinct().count(), all::toString);
    assertEquals(0, run("report", out.toString()), err::toString);
    String page = Files.readString(out.resolve("report.html"));
    assertTrue(page.contains("lambda 5e1 decoupled"), "no row of its own");
  }

  @Test
  void otherDataAndThreadsAreRefused() throws IOException {
    Path out = temp.resolve("out");
    String data = text().toString();
    String[] train = {"train", "text", "--limit", "32", "--epochs", "1", "--out", out.toString()};
    assertEquals(0, run(join(train, "--dense", "--data", data)), err::toString);
    String moved = Files.copy(text(), temp.resolve("moved")).toString();
    assertEquals(0, run(join(train, "--dense", "--data", moved)), err::toString);
    assertEquals(2, run(join(train, "--dense", "--data", data, "--threads", "2")));
    assertTrue(err.toString().contains("by threads: 2, got 1"), err::toString);

    String other = text("other", 5).toString();
    Path result = out.resolve("text-dense-e1-n32-s1.json");
    assertEquals(2, run(join(train, "--ste", "--data", other)));
    String expected = "expected data as in the result of text-dense-e1-n32-s1: 89 + 4 windows";
    assertTrue(err.toString().contains(expected), err::toString);
    Files.delete(result);
    assertEquals(2, run(join(train, "--dense", "--data", other)));
    assertTrue(err.toString().contains("expected a training on 89 + 4 windows"), err::toString);
    assertEquals(0, run(join(train, "--dense", "--data", data)), err::toString);

    // Results of earlier versions do not say what they were trained on.
    String json = Files.readString(result);
    String line = ",\n  \"data\": \"" + Runs.read(result, RunResult.class).data() + "\"";
    assertTrue(json.contains(line), json);
    Files.writeString(result, json.replace(line, ""));
    assertEquals(0, run(join(train, "--ste", "--data", other)), err::toString);
  }

  @Test
  void reportsAreOnePage() throws IOException {
    String results = temp.resolve("results").toString();
    assertEquals(
        0,
        run(
            "train",
            "text",
            "--data",
            text().toString(),
            "--dense",
            "--sr-ste",
            "--epochs",
            "3",
            "--limit",
            "32",
            "--out",
            results),
        err::toString);
    assertTrue(out.toString().contains("SR-STE: perplexity"), out::toString);
    assertEquals(0, run("report", results), err::toString);
    String page = Files.readString(temp.resolve("results/report.html"));
    assertEquals(5, page.split("<svg", -1).length - 1); // loss, test, SAD, flips, SAD by layer
    assertTrue(page.contains("block1.fc1.weight"), "no curve of a layer");
    assertTrue(page.contains("SR-STE 2:4, lambda 2e-4: 1 = "), "no first epoch");
    int sad = page.indexOf("SAD from epoch to epoch");
    String curve = page.substring(sad, page.indexOf("Mask flips in an epoch", sad));
    assertTrue(curve.contains(" 2 = ") && !curve.contains(" 1 = "), curve);
    assertTrue(page.contains("name=\"viewport\""));
    String foreign = page.replaceAll("xmlns(:\\w+)?=\"[^\"]*\"", "");
    assertFalse(foreign.contains("http://") || foreign.contains("<script"), "not self-contained");
    assertEquals(2, run("report", temp.toString()));
    assertTrue(err.toString().contains("no results of a training there"), err::toString);
  }

  @Test
  void withoutDataTheDemoSaysSo() {
    assertEquals(0, run("demo", "--data", temp.toString()));
    assertTrue(out.toString().startsWith("Training is left out: no Fashion-MNIST"), out::toString);
  }

  @Test
  void mistakesAreNamed() throws IOException {
    assertEquals(2, run("train", "nothing"));
    assertTrue(err.toString().contains("expected one of [fashion-mlp,"), err::toString);
    assertEquals(2, run("train", "text", "--data", text().toString(), "--pattern", "4:2"));
    assertTrue(err.toString().contains("4:2"), err::toString);
    assertEquals(2, run("train", "text", "--placement", "outside"));
    assertTrue(err.toString().contains("outside-moments or decoupled, got outside"), err::toString);
    assertEquals(2, run("train", "text", "--data", text().toString(), "--epochs", "0"));
    assertTrue(err.toString().contains("at least 1 epoch"), err::toString);
    assertEquals(2, run("train", "text", "--threads", "0"));
    assertTrue(err.toString().contains("--threads must be at least 1, got 0"), err::toString);
    assertEquals(2, run("train", "text"));
    assertTrue(err.toString().contains("--data must name a file"), err::toString);
    assertEquals(2, run("experiment", "text", "--summary", "--results", temp.toString()));
    assertTrue(err.toString().contains("no results of this experiment's trainings"), err::toString);
  }
}
