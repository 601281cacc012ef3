/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
import java.util.SplittableRandom;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Pattern;

/** An op on weights alone. It can be no faster than a copy of as many bytes. */
abstract class WeightsOp extends MatrixOp {
  private static final String ROW_MAJOR = "row-major";

  private final List<Pattern> patterns;

  WeightsOp(String name, List<Pattern> patterns) {
    super(name, ROW_MAJOR);
    this.patterns = patterns;
  }

  @Override
  public final Unit unit() {
    return Unit.GBPS;
  }

  @Override
  public boolean threaded() {
    return false;
  }

  @Override
  public final List<BenchmarkCase> full() {
    return cases(
        List.of(Precision.F32), patterns, List.of(ROW_MAJOR), List.of("4096x4096"), List.of(1));
  }

  @Override
  public final Product product(BenchmarkCase spec) {
    if (spec.dtype() != Precision.F32) {
      throw refusal(spec, Precision.F32.toString());
    }
    return super.product(spec);
  }

  @Override
  public final Work open(BenchmarkCase spec, int threads) {
    Product product = spec.product();
    Operand w = GemmProblem.random(DType.F32, product.m(), product.k(), new SplittableRandom(2080));
    Contender nm4j = nm4j(w.matrix, spec.pattern(), threads);
    return new Work(
        List.of(nm4j, new CopySweep((long) w.rows * w.cols * Float.BYTES)),
        name(),
        () -> verify(spec, w));
  }

  /** What is measured. */
  abstract Contender nm4j(DenseMatrix w, Pattern pattern, int threads);

  /** Throws {@link IllegalStateException} unless it makes what it should. */
  abstract void verify(BenchmarkCase spec, Operand w);

  /** nm4j's side of such an op. */
  record Nm4jWork(long bytes, Runnable work) implements Contender {
    @Override
    public String name() {
      return Nm4jProduct.NAME;
    }

    @Override
    public Role role() {
      return Role.NM4J;
    }

    @Override
    public void run() {
      work.run();
    }
  }
}
