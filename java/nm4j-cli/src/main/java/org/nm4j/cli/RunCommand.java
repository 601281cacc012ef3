/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.nm4j.Execution;
import org.nm4j.Info;
import org.nm4j.Nm4j;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "run",
    description = {
      "Prunes, compresses and packs the weights of a real model, and compares their products with"
          + " dense OpenBLAS.",
      "",
      "Every product is checked against the dense one on the same pruned weights; times are medians"
          + " with both sides taking turns. OpenBLAS is given one vector as sgemv, more as sgemm,"
          + " with the weights in both orders, and its faster time counts. Leave OPENBLAS_CORETYPE"
          + " and OPENBLAS_L2_SIZE unset, so that it chooses the best kernels for the CPU."
    })
final class RunCommand implements Callable<Integer> {
  /** Sentence embeddings are a mean over tokens and do not use the bundled model's pooler. */
  private static final java.util.regex.Pattern POOLER =
      java.util.regex.Pattern.compile("^/pooler/");

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "An ONNX model (default: all-MiniLM-L6-v2, bundled, without its pooler).")
  private Path modelFile;

  @Mixin private WeightOptions options;

  @Option(
      names = "--batch",
      paramLabel = "B",
      split = ",",
      defaultValue = "1,32,384",
      description = "Rows of activations (default: 1,32,384).")
  private List<Integer> batches;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads for each side (default: 1).")
  private int threads;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "2",
      description = "How long to measure each batch, all weights together (default: 2).")
  private double seconds;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results as JSON, too.")
  private Path json;

  private PrintWriter out;
  private PrintWriter err;

  @Override
  public Integer call() throws IOException {
    out = spec.commandLine().getOut();
    err = spec.commandLine().getErr();
    requirePositive("--threads", threads);
    requirePositive("--seconds", seconds);
    batches.forEach(batch -> requirePositive("--batch", batch));
    if (json != null) {
      SafeFile.requireWritable(json);
    }
    if (json != null && modelFile != null) {
      SafeFile.requireDifferent(modelFile, json);
    }
    OpenBlas.start(threads);
    ExecutorService pool = threads == 1 ? null : pool(threads - 1);
    List<Layer> layers = new ArrayList<>();
    try {
      OnnxModel model = prepare(layers);
      Execution execution = pool == null ? Execution.caller() : Execution.on(pool, threads);
      RunReport report = compare(model, new Comparison(layers, options.pattern, execution));
      new RunPrinter(out).print(report);
      if (json != null) {
        Json.write(json, report);
      }
      return report.ok() ? 0 : Failure.FINDING;
    } finally {
      layers.forEach(Layer::close);
      if (pool != null) {
        pool.shutdown();
      }
    }
  }

  private OnnxModel prepare(List<Layer> layers) throws IOException {
    OnnxModel model = readModel();
    int count = model.weights().size();
    if (count == 0) {
      throw Failure.finding(model.name() + ": no weight to prune");
    }
    String task = Text.format("pruning and packing %s", Text.count(count, "weight"));
    try (Progress progress = Progress.start(task, count, err)) {
      model.forEach(
          (weight, firstRow, w) -> {
            layers.add(new Layer(weight, w, options.pattern));
            progress.stepTo(layers.size());
          });
    }
    return model;
  }

  private OnnxModel readModel() throws IOException {
    try (Progress progress = Progress.start("reading the model", 1, err)) {
      OnnxModel model =
          modelFile == null
              ? OnnxModel.bundled(options.exclude == null ? POOLER : options.exclude)
              : OnnxModel.read(modelFile, options.exclude);
      progress.stepTo(1);
      return model;
    }
  }

  private RunReport compare(OnnxModel model, Comparison comparison) {
    List<Map<Comparison.Shape, Comparison.Result>> results = new ArrayList<>();
    for (int batch : batches) {
      String task = "checking and timing batch " + batch;
      try (Progress progress = Progress.start(task, (long) (1000 * seconds), err)) {
        results.add(comparison.run(batch, seconds, progress::stepTo));
      }
    }
    Map<Comparison.Shape, List<Layer>> layers = comparison.byShape();
    List<RunReport.Shape> shapes =
        layers.entrySet().stream()
            .map(
                e ->
                    RunReport.Shape.of(
                        e.getKey(),
                        e.getValue(),
                        results.stream().map(r -> r.get(e.getKey())).toList()))
            .toList();
    List<RunReport.Total> totals = new ArrayList<>();
    for (int i = 0; i < batches.size(); i++) {
      totals.add(RunReport.Total.of(batches.get(i), layers, results.get(i)));
    }
    boolean ok =
        shapes.stream().flatMap(s -> s.products().stream()).allMatch(RunReport.Product::ok);
    return new RunReport(
        Nm4j.info().version(),
        model.name(),
        options.pattern.toString(),
        ok,
        environment(comparison.cpuShare()),
        shapes,
        totals);
  }

  private RunReport.Environment environment(double cpuShare) {
    Info info = Nm4j.info();
    return new RunReport.Environment(
        info.cpu(),
        info.isa(),
        OpenBlas.config(),
        OpenBlas.threads(),
        OpenBlas.overrides(),
        threads,
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        seconds,
        threads == 1 ? cpuShare : null);
  }

  private void requirePositive(String option, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new ParameterException(
          spec.commandLine(), "Invalid value for option '" + option + "': must be positive");
    }
  }

  private static ExecutorService pool(int helpers) {
    return Executors.newFixedThreadPool(
        helpers,
        task -> {
          Thread thread = new Thread(task, "nm4j-run");
          thread.setDaemon(true);
          return thread;
        });
  }
}
