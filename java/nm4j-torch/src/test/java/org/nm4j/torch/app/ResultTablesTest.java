/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nm4j.train.Placement;

class ResultTablesTest {
  private static final Path README = Path.of("README.md");

  @TempDir private Path temp;

  private static RunResult result(
      String task, Method method, long seed, double metric, double sad) {
    RunConfig config =
        new RunConfig(task, method, "2:4", method == Method.SR_STE ? 2e-4f : 0, 2, seed, 0);
    // The first epoch's SAD counts for nothing; the others' mean is sad, the last one's twice that.
    List<EpochPoint> curve = new ArrayList<>();
    for (double share : List.of(7.0, 0.0, 2.0)) {
      curve.add(new EpochPoint(curve.size() + 1, 1, metric, share * sad, Map.of(), 0, 1));
    }
    String name = task.equals("text") ? "perplexity of a character" : ImageTask.ACCURACY;
    return new RunResult(config, name, curve, 10, 1, "a CPU", "a command", null);
  }

  private static Experiment experiment(String task, int seeds) {
    List<RunConfig> rows = new ArrayList<>();
    for (Method method : List.of(Method.DENSE, Method.STE, Method.SR_STE)) {
      rows.add(result(task, method, 0, 0, 0).config());
    }
    return new Experiment(task, rows, rows.size(), seeds);
  }

  @Test
  void differencesAreThoseOfEqualSeeds() {
    List<RunResult> results =
        List.of(
            result("fashion-cnn", Method.DENSE, 1, 0.90, 0),
            result("fashion-cnn", Method.DENSE, 2, 0.80, 0),
            result("fashion-cnn", Method.DENSE, 3, 0.70, 0),
            result("fashion-cnn", Method.STE, 2, 0.79, 0.25),
            result("fashion-cnn", Method.STE, 1, 0.91, 0.5),
            result("fashion-cnn", Method.SR_STE, 3, 0.72, 0.25),
            result("fashion-cnn", Method.SR_STE, 1, 0.89, 0.25));
    // By hand: STE from dense +1 and -1 points, SR-STE from dense -1 and +2, from STE -2 of one
    // seed.
    assertEquals(
        """
        | method | pattern | lambda | seeds | accuracy, % | SAD | SAD, last epoch | ResNet-50 |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | dense | | | 3 | 80.00 +- 10.00 | | | |
        | STE | 2:4 | | 2 of 3 | 85.00 +- 8.49 | 0.3750 | 0.7500 | |
        | SR-STE | 2:4 | 2e-4 | 2 of 3 | 80.50 +- 12.02 | 0.2500 | 0.5000 | 77.0 |

        | difference, seed by seed | from dense: accuracy, points | from STE: accuracy, points | from STE: SAD | SAD is lower in |
        | --- | --- | --- | --- | --- |
        | STE 2:4 | +0.00 +- 1.41 (2 of 3) | | | |
        | SR-STE 2:4, lambda 2e-4 | +0.50 +- 2.12 (2 of 3) | -2.00 (1 of 3) | -0.2500 | 1 of 1 |

        7 of 9 trainings are done.
        """,
        ResultTables.markdown(experiment("fashion-cnn", 3), results));
  }

  @Test
  void otherSeedsAndSizesAreLeftOut() {
    List<RunResult> results = new ArrayList<>();
    for (Method method : List.of(Method.DENSE, Method.STE, Method.SR_STE)) {
      for (long seed = 1; seed <= (method == Method.SR_STE ? 1 : 3); seed++) {
        results.add(result("text", method, seed, seed, 0));
      }
    }
    Experiment two = experiment("text", 2);
    String tables = ResultTables.markdown(two, results);
    assertTrue(tables.contains("| dense | | | 2 | 1.500 +- 0.707 |"), tables);
    assertTrue(tables.contains("| SR-STE | 2:4 | 2e-4 | 1 of 2 | 1.000 |"), tables);
    assertTrue(tables.endsWith("\n5 of 6 trainings are done.\n"), tables);
    assertEquals(List.of(), Experiment.named("text", 7, 0, 0).among(results));
  }

