/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.digits;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Optimizer;
import org.nm4j.train.Recipe;
import org.nm4j.train.Sad;

/**
 * How far masks move during training with the straight-through estimator and with SR-STE: SAD from
 * epoch to epoch, over several seeds. README.md beside the data says how to run it and what came
 * out.
 */
final class DigitsExperiment {
  static final int EPOCHS = 60;
  static final int BATCH = 64;
  static final float LR = 0.1f;

  private DigitsExperiment() {}

  /** One training; SAD per weight of all sparse layers, from the start of each epoch to its end. */
  record Run(float lambda, long seed, double accuracy, double finalLoss, List<Double> sadByEpoch) {}

  /** Trains with each lambda and seed, and writes what came out, a run a line. */
  static void record(Path file) throws IOException {
    List<String> runs = new ArrayList<>();
    Gson gson = new Gson();
    for (float lambda : new float[] {0, 2e-4f, 2e-3f, 1e-2f}) {
      for (long seed = 1; seed <= 5; seed++) {
        runs.add(gson.toJson(run(lambda, seed, EPOCHS)));
      }
    }
    String head =
        gson.toJson(
            Map.of("recipe", recipe(0).toMap(), "epochs", EPOCHS, "batch", BATCH, "lr", LR));
    String json =
        head.substring(0, head.length() - 1)
            + ",\n\"runs\":[\n"
            + String.join(",\n", runs)
            + "\n]}\n";
    Files.writeString(file, json);
  }

  static Recipe recipe(float lambda) {
    return Recipe.builder().rule(MaskRule.srSte(lambda)).build();
  }

  static Run run(float lambda, long seed, int epochs) {
    Digits all = Digits.load();
    Digits training = all.training();
    Random random = new Random(seed);
    long stepsPerEpoch = training.size() / BATCH;
    long steps = stepsPerEpoch * epochs;
    Optimizer sgd = Optimizer.sgd(LR).momentum(0.9f).weightDecay(5e-5f);
    try (Mlp mlp = new Mlp(recipe(lambda), steps, random)) {
      List<Double> sads = new ArrayList<>();
      double loss = 0;
      for (int epoch = 0; epoch < epochs; epoch++) {
        long before = mlp.steps();
        int[] order = training.shuffled(random);
        loss = 0;
        for (int i = 0; i < stepsPerEpoch; i++) {
          double cosine = (1 + Math.cos(Math.PI * mlp.steps() / steps)) / 2;
          Optimizer now = sgd.lr((float) (LR * cosine));
          loss += mlp.train(training, order, i * BATCH, BATCH, now) / stepsPerEpoch;
        }
        mlp.record();
        Sad sad = mlp.history().total(before, mlp.steps());
        mlp.history().forgetBefore(mlp.steps());
        sads.add(Math.round(sad.perWeight() * 1e7) / 1e7);
      }
      double accuracy = Math.round(mlp.accuracy(all.test()) * 1e4) / 1e4;
      return new Run(lambda, seed, accuracy, Math.round(loss * 1e6) / 1e6, sads);
    }
  }
}
