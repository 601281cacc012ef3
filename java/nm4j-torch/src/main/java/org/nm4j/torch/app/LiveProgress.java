/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar with the latest numbers on a terminal, and one line per epoch everywhere. */
final class LiveProgress implements Trainer.Listener, AutoCloseable {
  private static final int WIDTH = 110;

  private final String name;
  private final String metric;
  private final PrintWriter out;
  private ProgressBar bar;
  private EpochPoint last;

  LiveProgress(String name, String metric, PrintWriter out) {
    this.name = name;
    this.metric = metric;
    this.out = out;
  }

  @Override
  public void step(long step, long steps, double loss, double flips, double samplesPerSecond) {
    if (System.console() == null || "dumb".equals(System.getenv("TERM"))) {
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(System.out, WIDTH))
              .build();
    }
    bar.stepTo(step);
    String message = String.format(Locale.ROOT, " loss %.4f %.0f/s", loss, samplesPerSecond);
    bar.setExtraMessage(message + (last == null ? "" : " " + tested(last)));
  }

  @Override
  public void epoch(EpochPoint point) {
    last = point;
    if (bar == null) {
      out.printf(
          Locale.ROOT,
          "%s epoch %d: loss %.4f, %s, %.0f samples/s%n",
          name,
          point.epoch(),
          point.loss(),
          tested(point),
          point.samplesPerSecond());
      out.flush();
    }
  }

  private String tested(EpochPoint point) {
    return String.format(
        Locale.ROOT, "%s %.4f, SAD %.5f per weight", metric, point.metric(), point.sad());
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