  @Test
  void rowsWithoutResultsAreNamed() {
    List<RunResult> results = List.of(result("text", Method.DENSE, 1, 2.5, 0));
    assertEquals(
        """
        | method | pattern | lambda | seeds | perplexity of a character | SAD | SAD, last epoch |
        | --- | --- | --- | --- | --- | --- | --- |
        | dense | | | 1 of 2 | 2.500 | | |

        1 of 6 trainings are done; none yet of: STE 2:4; SR-STE 2:4, lambda 2e-4.
        """,
        ResultTables.markdown(experiment("text", 2), results));
  }

  /** As it may stand in commands and in results of earlier versions. */
  @Test
  void whatAMethodDoesNotUseMakesNoDifference() {
    RunConfig dense = new RunConfig("text", Method.DENSE, "1:4", 0.5f, 2, 3, 0);
    RunConfig ste = new RunConfig("text", Method.STE, "1:4", 0.5f, 2, 3, 0);
    RunConfig srSte = new RunConfig("text", Method.SR_STE, "1:4", 0.5f, 2, 3, 0);
    assertEquals(new RunConfig("text", Method.DENSE, "2:4", 0, 2, 3, 0), dense);
    assertEquals(List.of(dense, dense), List.of(ste.dense(), srSte.dense()));
    assertEquals(ste, srSte.ste());
    assertEquals(0.5f, srSte.lambda());
    assertEquals(ste, ste.placed(Placement.DECOUPLED));
    assertEquals(srSte, srSte.placed(null), "as in files of earlier versions");
  }

  @Test
  void placementsAreRowsOfTheirOwn() {
    RunConfig inGradient = result("text", Method.SR_STE, 1, 0, 0).config();
    RunConfig decoupled = inGradient.placed(Placement.DECOUPLED);
    assertEquals("SR-STE 2:4, lambda 2e-4", inGradient.label());
    assertEquals("SR-STE 2:4, lambda 2e-4 decoupled", decoupled.label());
    assertEquals("text-sr-ste-2of4-2.0e-4-decoupled-e2-s1", decoupled.id());
    assertEquals(decoupled.id(), decoupled.seeded(1).id());
    assertEquals(inGradient.ste(), decoupled.ste());
    assertTrue(RunConfig.ORDER.compare(inGradient, decoupled) < 0);
  }

  @Test
  void lambdasAreWrittenAsPeopleDo() {
    Map<Float, String> expected =
        Map.of(
            2e-4f, "2e-4", -2e-5f, "-2e-5", 2e-3f, "2e-3", 1.5e-4f, "1.5e-4", 0f, "0", 3f, "3",
            0.3f, "0.3", 30f, "3e1");
    expected.forEach((value, text) -> assertEquals(text, RunConfig.scientific(value)));
  }

  @Test
  void markersAreReplacedAndMissed() throws IOException {
    Path file = temp.resolve("file.md");
    Files.writeString(file, "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n");
    Marked.replace(file, "x", "new\n");
    Marked.replace(file, "x", "newer\n");
    assertEquals("newer\n", Marked.read(file, "x"));
    assertEquals("a\n<!-- x: begin -->\n\nnewer\n\n<!-- x: end -->\nb\n", Files.readString(file));
    IOException e = assertThrows(IOException.class, () -> Marked.replace(file, "y", ""));
    assertTrue(e.getMessage().contains("<!-- y: begin -->"), e.getMessage());
    Files.writeString(file, "<!-- x: end -->\n<!-- x: begin -->\n");
    e = assertThrows(IOException.class, () -> Marked.replace(file, "x", ""));
    assertTrue(e.getMessage().contains("<!-- x: end -->"), e.getMessage());
  }

  /**
   * After new results: scripts/nm4j.sh experiment NAME --summary --into java/nm4j-torch/README.md
   */
  @Test
  void readmeShowsTheResults() throws IOException {
    Matcher marker = Pattern.compile("<!-- (.*): begin -->").matcher(Files.readString(README));
    int found = 0;
    while (marker.find()) {
      String name = marker.group(1);
      List<RunResult> results = RunResult.in(Path.of("results", name, ExperimentCommand.RUNS));
      Experiment experiment = Experiment.named(name, 0, 0, 0);
      assertEquals(ResultTables.markdown(experiment, results), Marked.read(README, name));
      found++;
    }
    assertTrue(found > 0, "no tables in the README");
  }
}
