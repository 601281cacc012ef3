/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** What sparse tensor cores multiply, and the densest pattern that they take of it. */
  private static final Map<Precision, Pattern> DTYPES = dtypes();

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
    if (!spec.pattern().equals(DTYPES.get(spec.dtype()))) {
      throw refusal(spec, "a dtype and its pattern of " + DTYPES);
    }
    return super.product(spec);
  }

  private static Map<Precision, Pattern> dtypes() {
    Map<Precision, Pattern> dtypes = new LinkedHashMap<>();
    dtypes.put(Precision.BF16, Pattern.P2_4);
    dtypes.put(Precision.F16, Pattern.P2_4);
    dtypes.put(Precision.F32, Pattern.of(1, 2)); // as TF32
    dtypes.put(Precision.S8_S8, Pattern.P2_4);
    return dtypes;
  }

  private List<BenchmarkCase> cases(Precision dtype, List<String> shapes, List<Integer> batches) {
    return cases(
        List.of(dtype), List.of(DTYPES.get(dtype)), List.of(GemmOp.BATCH_MAJOR), shapes, batches);
  }

  @Override
  public List<BenchmarkCase> full() {
    return DTYPES.keySet().stream()
        .flatMap(
            dtype ->
                Stream.of(
                    cases(dtype, Suite.LINEAR_LAYERS, BATCHES),
                    cases(dtype, List.of("8192x8192"), List.of(8192))))
        .flatMap(List::stream)
        .toList();
  }

  @Override
  public List<BenchmarkCase> quick() {
    return Stream.concat(
            Stream.of(cases(Precision.BF16, List.of("768x768", "4096x4096"), List.of(32, 768))),
            DTYPES.keySet().stream()
                .skip(1)
                .map(dtype -> cases(dtype, List.of("4096x4096"), List.of(768))))
        .flatMap(List::stream)
        .toList();
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
