/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.PrintWriter;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on a terminal, one plain line where output goes to a file or a pipe. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 79;

  private final ProgressBar bar;

  private Progress(ProgressBar bar) {
    this.bar = bar;
  }

  /** JDK 22 to 24 have a console even without a terminal, unless told otherwise before its use. */
  static void useConsoleOnlyForTerminals() {
    System.setProperty("jdk.console", "java.base");
  }

  static Progress start(String task, long steps, PrintWriter plain) {
    if (System.console() == null || "dumb".equals(System.getenv("TERM"))) {
      plain.println(task + " ...");
      return new Progress(null);
    }
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new ConsoleProgressBarConsumer(System.out, WIDTH))
            .build());
  }

  void stepTo(long step) {
    if (bar != null) {
      bar.stepTo(Math.min(step, bar.getMax()));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
