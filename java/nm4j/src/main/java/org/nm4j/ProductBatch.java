/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.ParallelRun;

/**
 * Products of different matrices that are computed together: experts, heads, or layers that do not
 * need each other's results. Small products, each of which is too little work for several threads,
 * share them as a batch.
 *
 * <pre>{@code
 * DenseMatrix weights = DenseMatrix.allocate(64, 256);
 * DenseMatrix x = DenseMatrix.allocate(4, 256);
 * DenseMatrix query = DenseMatrix.allocate(4, 64);
 * DenseMatrix key = DenseMatrix.allocate(4, 64);
 * try (SparseMatrix wq = SparseMatrix.prune(weights, Pattern.P2_4);
 *     SparseMatrix wk = SparseMatrix.prune(weights, Pattern.P2_4)) {
 *   ProductBatch batch = new ProductBatch().linear(wq, x, query).linear(wk, x, key);
 *   batch.run(Execution.parallel());       // as often as x changes
 * }
 * }</pre>
 *
 * <p>All of it is on one device. A GPU's products are queued one after the other on one stream.
 *
 * <p>Each result is the same bits as that of its product alone. A batch may be run any number of
 * times; adding products is for one thread, and running for one at a time, as the results are
 * written in place.
 */
public final class ProductBatch {
  private record Product(
      SparseMatrix w, Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {}

  private final List<Product> products = new ArrayList<>();

  /** An empty batch. */
  public ProductBatch() {}

  /**
   * Adds Y = X W<sup>T</sup>, see {@link SparseMatrix#linear(DenseMatrix, DenseMatrix)}.
   *
   * @param w the weights, M x K
   * @param x the activations, N x K
   * @param y the result, N x M, writable
   * @return this
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or shares memory
   *     with an operand, a result or activations of the batch, or the batch is on another device
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} for types, a layout or an activation
   *     without a kernel; the batch is as it was
   * @throws IllegalStateException when {@code w} is closed
   */
  public ProductBatch linear(SparseMatrix w, DenseMatrix x, DenseMatrix y) {
    return linear(w, x, y, Epilogue.NONE);
  }

  /**
   * Adds Y = act(alpha (X W<sup>T</sup>) + beta C + bias), see {@link
   * SparseMatrix#linear(DenseMatrix, DenseMatrix, Epilogue)}.
   *
   * @param w the weights, M x K
   * @param x the activations, N x K
   * @param y the result, N x M, writable
   * @param epilogue what else to do
   * @return this
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or shares memory
   *     with an operand, a result or activations of the batch, or the batch is on another device
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} for types, a layout or an activation
   *     without a kernel; the batch is as it was
   */
  public ProductBatch linear(SparseMatrix w, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    Shape.require("x", x, x.rows(), w.cols());
    Shape.require("y", y, x.rows(), w.rows());
    return add(new Product(w, Layout.BATCH_MAJOR, x.rows(), x, y, epilogue));
  }

  /**
   * Adds Y = act(alpha (W X) + beta C + bias), see {@link SparseMatrix#multiply(DenseMatrix,
   * DenseMatrix, Epilogue)}.
   *
   * @param w the weights, M x K
   * @param x the activations, K x N
   * @param y the result, M x N, writable
   * @param epilogue what else to do
   * @return this
   * @throws IllegalArgumentException when a shape is wrong, {@code y} is read-only or shares memory
   *     with an operand, a result or activations of the batch, or the batch is on another device
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} for types, a layout or an activation
   *     without a kernel; the batch is as it was
   */
  public ProductBatch multiply(SparseMatrix w, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    Shape.require("x", x, w.cols(), x.cols());
    Shape.require("y", y, w.rows(), x.cols());
    return add(new Product(w, Layout.FEATURE_MAJOR, x.cols(), x, y, epilogue));
  }

  private ProductBatch add(Product product) {
    Objects.requireNonNull(product.epilogue, "epilogue");
    requireDevice(product.w.device());
    product
        .w
        .weights()
        .check(product.layout, product.batch, product.x, product.y, product.epilogue);
    for (Product other : products) {
      requireApart("y", product.y, "a result of the batch", other.y);
      requireApart("y", product.y, "activations of the batch", other.x);
      requireApart("x", product.x, "a result of the batch", other.y);
    }
    products.add(product);
    return this;
  }

  private void requireDevice(Device device) {
    if (!products.isEmpty() && device() != device) {
      throw new IllegalArgumentException(
          "a batch is on one device, expected weights on " + device() + ", got some on " + device);
    }
  }

  private Device device() {
    return products.get(0).w.device();
  }

  private static void requireApart(String name, DenseMatrix a, String what, DenseMatrix b) {
    if (!Shape.apart(a, b)) {
      throw new IllegalArgumentException(
          name + " must not share memory with " + what + ", got " + a + " and " + b);
    }
  }

  /**
   * How many products there are.
   *
   * @return at least 0
   */
  public int size() {
    return products.size();
  }

  /**
   * Computes all products. Kernels are chosen by constants, also where the execution is {@linkplain
   * Execution#tuned() tuned}.
   *
   * @param execution where to compute
   * @throws IllegalStateException when a matrix is closed; then no result has changed
   * @throws Nm4jException {@link ErrorCode#UNSUPPORTED} for types without a kernel
   */
  public void run(Execution execution) {
    Objects.requireNonNull(execution, "execution");
    if (products.isEmpty()) {
      return;
    }
    if (device().isCpu()) {
      compute(execution);
    } else {
      queue(execution);
    }
  }

  private void queue(Execution execution) {
    List<GpuMultiplier.Held> held = new ArrayList<>(products.size());
    try (CudaQueue queue = new CudaQueue(execution, device())) {
      for (Product p : products) {
        GpuMultiplier multiplier = ((GpuWeights) p.w.weights()).multiplier();
        held.add(multiplier.hold(queue, p.layout, p.layout, p.batch, 1, p.x, p.y, p.epilogue));
      }
      held.forEach(product -> product.run(queue));
      queue.finish();
    }
  }

  private void compute(Execution execution) {
    execution.requireDevice(Device.cpu());
    Multiplier.Running[] running = new Multiplier.Running[products.size()];
    long[] ends = new long[products.size()];
    int begun = 0;
    try {
      long tiles = 0;
      double threads = 0;
      for (; begun < running.length; begun++) {
        Product p = products.get(begun);
        running[begun] = multiplier(p).begin(p.layout, p.batch, p.x, p.y, p.epilogue);
        tiles += running[begun].tiles();
        ends[begun] = tiles;
        threads += multiplier(p).usefulThreads(p.batch);
      }
      int useful = (int) Math.max(1, Math.min(execution.threads(), threads));
      if (useful == 1 || tiles <= 1) {
        compute(running, ends, 0, tiles);
      } else {
        ParallelRun.run(
            tiles,
            execution.executor(),
            useful,
            (begin, end) -> compute(running, ends, begin, end));
      }
    } finally {
      for (int i = 0; i < begun; i++) {
        running[i].end();
      }
    }
  }

  private static Multiplier multiplier(Product p) {
    return ((CpuWeights) p.w.weights()).multiplier();
  }

  /** The tiles from begin to end - 1 of all products, one behind the other. */
  private static void compute(Multiplier.Running[] running, long[] ends, long begin, long end) {
    int i = Arrays.binarySearch(ends, begin);
    for (i = i < 0 ? -i - 1 : i + 1; begin < end; i++) {
      long first = i == 0 ? 0 : ends[i - 1];
      long last = Math.min(end, ends[i]);
      if (begin < last) {
        running[i].run(begin - first, last - first);
        begin = last;
      }
    }
  }

  /**
   * A short description.
   *
   * @return the number of products
   */
  @Override
  public String toString() {
    return "ProductBatch[" + products.size() + (products.size() == 1 ? " product]" : " products]");
  }
}
