/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Pattern;

/**
 * Multiplies all layers with a batch of activations, by every contestant, as a model would: one
 * layer after the other, so that weights are as cold as they are in use. The contestants take turns
 * on each layer, so that whatever disturbs the machine disturbs all of them.
 */
final class Comparison {
  private static final int MIN_PASSES = 5;
  private static final double WARM_UP_SHARE = 0.2;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final Contestant[] CONTESTANTS = Contestant.values();

  private final List<Layer> layers;
  private final Pattern pattern;
  private final Execution execution;
  private final Map<Shape, List<Layer>> byShape = new LinkedHashMap<>();

  private double cpuShare = 1;

  /** What layers have in common that are measured together. */
  record Shape(int inputs, int outputs) {
    static Shape of(Layer layer) {
      return new Shape(layer.weight().inputs(), layer.weight().outputs());
    }
  }

  /**
   * The products of one shape with one batch. Times are the median of one product.
   *
   * @param batch rows of activations
   * @param fastestDense which dense contestant {@code denseSeconds} is of
   */
  record Result(
      int batch,
      Contestant fastestDense,
      double denseSeconds,
      double sparseSeconds,
      int samples,
      Deviation deviation,
      String kernel) {
    double speedup() {
      return denseSeconds / sparseSeconds;
    }
  }

  Comparison(List<Layer> layers, Pattern pattern, Execution execution) {
    this.layers = layers;
    this.pattern = pattern;
    this.execution = execution;
    for (Layer layer : layers) {
      byShape.computeIfAbsent(Shape.of(layer), s -> new ArrayList<>()).add(layer);
    }
  }

  Map<Shape, List<Layer>> byShape() {
    return byShape;
  }

  /** How much of a CPU this thread had while it measured: the least of all batches. */
  double cpuShare() {
    return cpuShare;
  }

  /**
   * Checks every product of a batch, then measures.
   *
   * @param seconds how long to measure
   * @param elapsedMillis is told how much of that has passed
   */
  Map<Shape, Result> run(int batch, double seconds, LongConsumer elapsedMillis) {
    Buffers buffers = new Buffers(layers, batch);
    Map<Shape, Deviation> deviations = new HashMap<>();
    for (Layer layer : layers) {
      check(layer, buffers, deviations.computeIfAbsent(Shape.of(layer), s -> new Deviation()));
    }
    measure(buffers, seconds * WARM_UP_SHARE, 1, millis -> {});
    long wall = System.nanoTime();
    long cpu = THREADS.getCurrentThreadCpuTime();
    Map<Shape, Map<Contestant, List<Long>>> nanos =
        measure(buffers, seconds, MIN_PASSES, elapsedMillis);
    cpu = THREADS.getCurrentThreadCpuTime() - cpu;
    cpuShare = Math.min(cpuShare, (double) cpu / (System.nanoTime() - wall));
    Map<Shape, Result> results = new LinkedHashMap<>();
    byShape.forEach(
        (shape, group) -> {
          Map<Contestant, List<Long>> times = nanos.get(shape);
          double outIn = medianSeconds(times.get(Contestant.DENSE_OUT_IN));
          double inOut = medianSeconds(times.get(Contestant.DENSE_IN_OUT));
          List<Long> sparse = times.get(Contestant.SPARSE);
          results.put(
              shape,
              new Result(
                  batch,
                  outIn <= inOut ? Contestant.DENSE_OUT_IN : Contestant.DENSE_IN_OUT,
                  Math.min(outIn, inOut),
                  medianSeconds(sparse),
                  sparse.size(),
                  deviations.get(shape),
                  group.get(0).kernel(batch)));
        });
    return results;
  }

