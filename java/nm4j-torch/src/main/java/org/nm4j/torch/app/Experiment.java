/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.nm4j.train.Placement;

/**
 * Trainings that are compared: all rows, each with several seeds.
 *
 * @param name of the experiment and of its folder
 * @param rows what is compared
 * @param first how many of the rows are trained with all seeds before the others are with any
 * @param seeds how often each row is trained
 */
record Experiment(String name, List<RunConfig> rows, int first, int seeds) {
  private static final float[] LAMBDAS = {2e-5f, 2e-3f, -2e-5f};
  private static final float[] DECOUPLED = {0.3f, 3};

  /**
   * The experiments that are known by name. Their sizes, of which 0 means the experiment's own, are
   * chosen for a machine without GPU: a few epochs of small networks.
   */
  static Experiment named(String name, int epochs, int limit, int seeds) {
    return switch (name) {
      case "fashion-cnn" -> images(name, or(epochs, 6), limit, or(seeds, 5));
      case "fashion-unet" -> methods(name, or(epochs, 3), or(limit, 20_000), or(seeds, 3));
      case "cifar-resnet20" -> images(name, or(epochs, 6), limit, or(seeds, 3));
      case "multi30k" -> placements(name, or(epochs, 4), limit, or(seeds, 3));
      case "text" -> methods(name, or(epochs, 3), or(limit, 30_000), or(seeds, 3));
      default ->
          throw new IllegalArgumentException(
              "expected one of [fashion-cnn, fashion-unet, cifar-resnet20, multi30k, text], got "
                  + name);
    };
  }

  /** All trainings, in their order. */
  List<RunConfig> trainings() {
    List<RunConfig> trainings = new ArrayList<>();
    for (List<RunConfig> part : List.of(rows.subList(0, first), rows.subList(first, rows.size()))) {
      for (int seed = 1; seed <= seeds; seed++) {
        for (RunConfig row : part) {
          trainings.add(row.seeded(seed));
        }
      }
    }
    return trainings;
  }

  /** Those results that are of its trainings, of all that lie in its folder. */
  List<RunResult> among(List<RunResult> results) {
    Set<String> ids = trainings().stream().map(RunConfig::id).collect(Collectors.toSet());
    return results.stream().filter(result -> ids.contains(result.config().id())).toList();
  }

  /** What a name says about them: "e6-x5", and "-n" with the limit between, if there is one. */
  String sizes() {
    RunConfig row = rows.get(0);
    return "e" + row.epochs() + (row.limit() == 0 ? "" : "-n" + row.limit()) + "-x" + seeds;
  }

  private static int or(int value, int otherwise) {
    return value == 0 ? otherwise : value;
  }

  private static Experiment images(String task, int epochs, int limit, int seeds) {
    List<RunConfig> rows = new ArrayList<>();
    for (Method method : Method.values()) {
      rows.add(new RunConfig(task, method, "2:4", 2e-4f, epochs, 0, limit));
    }
    for (String pattern : List.of("4:8", "1:4", "2:8", "1:16")) {
      rows.add(new RunConfig(task, Method.SR_STE, pattern, 2e-4f, epochs, 0, limit));
    }
    for (String pattern : List.of("1:4", "1:16")) {
      rows.add(new RunConfig(task, Method.STE, pattern, 0, epochs, 0, limit));
    }
    for (float lambda : LAMBDAS) {
      rows.add(new RunConfig(task, Method.SR_STE, "2:4", lambda, epochs, 0, limit));
    }
    return new Experiment(task, rows, 4, seeds);
  }

  private static Experiment methods(String task, int epochs, int limit, int seeds) {
    List<RunConfig> rows = new ArrayList<>();
    for (Method method : List.of(Method.DENSE, Method.STE, Method.SR_STE)) {
      rows.add(new RunConfig(task, method, "2:4", 2e-4f, epochs, 0, limit));
    }
    return new Experiment(task, rows, rows.size(), seeds);
  }

  /**
   * Also with SR-STE's term out of Adam's way. Over the training, lambda 2e-4 would take less than
   * a thousandth off weights that stay pruned; 0.3 takes off as much, a quarter, as 2e-4 does with
   * the images' SGD, and 3 nearly all.
   */
  private static Experiment placements(String task, int epochs, int limit, int seeds) {
    Experiment inGradient = methods(task, epochs, limit, seeds);
    List<RunConfig> rows = new ArrayList<>(inGradient.rows());
    for (float lambda : DECOUPLED) {
      rows.add(
          new RunConfig(task, Method.SR_STE, "2:4", lambda, epochs, 0, limit)
              .placed(Placement.DECOUPLED));
    }
    return new Experiment(task, rows, inGradient.first(), seeds);
  }
}
