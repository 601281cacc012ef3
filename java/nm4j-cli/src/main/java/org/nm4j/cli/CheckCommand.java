/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.MaskKind;
import org.nm4j.train.Recipe;
import org.nm4j.train.SparsityReport;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "check",
    description =
        "Checks that the weights of ONNX models or raw files obey an N:M pattern: a table of what"
            + " each keeps, with the first group that keeps too much, and what is left out, and"
            + " why.")
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private WeightOptions options;

  @ArgGroup(exclusive = false)
  private RawShape shape;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "ONNX models, or raw values with --rows and --cols.")
  private List<Path> files;

  @Override
  public Integer call() throws IOException {
    boolean ok = true;
    for (Path file : files) {
      ok &= check(file);
    }
    return ok ? 0 : Failure.FINDING;
  }

  private boolean check(Path path) throws IOException {
    WeightFile file = WeightFile.open(path, shape, options);
    PrintWriter out = spec.commandLine().getOut();
    if (file.weights().isEmpty()) {
      out.println(path + ": no weight to check");
      Skipped.lines(file.skipped()).forEach(out::println);
      return false;
    }
    Map<Weight, LayerWeight> layers = new LinkedHashMap<>();
    file.weights()
        .forEach(w -> layers.put(w, LayerWeight.linear(w.name(), w.outputs(), w.inputs())));
    SparsityReport.Builder builder =
        SparsityReport.builder(MaskKind.MAGNITUDE, recipe().select(List.copyOf(layers.values())));
    file.forEach((weight, firstRow, rows) -> builder.add(layers.get(weight), rows));
    SparsityReport report = builder.build();
    out.println(path + ": " + options.pattern);
    out.println(report);
    Skipped.lines(file.skipped()).forEach(out::println);
    return report.ok();
  }

  /** Every weight of which the pattern drops anything; the file does not say which was last. */
  private Recipe recipe() {
    return Recipe.builder()
        .pattern(options.pattern)
        .lastDense(false)
        .wholeGroups(false)
        .atLeast(1, 1)
        .build();
  }
}
