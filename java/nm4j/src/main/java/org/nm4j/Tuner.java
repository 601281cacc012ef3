/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.nm4j.internal.Bindings;
import org.nm4j.internal.NativeMatrix;
import org.nm4j.internal.OpenBlas;

/**
 * Measures which route computes a matrix's products fastest, and takes it. Matrices that differ in
 * their weights alone share what is measured.
 */
final class Tuner implements Route {
  /** From here on the routes' speeds no longer change with the batch. */
  private static final long MAX_BATCH = 256;

  private static final int MIN_ROUNDS = 3;
  private static final long ROUNDS_NANOS = 20_000_000;

  /** Another kernel than the standard one must win by more than what measurements differ. */
  private static final double CLEARLY_FASTER = 0.95;

  private static final Map<Key, Tuning> MEASURED = new ConcurrentHashMap<>();

  private final SparseMatrix matrix;
  private final NativeMatrix handle;
  private final Multiplier standard;
  private final Map<Case, Route> routes = new ConcurrentHashMap<>();

  /** One for each packing; null until they are needed. */
  private List<NativeMatrix> packings;

  /** Kept if it has won somewhere, since its weights take memory. */
  private DenseRoute dense;

  Tuner(SparseMatrix matrix, NativeMatrix handle, Multiplier standard) {
    this.matrix = matrix;
    this.handle = handle;
    this.standard = standard;
  }

  @Override
  public void run(
      Layout layout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      Execution execution) {
    handle.acquire(); // keeps the packings open, too
    try {
      Route route = batch == 0 ? standard : route(layout, batch, x.dtype(), execution);
      route.run(layout, batch, count, x, y, epilogue, execution);
    } finally {
      handle.release();
    }
  }

  /** What was measured; measures now if nothing was. */
  Tuning tune(Layout layout, long batch, DType activations, Execution execution) {
    handle.acquire();
    try {
      route(layout, batch, activations, execution);
      return MEASURED.get(key(new Case(layout, bucket(batch), execution.threads(), activations)));
    } finally {
      handle.release();
    }
  }

  @Override
  public String kernel(Layout layout, long batch, DType activations) {
    return standard.kernel(layout, batch, activations);
  }

  /** Frees what belongs to the weights as they were. No call is in progress. */
  synchronized void forget() {
    if (packings != null) {
      packings.forEach(NativeMatrix::close);
      packings = null;
    }
    routes.clear();
    dense = null;
  }

  /** Steps of a half to a third: 1, 2, 3, 4, 6, 8, 12, 16, 24 .. */
  static long bucket(long batch) {
    long power = 1;
    while (power < Math.min(batch, MAX_BATCH)) {
      power *= 2;
    }
    long between = power / 4 * 3;
    return batch <= between ? between : power;
  }

  private Route route(Layout layout, long batch, DType activations, Execution execution) {
    Case spec = new Case(layout, bucket(batch), execution.threads(), activations);
    Route known = routes.get(spec);
    return known != null ? known : choose(spec, execution);
  }

  private synchronized Route choose(Case spec, Execution execution) {
    Route known = routes.get(spec);
    if (known != null) {
      return known;
    }
    List<Route> candidates = new ArrayList<>(sparseRoutes());
    Tuning tuning;
    synchronized (MEASURED) { // one at a time: measurements would disturb each other
      Key key = key(spec);
      tuning = MEASURED.get(key);
      boolean needsDense = tuning == null || tuning.kernel().equals(DenseRoute.KERNEL);
      String obstacle = needsDense ? addDense(spec, candidates) : null;
      if (tuning == null) {
        tuning = measure(spec, candidates, obstacle, execution);
        MEASURED.put(key, tuning);
      }
    }
    String fastest = tuning.kernel();
    Route best =
        candidates.stream()
            .filter(route -> spec.kernel(route).equals(fastest))
            .findFirst()
            .orElse(standard); // what won for another matrix may be out of reach now
    if (best instanceof DenseRoute winner) {
      dense = winner;
    }
    routes.put(spec, best);
    return best;
  }

