/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.nm4j.Pattern;
import org.nm4j.torch.data.FashionMnist;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains dense and sparse, compresses, and compares. */
@picocli.CommandLine.Command(
    name = "demo",
    description =
        "Trains a small network on Fashion-MNIST dense and 2:4 with SR-STE, compresses it, compares"
            + " dense and compressed inference on the test set, and writes a page about it.")
final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private TrainingOptions options;

  @Option(names = "--epochs", defaultValue = "3", description = "Passes over the data.")
  private int epochs;

  @Option(
      names = "--out",
      defaultValue = "nm4j-demo",
      description = "Folder for checkpoints, results and the page (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() throws IOException {
    PrintWriter writer = spec.commandLine().getOut();
    Path folder = options.data() == null ? FashionMnist.DEBIAN : options.data();
    if (!FashionMnist.isIn(folder)) {
      writer.println(
          "Training is left out: no Fashion-MNIST in "
              + folder
              + ". Install Debian's dataset-fashion-mnist, or name a folder with --data.");
      return 0;
    }
    int threads = options.useThreads();
    Runs runs = new Runs(folder, out, 30, writer);
    Runs.Finished trained = null;
    for (Method method : List.of(Method.DENSE, Method.SR_STE)) {
      RunConfig config =
          new RunConfig("fashion-cnn", method, "2:4", 2e-4f, epochs, 1, options.limit());
      trained = runs.train(config, RunResult.in(out));
      Runs.write(out.resolve(config.id() + ".json"), trained.result());
      writer.printf(
          Locale.ROOT,
          "%-7s accuracy %.4f after %d epochs%n",
          method,
          trained.result().last().metric(),
          epochs);
    }
    ImageTask task = (ImageTask) trained.task();
    task.net().execution(org.nm4j.Execution.parallel(threads));
    Inference inference =
        Inference.compare(Tasks.model("fashion-cnn") + ", 2:4", task, Pattern.P2_4, 256);
    Runs.write(out.resolve(ReportCommand.INFERENCE), inference);
    print(inference, writer);
    writer.println("Wrote " + ReportCommand.write(out, null));
    return 0;
  }

  private static void print(Inference i, PrintWriter writer) {
    writer.printf(
        Locale.ROOT,
        "Compressed on %d test images: accuracy %.4f, dense %.4f; %d predictions differ,"
            + " largest difference of logits %.2g%n",
        i.images(),
        i.compressedAccuracy(),
        i.denseAccuracy(),
        i.differingPredictions(),
        i.largestDifference());
    writer.printf(
        Locale.ROOT,
        "Time of an image: compressed %.1f us, dense %.1f us (%.2f x); weights %d bytes, dense %d%n",
        i.compressedMicros(),
        i.denseMicros(),
        i.speedUp(),
        i.bytes(),
        i.denseBytes());
  }
}
