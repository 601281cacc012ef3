/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.math3.special.Erf;
import org.nm4j.Activation;
import org.nm4j.DType;
import org.nm4j.Epilogue;
import org.nm4j.Pattern;
import org.nm4j.SparseMatrix;
import org.nm4j.Workload;

/** What fused epilogues cost: the product with each of them against the product alone. */
final class EpilogueOp extends MatrixOp {
  static final String BIAS_GELU = "bias-gelu";
  static final String RESIDUAL = "residual";

  EpilogueOp() {
    super("epilogue", GemmOp.BATCH_MAJOR);
  }

  @Override
  public List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32),
        List.of(Pattern.P2_4),
        List.of(GemmOp.BATCH_MAJOR),
        List.of("768x768", "3072x768"),
        List.of(1, 16, 128, 768));
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    GemmProblem problem = GemmProblem.forward(spec);
    SplittableRandom random = new SplittableRandom(7);
    Operand bias = GemmProblem.random(DType.F32, 1, problem.outputs, random);
    Operand residual = GemmProblem.random(DType.F32, problem.n, problem.outputs, random);
    SparseMatrix matrix = Nm4jProduct.pack(problem, Workload.ANY_BATCH);
    Nm4jProduct plain = new Nm4jProduct(problem, matrix, threads);
    Contender biasGelu =
        new Nm4jProduct(
            BIAS_GELU,
            problem,
            matrix,
            Epilogue.NONE.bias(bias.matrix).activation(Activation.GELU),
            threads);
    Contender residualAdd =
        new Nm4jProduct(RESIDUAL, problem, matrix, Epilogue.NONE.add(1, residual.matrix), threads);
    List<Contender> contenders = new ArrayList<>(List.of(plain, biasGelu, residualAdd));
    return new Work(
        contenders,
        plain.kernel(),
        () -> {
          ProductCheck check = new ProductCheck(problem);
          float[] product = check.product(plain);
          check.compare(
              biasGelu, product, (sum, item, feature) -> gelu(sum + bias.get(0, feature)));
          check.compare(
              residualAdd, product, (sum, item, feature) -> sum + residual.get(item, feature));
        });
  }

  private static double gelu(double x) {
    return x / 2 * (1 + Erf.erf(x / Math.sqrt(2)));
  }
}
