/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.nm4j.Pattern;
import org.nm4j.Workload;

/** Products with activations: Y = W X feature-major, Y = X W' (a linear layer) batch-major. */
class GemmOp extends MatrixOp {
  static final String BATCH_MAJOR = "batch-major";
  static final String FEATURE_MAJOR = "feature-major";

  private static final List<String> LAYOUTS = List.of(BATCH_MAJOR, FEATURE_MAJOR);
  private static final List<Integer> BATCHES = List.of(1, 4, 8, 16, 32, 64, 128, 384, 768);
  private static final List<Integer> FEW_BATCHES = List.of(1, 8, 32, 128, 768);

  GemmOp() {
    this("gemm");
  }

  GemmOp(String name) {
    super(name, BATCH_MAJOR, FEATURE_MAJOR);
  }

  @Override
  public Product product(BenchmarkCase spec) {
    Precision dtype = spec.dtype();
    if (spec.layout().equals(FEATURE_MAJOR) && (dtype.scaled() || dtype.weightOnly())) {
      // oneDNN takes unsigned integers and expands weights on one side of the product only.
      throw refusal(spec, BATCH_MAJOR + " for " + dtype);
    }
    return super.product(spec);
  }

  /**
   * fp32 at 2:4 in full; of the rest what shows how it differs. The fewer the cases, the sooner
   * somebody measures again.
   */
  @Override
  public List<BenchmarkCase> full() {
    List<Pattern> p24 = List.of(Pattern.P2_4);
    List<String> batchMajor = List.of(BATCH_MAJOR);
    List<String> large = List.of("3072x768", "4096x4096");
    List<String> layers = List.of("768x768", "3072x768", "768x3072", "4096x4096", "11008x4096");
    List<Pattern> others = Suite.PATTERNS.subList(1, Suite.PATTERNS.size());
    return Stream.of(
            cases(List.of(Precision.F32), p24, LAYOUTS, Suite.LINEAR_LAYERS, BATCHES),
            cases(List.of(Precision.F32), others, batchMajor, large, FEW_BATCHES),
            cases(List.of(Precision.BF16, Precision.S8), p24, batchMajor, layers, BATCHES),
            cases(List.of(Precision.BF16), p24, List.of(FEATURE_MAJOR), large, FEW_BATCHES),
            cases(List.of(Precision.S8_S8), p24, batchMajor, large, FEW_BATCHES),
            cases(
                List.of(Precision.BF16, Precision.S8),
                List.of(Pattern.P4_8, Pattern.P1_4),
                batchMajor,
                List.of("4096x4096"),
                FEW_BATCHES),
            cases(
                List.of(Precision.W_BF16, Precision.W_S8),
                p24,
                batchMajor,
                List.of("3072x768", "4096x4096", "11008x4096"),
                List.of(1, 4, 8, 16)))
        .flatMap(List::stream)
        .toList();
  }

  @Override
  public List<BenchmarkCase> quick() {
    return cases(
        List.of(Precision.F32),
        List.of(Pattern.P2_4),
        LAYOUTS,
        List.of("768x768", "3072x768", "4096x4096"),
        List.of(1, 32, 384));
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    GemmProblem problem = GemmProblem.forward(spec);
    // Batch 1 is packed for itself, so that the matrix's bytes are what a product reads.
    Workload workload = spec.n() == 1 ? Workload.SMALL_BATCH : Workload.ANY_BATCH;
    Nm4jProduct nm4j = new Nm4jProduct(problem, Nm4jProduct.pack(problem, workload), threads);
    List<Contender> products = new ArrayList<>(DensePeers.of(problem, threads));
    products.add(nm4j);
    List<Contender> contenders = new ArrayList<>(products);
    if (spec.n() == 1) {
      contenders.add(new ReadSweep());
    }
    return new Work(contenders, nm4j.kernel(), () -> new ProductCheck(problem).verify(products));
  }
}
