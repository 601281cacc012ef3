/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.util.List;
import java.util.Map;

/** What {@code nm4j run} writes for programs. */
record RunReport(
    String version,
    String model,
    String pattern,
    boolean ok,
    Environment environment,
    List<Shape> shapes,
    List<Total> totals) {

  /**
   * Where and with what it was measured.
   *
   * @param cpuShare how much of a CPU the measuring thread had, null when it was not alone
   */
  record Environment(
      String cpu,
      String isa,
      String dense,
      int denseThreads,
      List<String> denseOverrides,
      int sparseThreads,
      String java,
      String os,
      double secondsPerBatch,
      Double cpuShare) {}

  /** All weights of one shape; bytes are their sum. */
  record Shape(
      int inputs,
      int outputs,
      List<String> weights,
      Double keptMagnitude,
      Double keptSquare,
      long denseBytes,
      long compressedBytes,
      long packedBytes,
      List<Product> products) {
    static Shape of(Comparison.Shape shape, List<Layer> layers, List<Comparison.Result> results) {
      KeptSum kept = new KeptSum();
      layers.forEach(layer -> kept.add(layer.kept()));
      return new Shape(
          shape.inputs(),
          shape.outputs(),
          layers.stream().map(layer -> layer.weight().name()).toList(),
          Json.number(kept.magnitudeShare()),
          Json.number(kept.squareShare()),
          layers.stream().mapToLong(Layer::denseBytes).sum(),
          layers.stream().mapToLong(Layer::compressedBytes).sum(),
          layers.stream().mapToLong(Layer::packedBytes).sum(),
          results.stream().map(Product::of).toList());
    }
  }

  /** One product; times are medians. The error is the largest of all weights of the shape. */
  record Product(
      int batch,
      double denseSeconds,
      double sparseSeconds,
      double speedup,
      int samples,
      Double maxError,
      Double maxErrorToTolerance,
      boolean ok,
      String dense,
      String kernel) {
    static Product of(Comparison.Result r) {
      String order = r.fastestDense() == Contestant.DENSE_OUT_IN ? " [out,in]" : " [in,out]";
      return new Product(
          r.batch(),
          r.denseSeconds(),
          r.sparseSeconds(),
          r.speedup(),
          r.samples(),
          Json.number(r.deviation().maxError()),
          Json.number(r.deviation().maxRatio()),
          r.deviation().ok(),
          OpenBlas.function(r.batch()) + order,
          r.kernel());
    }
  }

  /** All weights, one after the other. */
  record Total(int batch, double denseSeconds, double sparseSeconds, double speedup) {
    static Total of(
        int batch,
        Map<Comparison.Shape, List<Layer>> layers,
        Map<Comparison.Shape, Comparison.Result> results) {
      double dense = 0;
      double sparse = 0;
      for (Map.Entry<Comparison.Shape, Comparison.Result> e : results.entrySet()) {
        int weights = layers.get(e.getKey()).size();
        dense += weights * e.getValue().denseSeconds();
        sparse += weights * e.getValue().sparseSeconds();
      }
      return new Total(batch, dense, sparse, dense / sparse);
    }
  }
}
