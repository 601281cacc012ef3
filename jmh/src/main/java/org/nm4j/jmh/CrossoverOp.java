/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.Epilogue;
import org.nm4j.Pattern;
import org.nm4j.Workload;

/** Where one packing hands over to the other: products by each of them, and by the one chosen. */
final class CrossoverOp extends MatrixOp {
  static final String LANE_PANEL = "lane-panel";
  static final String ROW_STREAM = "row-stream";

  CrossoverOp() {
    super("crossover", GemmOp.BATCH_MAJOR, GemmOp.FEATURE_MAJOR);
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32, Precision.BF16, Precision.S8),
        List.of(Pattern.P2_4),
        List.of(GemmOp.BATCH_MAJOR),
        List.of("768x768", "3072x768"),
        List.of(1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96));
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    GemmProblem problem = GemmProblem.forward(spec);
    Nm4jProduct nm4j =
        new Nm4jProduct(problem, Nm4jProduct.pack(problem, Workload.ANY_BATCH), threads);
    List<Contender> contenders = new ArrayList<>(DensePeers.of(problem, threads));
    contenders.add(nm4j);
    contenders.add(variant(LANE_PANEL, problem, Workload.SMALL_BATCH, threads));
    contenders.add(variant(ROW_STREAM, problem, Workload.LARGE_BATCH, threads));
    return new Work(contenders, nm4j.kernel(), () -> new ProductCheck(problem).verify(contenders));
  }

  private static Contender variant(
      String name, GemmProblem problem, Workload workload, int threads) {
    return new Nm4jProduct(
        name, problem, Nm4jProduct.pack(problem, workload), Epilogue.NONE, threads);
  }
}
