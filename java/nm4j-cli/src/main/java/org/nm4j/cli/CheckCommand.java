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
import org.nm4j.Compliance;
import org.nm4j.DenseMatrix;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "check",
    description =
        "Checks that the weights of ONNX models or raw files obey an N:M pattern, and names the"
            + " first group of each weight that does not.")
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
      return false;
    }
    Map<Weight, Compliance> breaches = new LinkedHashMap<>();
    file.forEach((weight, firstRow, rows) -> check(weight, firstRow, rows, breaches));
    breaches.forEach((weight, breach) -> out.println(path + ": " + describe(weight, breach)));
    out.println(
        Text.format(
            "%s: %d of %d weights obey %s",
            path, file.weights().size() - breaches.size(), file.weights().size(), options.pattern));
    return breaches.isEmpty();
  }

  private void check(
      Weight weight, long firstRow, DenseMatrix rows, Map<Weight, Compliance> breaches) {
    Compliance c = Compliance.of(rows, options.pattern);
    if (!c.ok()) {
      Compliance inFile =
          new Compliance(c.pattern(), c.breaches(), firstRow + c.firstRow(), c.firstColumn());
      breaches.merge(
          weight,
          inFile,
          (first, more) ->
              new Compliance(
                  first.pattern(),
                  first.breaches() + more.breaches(),
                  first.firstRow(),
                  first.firstColumn()));
    }
  }

  private String describe(Weight weight, Compliance breach) {
    long lastColumn = Math.min(breach.firstColumn() + options.pattern.m(), weight.inputs()) - 1;
    return Text.format(
        "%s breaches %s in %s, first at output %d, inputs %d to %d",
        weight.name(),
        options.pattern,
        Text.count(breach.breaches(), "group"),
        breach.firstRow(),
        breach.firstColumn(),
        lastColumn);
  }
}
