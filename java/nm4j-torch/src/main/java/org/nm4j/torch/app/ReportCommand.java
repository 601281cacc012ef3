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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a page about the trainings in a folder. */
@picocli.CommandLine.Command(
    name = "report",
    description =
        "Writes one HTML page with the curves, tables, environment and commands of all trainings in"
            + " a folder.")
final class ReportCommand implements Callable<Integer> {
  static final String INFERENCE = "compressed-inference.json";

  @Spec private CommandSpec spec;

  @Parameters(description = "What train was given as --out, or the folder of an experiment.")
  private Path folder;

  @Option(names = "--html", description = "The page (default: report.html in the folder).")
  private Path html;

  @Override
  public Integer call() throws IOException {
    Path page = write(folder, html);
    spec.commandLine().getOut().println("Wrote " + page);
    return 0;
  }

  static Path write(Path folder, Path html) throws IOException {
    Path runs = folder.resolve(ExperimentCommand.RUNS);
    List<RunResult> results = RunResult.in(Files.isDirectory(runs) ? runs : folder);
    if (results.isEmpty()) {
      throw new IOException(folder + ": no results of a training there");
    }
    Path compared = folder.resolve(INFERENCE);
    Inference inference = Files.exists(compared) ? Runs.read(compared, Inference.class) : null;
    Path page = html == null ? folder.resolve("report.html") : html;
    HtmlReport.write(page, results, inference);
    return page;
  }
}
