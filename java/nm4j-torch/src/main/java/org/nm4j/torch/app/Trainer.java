/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.OptimizerParamGroupVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Nm4j;
import org.nm4j.torch.MaskChange;
import org.nm4j.torch.Sparsifier;
import org.nm4j.train.Placement;

/**
 * Trains a task, goes on from its checkpoint after a kill, and leaves the result in the network.
 */
final class Trainer {
  private static final double WARM_UP = 0.05;

  /**
   * What a checkpoint knows beside the sparsifier's state. Those of earlier versions know neither
   * data nor threads: null and 0.
   */
  private record Progress(
      RunConfig config,
      List<EpochPoint> curve,
      double lossSum,
      int lossCount,
      double seconds,
      String data,
      int threads) {}

  /** Hears how it goes. */
  interface Listener {
    void step(long step, long steps, double loss, double flips, double samplesPerSecond);

    void epoch(EpochPoint point);
  }

  private final RunConfig config;
  private final Task task;
  private final String data;
  private final int threads = torch.get_num_threads();
  private final Path checkpoint;
  private final double saveSeconds;
  private final Listener listener;

  private final List<EpochPoint> curve = new ArrayList<>();
  private double lossSum;
  private int lossCount;
  private double earlierSeconds;

  /**
   * A training.
   *
   * @param checkpoint where its state is kept; it goes on from there if the file exists
   * @param saveSeconds how often it is written between epochs
   */
  Trainer(RunConfig config, Task task, Path checkpoint, double saveSeconds, Listener listener) {
    this.config = config;
    this.task = task;
    this.data = task.data();
    this.checkpoint = checkpoint;
    this.saveSeconds = saveSeconds;
    this.listener = listener;
  }

  RunResult run() throws IOException {
    int batches = task.batches();
    long steps = (long) config.epochs() * batches;
    Optimizer optimizer = task.optimizer();
    // One more, so that the last step of a dense training is not followed by a sparse one.
    Sparsifier sparsifier = Sparsifier.attach(task.net(), config.recipe(), steps + 1);
    if (Files.exists(checkpoint)) {
      resume(sparsifier.load(checkpoint, optimizer));
    } else {
      sparsifier.record();
    }
    Clock clock = new Clock();
    while (sparsifier.steps() < steps) {
      int epoch = (int) (sparsifier.steps() / batches);
      int batch = (int) (sparsifier.steps() % batches);
      step(sparsifier, optimizer, steps, epoch, batch, clock);
      if (batch == batches - 1) {
        endEpoch(sparsifier, epoch, clock);
      }
      if (batch == batches - 1 || clock.sinceSaved() > saveSeconds) {
        save(sparsifier, optimizer, clock.total());
        clock.saved();
      }
    }
    if (config.method() == Method.DENSE) {
      sparsifier.detach();
    } else {
      sparsifier.finish();
    }
    task.net().eval();
    return new RunResult(
        config,
        task.metric(),
        List.copyOf(curve),
        earlierSeconds + clock.total(),
        threads,
        Nm4j.info().cpu(),
        Command.line(),
        data);
  }

  private void step(
      Sparsifier sparsifier, Optimizer optimizer, long steps, int epoch, int batch, Clock clock) {
    try (PointerScope scope = new PointerScope()) {
      task.net().train(true);
      double rate = rate(sparsifier.steps(), steps);
      setRate(optimizer, rate);
      torch.manual_seed(config.seed() * 1_000_000_007L + sparsifier.steps());
      optimizer.zero_grad();
      Tensor loss = task.loss(epoch, batch);
      loss.backward();
      double value = loss.item_double();
      if (!Double.isFinite(value)) {
        throw new IllegalStateException(
            config.id() + ": the loss is " + value + " at step " + sparsifier.steps());
      }
      long flips = step(sparsifier, optimizer, rate);
      lossSum += value;
      lossCount++;
      listener.step(
          sparsifier.steps(), steps, lossSum / lossCount, flips, clock.rate(task, lossCount));
    }
  }

  /** By PyTorch's optimiser; by nm4j's where SR-STE's term does not go into the gradient. */
  private long step(Sparsifier sparsifier, Optimizer optimizer, double rate) {
    return config.placement() == Placement.IN_GRADIENT
        ? sparsifier.step(optimizer)
        : sparsifier.step(task.fusedOptimizer().lr((float) rate));
  }

  /** Linear warm-up, then half a cosine down to 0. */
  private double rate(long step, long steps) {
    double warm = Math.max(1, WARM_UP * steps);
    double share = (step + 1) / warm;
    double cosine = 0.5 * (1 + Math.cos(Math.PI * step / steps));
    return task.rate() * Math.min(share, 1) * cosine;
  }

  private static void setRate(Optimizer optimizer, double rate) {
    OptimizerParamGroupVector groups = optimizer.param_groups();
    for (long i = 0; i < groups.size(); i++) {
      groups.get(i).options().set_lr(rate);
    }
  }

  private void endEpoch(Sparsifier sparsifier, int epoch, Clock clock) {
    double samplesPerSecond = clock.rate(task, lossCount);
    MaskChange change = sparsifier.record();
    Map<String, Double> byLayer = new LinkedHashMap<>();
    change.sad().forEach((name, sad) -> byLayer.put(name, sad.perWeight()));
    double weights = Math.max(1, change.total().weights());
    task.net().eval();
    double metric = task.evaluate();
    EpochPoint point =
        new EpochPoint(
            epoch + 1,
            lossSum / lossCount,
            metric,
            change.total().perWeight(),
            byLayer,
            change.flips() / weights,
            samplesPerSecond);
    curve.add(point);
    lossSum = 0;
    lossCount = 0;
    clock.epoch();
    listener.epoch(point);
  }

  private void save(Sparsifier sparsifier, Optimizer optimizer, double seconds) throws IOException {
    Progress progress =
        new Progress(config, curve, lossSum, lossCount, earlierSeconds + seconds, data, threads);
    byte[] extra = new Gson().toJson(progress).getBytes(StandardCharsets.UTF_8);
    sparsifier.save(checkpoint, optimizer, extra);
  }

  private void resume(byte[] extra) throws IOException {
    Progress progress =
        new Gson().fromJson(new String(extra, StandardCharsets.UTF_8), Progress.class);
    require("of", config, progress.config());
    if (progress.data() != null) {
      require("on", data, progress.data());
    }
    if (progress.threads() != 0) {
      require("by threads:", threads, progress.threads());
    }
    curve.addAll(progress.curve());
    lossSum = progress.lossSum();
    lossCount = progress.lossCount();
    earlierSeconds = progress.seconds();
  }

  private void require(String what, Object expected, Object got) throws IOException {
    if (!expected.equals(got)) {
      throw new IOException(
          checkpoint
              + ": expected a training "
              + what
              + " "
              + expected
              + ", got "
              + got
              + "; remove it to begin anew");
    }
  }

  private static final class Clock {
    private final long start = System.nanoTime();
    private long saved = start;
    private long epoch = start;
    private int steps;

    double total() {
      return (System.nanoTime() - start) / 1e9;
    }

    double sinceSaved() {
      return (System.nanoTime() - saved) / 1e9;
    }

    void saved() {
      saved = System.nanoTime();
    }

    void epoch() {
      epoch = System.nanoTime();
      steps = 0;
    }

    /** Of this process, counted from the epoch's start or its resumption. */
    double rate(Task task, int lossCount) {
      steps = Math.min(steps + 1, lossCount);
      double samples = (double) task.samples() / task.batches() * steps;
      return samples / ((System.nanoTime() - epoch) / 1e9);
    }
  }
}
