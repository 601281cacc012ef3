/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;

/**
 * A kind of work that is measured: knows its cases, and how to make one ready. A new op is a class
 * and a line in {@link #ALL}; timing, results, tables and plots need no more.
 */
interface Op {
  List<Op> ALL =
      List.of(
          new GemmOp(),
          new PeakOp(),
          new BackwardOp(),
          new ConvOp(),
          new EpilogueOp(),
          new CrossoverOp(),
          new PrunePackOp(),
          new MaskOp(MaskOp.Kind.MAGNITUDE),
          new MaskOp(MaskOp.Kind.TRANSPOSABLE),
          new MaskOp(MaskOp.Kind.VNM),
          new SrSteStepOp(),
          new LinearStepOp(),
          new CallOp(),
          new CudaGemmOp());

  static Op of(String name) {
    return ALL.stream()
        .filter(op -> op.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected an op of " + ALL.stream().map(Op::name).toList() + ", got " + name));
  }

  /** First part of the names of its cases. */
  String name();

  default Unit unit() {
    return Unit.GFLOPS;
  }

  /** Whether its work can be shared by threads; if not it is measured on one thread only. */
  default boolean threaded() {
    return true;
  }

  /** Whether it is measured on a GPU, and then not on the CPU. */
  default boolean cuda() {
    return false;
  }

  /**
   * Sizes of the product that a case amounts to.
   *
   * @throws IllegalArgumentException when it is no case of this op
   */
  Product product(BenchmarkCase spec);

  /** The cases of a full run. */
  List<BenchmarkCase> full();

  /** Those of a quick one, a part of the full ones. */
  default List<BenchmarkCase> quick() {
    return List.of();
  }

  Work open(BenchmarkCase spec, int threads);
}
