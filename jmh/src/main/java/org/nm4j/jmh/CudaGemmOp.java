/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import java.util.stream.Stream;
import org.nm4j.Availability;
import org.nm4j.Device;
import org.nm4j.Pattern;

/**
 * Products on a GPU: nm4j's against cuBLAS on the same weights with their zeros, and, where the
 * preset for cuSPARSELt is on the class path, against bare calls of that library.
 */
final class CudaGemmOp extends MatrixOp {
  /** One time of a run stands for so many queued products: waiting for a GPU takes as long. */
  static final int QUEUED = 20;

  private static final List<Precision> DTYPES = List.of(Precision.BF16);
  private static final List<Integer> BATCHES = List.of(1, 16, 128, 768, 4096);

  CudaGemmOp() {
    super("cuda-gemm", GemmOp.BATCH_MAJOR);
  }

  @Override
  public boolean cuda() {
    return true;
  }

  @Override
  public Product product(BenchmarkCase spec) {
    if (!DTYPES.contains(spec.dtype())) {
      throw refusal(spec, "a dtype of " + DTYPES);
    }
    return super.product(spec);
  }

  @Override
  public List<BenchmarkCase> full() {
    List<Pattern> patterns = List.of(Pattern.P2_4);
    List<String> layouts = List.of(GemmOp.BATCH_MAJOR);
    return Stream.of(
            cases(DTYPES, patterns, layouts, Suite.LINEAR_LAYERS, BATCHES),
            cases(DTYPES, patterns, layouts, List.of("8192x8192"), List.of(8192)))
        .flatMap(List::stream)
        .toList();
  }

  @Override
  public List<BenchmarkCase> quick() {
    return cases(
        DTYPES,
        List.of(Pattern.P2_4),
        List.of(GemmOp.BATCH_MAJOR),
        List.of("768x768", "4096x4096"),
        List.of(32, 768));
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    Device gpu = Device.cuda(0);
    Availability products = gpu.sparseProducts();
    if (!products.isAvailable()) {
      throw new IllegalStateException(spec + " needs a GPU: " + products.text());
    }
    GpuProblem problem = new GpuProblem(spec, gpu);
    GpuProduct nm4j = new GpuProduct(problem);
    List<GpuContender> contenders =
        Stream.of(Stream.of(nm4j), Stream.of(new CublasGemm(problem)), GpuContender.bare(problem))
            .<GpuContender>flatMap(s -> s)
            .toList();
    return new Work(
        List.copyOf(contenders), nm4j.kernel(), () -> contenders.forEach(problem::verify));
  }
}
