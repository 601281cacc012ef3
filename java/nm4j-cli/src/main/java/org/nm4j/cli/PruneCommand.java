/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Nm4jException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "prune",
    description = {
      "Prunes weights to an N:M pattern by magnitude.",
      "",
      "Of an ONNX model: the two-dimensional FLOAT initialisers that MatMul and Gemm nodes multiply"
          + " with, along the dimension that the product sums over. The result is a dense ONNX"
          + " model with zeros. Of a raw file: the whole matrix."
    })
final class PruneCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private WeightOptions options;

  @ArgGroup(exclusive = false)
  private RawShape shape;

  @Parameters(
      paramLabel = "FILE",
      description = "An ONNX model, or raw values with --rows and --cols.")
  private Path input;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where the pruned copy goes (default: NAME-pruned.EXT beside FILE).")
  private Path output;

  @Option(names = "--force", description = "Replace the pruned copy if there is one already.")
  private boolean force;

  @Option(names = "--report", paramLabel = "FILE", description = "Write a report as JSON.")
  private Path report;

  private final Map<Weight, KeptSum> kept = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException {
    WeightFile file = WeightFile.open(input, shape, options);
    if (file.weights().isEmpty()) {
      Skipped.lines(file.skipped()).forEach(out()::println);
      throw Failure.finding(input + ": no weight to prune");
    }
    Path out = output == null ? besideInput() : output;
    requireWritable(out);
    SafeFile.write(out, channel -> file.rewrite(this::prune, channel));

    KeptSum total = new KeptSum();
    kept.values().forEach(total::add);
    printTable(total);
    Skipped.lines(file.skipped()).forEach(out()::println);
    if (report != null) {
      Json.write(report, report(out, total, file.skipped()));
    }
    out().println("wrote " + out + " (" + Text.bytes(Files.size(out)) + ")");
    return 0;
  }

  private void prune(Weight weight, long firstRow, DenseMatrix rows) {
    try {
      Mask mask = Mask.magnitude(rows, options.pattern);
      kept.computeIfAbsent(weight, w -> new KeptSum()).add(rows, mask);
      mask.apply(rows);
    } catch (Nm4jException e) {
      throw new Failure(
          weight.name() + (firstRow == 0 ? "" : " from row " + firstRow) + ": " + e.getMessage(),
          e);
    }
  }

  private Path besideInput() {
    String name = input.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String pruned =
        dot <= 0 ? name + "-pruned" : name.substring(0, dot) + "-pruned" + name.substring(dot);
    return input.resolveSibling(pruned);
  }

  private void requireWritable(Path out) throws IOException {
    SafeFile.requireDifferent(input, out);
    SafeFile.requireWritable(out);
    if (Files.exists(out) && !force) {
      throw new Failure(out + ": exists; --force replaces it");
    }
    if (report != null) {
      SafeFile.requireDifferent(input, report);
      SafeFile.requireDifferent(out, report);
      SafeFile.requireWritable(report);
    }
  }

  private void printTable(KeptSum total) {
    int width = kept.keySet().stream().mapToInt(w -> w.name().length()).max().orElse(0);
    String row = "%-" + Math.max(width, 6) + "s  %8s  %8s  %9s  %9s";
    out().println(Text.format(row, "weight", "inputs", "outputs", "kept |w|", "kept w^2"));
    kept.forEach(
        (weight, sum) ->
            out()
                .println(
                    Text.format(
                        row,
                        weight.name(),
                        weight.inputs(),
                        weight.outputs(),
                        Text.percent(sum.magnitudeShare()),
                        Text.percent(sum.squareShare()))));
    out()
        .println(
            Text.format(
                "pruned %s to %s: %,d of %,d values kept, %s of |w|, %s of w^2",
                Text.count(kept.size(), "weight"),
                options.pattern,
                total.kept(),
                total.weights(),
                Text.percent(total.magnitudeShare()),
                Text.percent(total.squareShare())));
  }

  private PruneReport report(Path out, KeptSum total, List<Skipped> skipped) {
    List<PruneReport.Pruned> weights =
        kept.entrySet().stream()
            .map(
                e -> {
                  Weight w = e.getKey();
                  return new PruneReport.Pruned(
                      w.name(),
                      w.nodes(),
                      w.inputs(),
                      w.outputs(),
                      w.reductionDim(),
                      e.getValue().kept(),
                      Json.number(e.getValue().magnitudeShare()),
                      Json.number(e.getValue().squareShare()));
                })
            .toList();
    return new PruneReport(
        Main.Version.text(),
        input.toString(),
        out.toString(),
        options.pattern.toString(),
        new PruneReport.Total(
            total.weights(),
            total.kept(),
            Json.number(total.magnitudeShare()),
            Json.number(total.squareShare())),
        weights,
        skipped);
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
