/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains what is missing of an experiment, seed after seed, and keeps its summary up to date. */
@picocli.CommandLine.Command(
    name = "experiment",
    description =
        "Trains all rows of an experiment whose results are not in the folder yet, one seed after"
            + " the other, and prints its tables. Killed at any moment, it goes on where it was.")
final class ExperimentCommand implements Callable<Integer> {
  static final String RUNS = "runs";

  @Spec private CommandSpec spec;

  @Parameters(description = "One of: fashion-cnn, fashion-unet, cifar-resnet20, multi30k, text.")
  private String name;

  @Mixin private TrainingOptions options;

  @Option(
      names = "--results",
      defaultValue = "java/nm4j-torch/results",
      description = "Where results lie, one JSON file a training (default: ${DEFAULT-VALUE}).")
  private Path results;

  @Option(
      names = "--checkpoints",
      defaultValue = "java/nm4j-torch/target/experiments",
      description = "Where unfinished trainings are kept (default: ${DEFAULT-VALUE}).")
  private Path checkpoints;

  @Option(names = "--summary", description = "Train nothing: print the tables of what is there.")
  private boolean summary;

  @Option(
      names = "--into",
      description =
          "A Markdown file with the markers NAME: begin and NAME: end: puts the tables there.")
  private Path into;

  @Option(names = "--epochs", description = "Passes over the data, instead of the experiment's.")
  private int epochs;

  @Option(names = "--seeds", description = "Trainings of each row, instead of the experiment's.")
  private int seeds;

  @Override
  public Integer call() throws IOException {
    Experiment experiment = Experiment.named(name, epochs, options.limit(), seeds);
    Path folder = results.resolve(name);
    if (!summary) {
      train(experiment, folder);
    }
    List<RunResult> done = done(experiment, folder);
    if (done.isEmpty()) {
      throw new IOException(folder + ": no results of this experiment's trainings there");
    }
    if (!summary) {
      summarize(experiment, folder, done);
    }
    String tables = ResultTables.markdown(experiment, done);
    spec.commandLine().getOut().print(tables);
    spec.commandLine().getOut().flush();
    if (into != null) {
      Marked.replace(into, name, tables);
    }
    return 0;
  }

  private void train(Experiment experiment, Path folder) throws IOException {
    options.useThreads();
    Runs runs = new Runs(options.data(), checkpoints, 60, spec.commandLine().getOut());
    for (RunConfig config : experiment.trainings()) {
      Path file = folder.resolve(RUNS).resolve(config.id() + ".json");
      if (Files.notExists(file)) {
        Runs.write(file, runs.train(config, done(experiment, folder)).result());
        summarize(experiment, folder, done(experiment, folder));
        if (config.method() != Method.DENSE) { // ASP starts from the dense one
          Files.deleteIfExists(checkpoints.resolve(config.id() + ".nm4j"));
        }
      }
    }
  }

  private static List<RunResult> done(Experiment experiment, Path folder) throws IOException {
    return experiment.among(RunResult.in(folder.resolve(RUNS)));
  }

  /** Of other sizes than the experiment's own, the summary lies beside that of those. */
  private void summarize(Experiment experiment, Path folder, List<RunResult> done)
      throws IOException {
    boolean own = experiment.equals(Experiment.named(name, 0, 0, 0));
    String file = own ? "summary.json" : "summary-" + experiment.sizes() + ".json";
    Runs.write(folder.resolve(file), Summary.of(experiment, done));
  }
}
