/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Runs trainings that need others before them, and stores results. */
final class Runs {
  private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

  /** A finished training. */
  record Finished(Task task, RunResult result) {}

  private final Path data;
  private final Path checkpoints;
  private final double saveSeconds;
  private final PrintWriter out;

  Runs(Path data, Path checkpoints, double saveSeconds, PrintWriter out) {
    this.data = data;
    this.checkpoints = checkpoints;
    this.saveSeconds = saveSeconds;
    this.out = out;
  }

  /**
   * Trains, or goes on from the checkpoint; ASP trains dense before, unless that was done.
   *
   * @param others results that this one is to be compared with
   */
  Finished train(RunConfig config, List<RunResult> others) throws IOException {
    Files.createDirectories(checkpoints);
    Task task = Tasks.make(config, data);
    String fingerprint = task.data();
    others.forEach(other -> other.requireSameData(config, fingerprint));
    if (config.method() == Method.ASP) {
      train(config.dense(), task);
    }
    return new Finished(task, train(config, task));
  }

  private RunResult train(RunConfig config, Task task) throws IOException {
    Path checkpoint = checkpoints.resolve(config.id() + ".nm4j");
    try (LiveProgress progress = new LiveProgress(config.id(), task.metric(), out)) {
      return new Trainer(config, task, checkpoint, saveSeconds, progress).run();
    }
  }

  static void write(Path file, Object value) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.writeString(part, JSON.toJson(value) + "\n");
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  static <T> T read(Path file, Class<T> type) throws IOException {
    return JSON.fromJson(Files.readString(file), type);
  }
}