  private List<? extends Route> sparseRoutes() {
    if (packings == null) {
      packings = new ArrayList<>();
      for (int workload : new int[] {Bindings.NM_SMALL_BATCH, Bindings.NM_LARGE_BATCH}) {
        NativeMatrix packing = handle.restricted(workload);
        if (packing != null) {
          packings.add(packing);
        }
      }
    }
    return packings.stream().map(standard::on).toList();
  }

  /** Returns why it cannot, or null. */
  private String addDense(Case spec, List<Route> candidates) {
    if (spec.activations != DType.F32) {
      return "takes fp32 activations";
    }
    if (dense != null) {
      candidates.add(dense);
      return null;
    }
    String obstacle = OpenBlas.obstacle();
    if (obstacle != null) {
      return obstacle;
    }
    try {
      candidates.add(matrix.denseRoute());
      return null;
    } catch (IllegalArgumentException | OutOfMemoryError e) {
      return "no memory for a dense copy of the weights: " + e.getMessage();
    }
  }

  private Tuning measure(
      Case spec, List<Route> candidates, String denseObstacle, Execution execution) {
    boolean batchMajor = spec.layout == Layout.BATCH_MAJOR;
    DenseMatrix x =
        batchMajor
            ? DenseMatrix.allocate(spec.activations, spec.batch, matrix.cols())
            : DenseMatrix.allocate(spec.activations, matrix.cols(), spec.batch);
    DenseMatrix y =
        batchMajor
            ? DenseMatrix.allocate(spec.batch, matrix.rows())
            : DenseMatrix.allocate(matrix.rows(), spec.batch);
    fillWithOnes(x);
    double[] nanos = new double[candidates.size()];
    Arrays.fill(nanos, Double.POSITIVE_INFINITY);
    long start = System.nanoTime();
    for (int round = -1; round < MIN_ROUNDS || System.nanoTime() - start < ROUNDS_NANOS; round++) {
      for (int i = 0; i < nanos.length; i++) {
        long begin = System.nanoTime();
        candidates.get(i).run(spec.layout, spec.batch, 1, x, y, Epilogue.NONE, execution);
        if (round >= 0) { // else caches and threads warm up
          nanos[i] = Math.min(nanos[i], System.nanoTime() - begin);
        }
      }
    }
    List<Tuning.Candidate> all = new ArrayList<>();
    String usual = spec.kernel(standard);
    String best = usual;
    double bar = Double.POSITIVE_INFINITY;
    for (int i = 0; i < nanos.length; i++) {
      String kernel = spec.kernel(candidates.get(i));
      double time = kernel.equals(usual) ? nanos[i] * CLEARLY_FASTER : nanos[i];
      if (time < bar) {
        bar = time;
        best = kernel;
      }
      all.add(new Tuning.Candidate(kernel, nanos[i] / 1000, null));
    }
    if (denseObstacle != null) {
      all.add(new Tuning.Candidate(DenseRoute.KERNEL, Double.NaN, denseObstacle));
    }
    return new Tuning(spec.layout, spec.batch, spec.threads, spec.activations, best, all);
  }

  private static void fillWithOnes(DenseMatrix x) {
    float[] ones = new float[(int) x.cols()];
    Arrays.fill(ones, 1);
    for (long row = 0; row < x.rows(); row++) {
      x.rows(row, 1).copyFrom(ones);
    }
  }

  private Key key(Case spec) {
    return new Key(
        matrix.rows(),
        matrix.cols(),
        matrix.pattern(),
        matrix.isTransposed(),
        matrix.dtype(),
        matrix.workload(),
        spec.kernel(standard),
        spec);
  }

  private record Case(Layout layout, long batch, int threads, DType activations) {
    Case {
      Objects.requireNonNull(layout, "layout");
      Objects.requireNonNull(activations, "activations");
    }

    String kernel(Route route) {
      return route.kernel(layout, batch, activations);
    }
  }

  /** All that a product's speed depends on; the standard kernel tells the instruction set. */
  private record Key(
      long rows,
      long cols,
      Pattern pattern,
      boolean transposed,
      DType weights,
      Workload workload,
      String standard,
      Case spec) {}
}