  private void check(Layer layer, Buffers buffers, Deviation deviation) {
    Operand x = buffers.x(layer);
    Map<Contestant, float[]> products = new EnumMap<>(Contestant.class);
    for (Contestant contestant : CONTESTANTS) {
      Operand y = buffers.y(layer, contestant);
      layer.multiply(contestant, x, y, execution);
      products.put(contestant, y.matrix().toArray());
    }
    float[] sparse = products.remove(Contestant.SPARSE);
    long terms = pattern.keptPerRow(layer.weight().inputs());
    double[] xNorms = buffers.xNorms(layer);
    products
        .values()
        .forEach(dense -> deviation.add(sparse, dense, xNorms, layer.rowNorms(), terms));
  }

  private Map<Shape, Map<Contestant, List<Long>>> measure(
      Buffers buffers, double seconds, int minPasses, LongConsumer elapsedMillis) {
    Map<Shape, Map<Contestant, List<Long>>> nanos = newSamples();
    long start = System.nanoTime();
    double elapsed = 0;
    for (int pass = 0; pass < minPasses || elapsed < seconds; pass++) {
      pass(pass, buffers, nanos);
      elapsed = (System.nanoTime() - start) / 1e9;
      elapsedMillis.accept((long) (1000 * elapsed));
    }
    return nanos;
  }

  private void pass(int pass, Buffers buffers, Map<Shape, Map<Contestant, List<Long>>> nanos) {
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      Operand x = buffers.x(layer);
      Map<Contestant, List<Long>> times = nanos.get(Shape.of(layer));
      for (int turn = 0; turn < CONTESTANTS.length; turn++) {
        Contestant contestant = CONTESTANTS[(pass + i + turn) % CONTESTANTS.length];
        Operand y = buffers.y(layer, contestant);
        long start = System.nanoTime();
        layer.multiply(contestant, x, y, execution);
        times.get(contestant).add(System.nanoTime() - start);
      }
    }
  }

  private Map<Shape, Map<Contestant, List<Long>>> newSamples() {
    Map<Shape, Map<Contestant, List<Long>>> samples = new HashMap<>();
    for (Shape shape : byShape.keySet()) {
      Map<Contestant, List<Long>> times = new EnumMap<>(Contestant.class);
      for (Contestant contestant : CONTESTANTS) {
        times.put(contestant, new ArrayList<>());
      }
      samples.put(shape, times);
    }
    return samples;
  }

  private static double medianSeconds(List<Long> nanos) {
    List<Long> sorted = nanos.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return (sorted.get(middle) + sorted.get((sorted.size() - 1) / 2)) / 2e9;
  }

  /** Random normal activations for each input width, and a result for each contestant. */
  private static final class Buffers {
    private final Map<Integer, Operand> x = new HashMap<>();
    private final Map<Integer, double[]> xNorms = new HashMap<>();
    private final Map<Integer, Map<Contestant, Operand>> y = new HashMap<>();

    Buffers(List<Layer> layers, int batch) {
      Random random = new Random(batch);
      for (Layer layer : layers) {
        x.computeIfAbsent(layer.weight().inputs(), width -> normal(batch, width, random));
        y.computeIfAbsent(
            layer.weight().outputs(),
            width -> {
              Map<Contestant, Operand> results = new EnumMap<>(Contestant.class);
              for (Contestant contestant : CONTESTANTS) {
                results.put(contestant, Operand.of(DenseMatrix.allocate(batch, width)));
              }
              return results;
            });
      }
      x.forEach((width, operand) -> xNorms.put(width, operand.rowNorms()));
    }

    private static Operand normal(int batch, int width, Random random) {
      float[] values = new float[Math.multiplyExact(batch, width)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return Operand.of(DenseMatrix.copyOf(values, batch, width));
    }

    Operand x(Layer layer) {
      return x.get(layer.weight().inputs());
    }

    double[] xNorms(Layer layer) {
      return xNorms.get(layer.weight().inputs());
    }

    Operand y(Layer layer, Contestant contestant) {
      return y.get(layer.weight().outputs()).get(contestant);
    }
  }
}
