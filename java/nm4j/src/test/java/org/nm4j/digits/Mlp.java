/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.digits;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.MaskHistory;
import org.nm4j.train.MaskedLinear;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.Recipe;

/**
 * A network of three linear layers with ReLU between them, trained on cross-entropy with SGD: a
 * recipe says which layers are sparse. In one thread, so that a run is the same bits on each run.
 */
final class Mlp implements AutoCloseable {
  private static final Execution CALLER = Execution.caller();
  private static final int[] SIZES = {Digits.PIXELS, 256, 128, Digits.CLASSES};

  private final Recipe recipe;
  private final long steps;
  private final List<MaskedLinear> layers = new ArrayList<>();
  private final List<MaskedParameter> sparse = new ArrayList<>();
  private final MaskHistory history = new MaskHistory();
  private long step;

  Mlp(Recipe recipe, long steps, Random random) {
    this.recipe = recipe;
    this.steps = steps;
    List<LayerWeight> weights = new ArrayList<>();
    for (int i = 1; i < SIZES.length; i++) {
      weights.add(LayerWeight.linear("fc" + i + ".weight", SIZES[i], SIZES[i - 1]));
    }
    for (LayerChoice choice : recipe.select(weights)) {
      layers.add(layer(choice, random));
    }
    record();
  }

  private MaskedLinear layer(LayerChoice choice, Random random) {
    LayerWeight shape = choice.weight();
    DenseMatrix w = DenseMatrix.allocate(shape.outputs(), shape.inputs());
    float[] values = new float[(int) shape.weights()];
    double deviation = Math.sqrt(2.0 / shape.inputs());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    w.copyFrom(values);
    MaskedParameter weight =
        choice.isSparse()
            ? recipe.parameter(choice, w, steps).build()
            : MaskedParameter.builder(shape.name(), w).build();
    if (choice.isSparse()) {
      sparse.add(weight);
    }
    DenseMatrix b = DenseMatrix.allocate(1, shape.outputs());
    MaskedParameter bias = MaskedParameter.builder(shape.name() + ".bias", b).build();
    return new MaskedLinear(weight, bias, Gemm.openBlas());
  }

  /** One step; returns the mean loss. */
  double train(Digits digits, int[] order, int from, int batch, Optimizer optimizer) {
    DenseMatrix[] x = forward(digits, order, from, batch);
    DenseMatrix out = x[layers.size()];
    DenseMatrix gradient = DenseMatrix.allocate(batch, Digits.CLASSES);
    double loss = 0;
    for (int i = 0; i < batch; i++) {
      double[] p = softmax(out, i);
      int label = digits.label(order[from + i]);
      loss -= Math.log(p[label]) / batch;
      for (int c = 0; c < p.length; c++) {
        gradient.set(i, c, (float) ((p[c] - (c == label ? 1 : 0)) / batch));
      }
    }
    for (int l = layers.size() - 1; l >= 0; l--) {
      DenseMatrix in = l == 0 ? null : DenseMatrix.allocate(batch, SIZES[l]);
      layers.get(l).backward(x[l], gradient, in, CALLER);
      if (l > 0) {
        relu(x[l], in); // its derivative is 0 where it gave 0
      }
      gradient = in;
    }
    step++;
    for (MaskedLinear layer : layers) {
      boolean masked = sparse.contains(layer.weight());
      layer.step(
          optimizer, masked ? recipe.rule(step, steps) : org.nm4j.train.MaskRule.ste(), CALLER);
    }
    return loss;
  }

  /** Remembers the masks of this step. */
  void record() {
    sparse.forEach(history::record);
  }

  MaskHistory history() {
    return history;
  }

  long steps() {
    return step;
  }

  double accuracy(Digits digits) {
    int[] order = digits.inOrder();
    DenseMatrix out = forward(digits, order, 0, order.length)[layers.size()];
    int right = 0;
    for (int i = 0; i < order.length; i++) {
      int best = 0;
      for (int c = 1; c < Digits.CLASSES; c++) {
        if (out.get(i, c) > out.get(i, best)) {
          best = c;
        }
      }
      right += best == digits.label(i) ? 1 : 0;
    }
    return (double) right / order.length;
  }

  /** The input of each layer, and what the last one gives. */
  private DenseMatrix[] forward(Digits digits, int[] order, int from, int batch) {
    DenseMatrix[] x = new DenseMatrix[layers.size() + 1];
    x[0] = DenseMatrix.allocate(batch, SIZES[0]);
    digits.pixels(order, from, x[0]);
    for (int l = 0; l < layers.size(); l++) {
      x[l + 1] = DenseMatrix.allocate(batch, SIZES[l + 1]);
      layers.get(l).forward(x[l], x[l + 1], CALLER);
      if (l + 1 < layers.size()) {
        relu(x[l + 1], x[l + 1]);
      }
    }
    return x;
  }

  /** Sets what belongs to activations of 0 or less to 0. */
  private static void relu(DenseMatrix activations, DenseMatrix out) {
    float[] a = activations.toArray();
    float[] values = out.toArray();
    for (int i = 0; i < a.length; i++) {
      values[i] = a[i] > 0 ? values[i] : 0;
    }
    out.copyFrom(values);
  }

  private static double[] softmax(DenseMatrix out, int row) {
    double[] p = new double[Digits.CLASSES];
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < p.length; c++) {
      max = Math.max(max, out.get(row, c));
    }
    double sum = 0;
    for (int c = 0; c < p.length; c++) {
      p[c] = Math.exp(out.get(row, c) - max);
      sum += p[c];
    }
    for (int c = 0; c < p.length; c++) {
      p[c] /= sum;
    }
    return p;
  }

  @Override
  public void close() {
    layers.forEach(MaskedLinear::close);
  }
}
