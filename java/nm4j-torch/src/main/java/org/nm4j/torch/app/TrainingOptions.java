/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every command that trains is told. */
final class TrainingOptions {
  @Option(
      names = "--data",
      description = "Folder of the data set, or a text (Fashion-MNIST: Debian's if not said).")
  private Path data;

  @Option(names = "--limit", description = "Use so many training samples only.")
  private int limit;

  @Option(names = "--threads", defaultValue = "1", description = "Of PyTorch, 1 if not said.")
  private int threads;

  /** Null if not said. */
  Path data() {
    return data;
  }

  /** 0 if not said. */
  int limit() {
    return limit;
  }

  /** Makes PyTorch use that many threads. */
  int useThreads() {
    if (threads < 1) {
      throw new IllegalArgumentException("--threads must be at least 1, got " + threads);
    }
    Threads.use(threads);
    return threads;
  }
}
