/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.nm4j.train.Placement;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains a task by one or more methods. */
@picocli.CommandLine.Command(
    name = "train",
    description =
        "Trains a network dense or N:M sparse, by one or several methods to compare. Killed at any"
            + " moment, the same command goes on where it was.")
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      description =
          "One of: fashion-mlp, fashion-cnn, fashion-unet, cifar-resnet20, multi30k, text.")
  private String task;

  @Mixin private TrainingOptions options;

  @Option(names = "--dense", description = "Without masks.")
  private boolean dense;

  @Option(names = "--ste", description = "From scratch, straight-through.")
  private boolean ste;

  @Option(names = "--sr-ste", description = "From scratch with SR-STE; without any method, this.")
  private boolean srSte;

  @Option(names = "--asp", description = "Dense, pruned once, trained again.")
  private boolean asp;

  @Option(names = "--pattern", defaultValue = "2:4", description = "N:M, 2:4 if not said.")
  private String pattern;

  @Option(names = "--lambda", defaultValue = "2e-4", description = "Of SR-STE, 2e-4 if not said.")
  private float lambda;

  @Option(
      names = "--placement",
      defaultValue = "in-gradient",
      description =
          "Where SR-STE's term acts: in-gradient (if not said), as its authors do, by PyTorch's"
              + " optimiser; outside-moments or decoupled, by nm4j's.")
  private Placement placement;

  @Option(names = "--epochs", defaultValue = "5", description = "Passes over the data.")
  private int epochs;

  @Option(names = "--seed", defaultValue = "1", description = "Of weights, order and dropout.")
  private long seed;

  @Option(
      names = "--out",
      defaultValue = "nm4j-train",
      description = "Folder for checkpoints and results (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(names = "--save-seconds", defaultValue = "30", description = "Between checkpoints.")
  private double saveSeconds;

  @Override
  public Integer call() throws IOException {
    options.useThreads();
    PrintWriter writer = spec.commandLine().getOut();
    Runs runs = new Runs(options.data(), out, saveSeconds, writer);
    for (Method method : methods()) {
      RunConfig config =
          new RunConfig(task, method, pattern, lambda, epochs, seed, options.limit())
              .placed(placement);
      RunResult result = runs.train(config, RunResult.in(out)).result();
      Path file = out.resolve(config.id() + ".json");
      Runs.write(file, result);
      writer.printf(
          java.util.Locale.ROOT,
          "%s: %s %.4f after %d epochs, %.0f s; see %s%n",
          method,
          result.metric(),
          result.last().metric(),
          epochs,
          result.seconds(),
          file);
    }
    return 0;
  }

  private List<Method> methods() {
    List<Method> methods = new ArrayList<>();
    if (dense) {
      methods.add(Method.DENSE);
    }
    if (asp) {
      methods.add(Method.ASP);
    }
    if (ste) {
      methods.add(Method.STE);
    }
    if (srSte || methods.isEmpty()) {
      methods.add(Method.SR_STE);
    }
    return methods;
  }
}
