/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Sparse against dense products. {@link #paired} is what {@link Main} runs: each of its iterations
 * is one round in which every contender has a turn. The other methods are the same contenders one
 * by one, for JMH's own command line and its profilers; their times are minutes apart, so do not
 * make ratios of them on a machine whose speed drifts.
 */
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:MaxDirectMemorySize=8g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@BenchmarkMode(Mode.AverageTime)
public class GemmBenchmark {

  /** One case: its buffers and everyone who computes it, verified. */
  @State(Scope.Benchmark)
  public static class Gemm {
    /** Which case, see {@link BenchmarkCase}. */
    @Param("gemm/f32/2:4/batch-major/768x768/n128")
    public String name;

    /** Threads of nm4j and of each peer. */
    @Param("1")
    public int threads;

    GemmProblem problem;
    Nm4jGemm nm4j;
    OpenBlasGemm openBlas;
    OneDnnGemm oneDnn;
    OneDnnMatmul oneDnnPrepacked;

    /** Makes the case and verifies every product. */
    @Setup(Level.Trial)
    public void setUp() {
      problem = new GemmProblem(BenchmarkCase.parse(name));
      openBlas = new OpenBlasGemm(problem, threads);
      oneDnn = new OneDnnGemm(problem);
      oneDnnPrepacked = new OneDnnMatmul(problem);
      nm4j = new Nm4jGemm(problem, threads);
      new ProductCheck(problem).verify(contenders());
    }

    List<Contender> contenders() {
      return List.of(openBlas, oneDnn, oneDnnPrepacked, nm4j);
    }

    /** Frees the native memory. */
    @TearDown(Level.Trial)
    public void tearDown() {
      contenders().forEach(Contender::close);
    }
  }

  /** The contenders of a case in turns; with batch 1 the read bandwidth is one of them. */
  @State(Scope.Benchmark)
  public static class Paired {
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private ReadSweep read;
    private PairedTimer timer;
    private Facts facts;

    /**
     * Lines up the contenders.
     *
     * @param gemm the case
     */
    @Setup(Level.Trial)
    public void setUp(Gemm gemm) {
      List<Contender> contenders = new ArrayList<>(gemm.contenders());
      if (gemm.problem.spec.n() == 1) {
        read = new ReadSweep();
        contenders.add(read);
      }
      timer = new PairedTimer(contenders, TURN_NANOS, gemm.threads > 1 ? PAUSE_NANOS : 0);
      facts = Facts.of(gemm.nm4j);
    }

    /** Frees the native memory. */
    @TearDown(Level.Trial)
    public void tearDown() {
      if (read != null) {
        read.close();
      }
    }
  }

  /**
   * One round.
   *
   * @param paired the contenders
   * @return nanoseconds per call, by contender
   */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 2)
  @Measurement(iterations = 9)
  public Map<String, Double> paired(Paired paired) {
    Map<String, Double> nanos = paired.timer.round();
    RoundProfiler.publish(nanos, paired.facts);
    return nanos;
  }

  /**
   * nm4j alone.
   *
   * @param gemm the case
   */
  @Benchmark
  public void nm4j(Gemm gemm) {
    gemm.nm4j.run();
  }

  /**
   * OpenBLAS alone.
   *
   * @param gemm the case
   */
  @Benchmark
  public void openBlas(Gemm gemm) {
    gemm.openBlas.run();
  }

  /**
   * oneDNN's sgemm alone.
   *
   * @param gemm the case
   */
  @Benchmark
  public void oneDnn(Gemm gemm) {
    gemm.oneDnn.run();
  }

  /**
   * oneDNN's matmul primitive alone.
   *
   * @param gemm the case
   */
  @Benchmark
  public void oneDnnPrepacked(Gemm gemm) {
    gemm.oneDnnPrepacked.run();
  }
}
