/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

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
 * Any case. {@link #paired} is what {@link Main} runs: each of its iterations is one round in which
 * every contender has a turn. {@link #single} is one contender alone, for JMH's own command line
 * and its profilers; times of different contenders are then minutes apart, so do not make ratios of
 * them on a machine whose speed drifts.
 */
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:MaxDirectMemorySize=8g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@BenchmarkMode(Mode.AverageTime)
public class CaseBenchmark {

  /** One case: its buffers and everyone who does its work, verified. */
  @State(Scope.Benchmark)
  public static class Case {
    /** Which case, see {@link BenchmarkCase}. */
    @Param("gemm/f32/2:4/batch-major/768x768/n128")
    public String name;

    /** Threads of nm4j and of each peer. */
    @Param("1")
    public int threads;

    Work work;

    /** Makes the case ready and verifies every contender. */
    @Setup(Level.Trial)
    public void setUp() {
      BenchmarkCase spec = BenchmarkCase.parse(name);
      work = spec.op().open(spec, threads);
      work.check().run();
    }

    /** Frees the native memory. */
    @TearDown(Level.Trial)
    public void tearDown() {
      work.close();
    }
  }

  /** The contenders of a case in turns. */
  @State(Scope.Benchmark)
  public static class Paired {
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private PairedTimer timer;
    private Facts facts;

    /**
     * Lines up the contenders.
     *
     * @param prepared the case
     */
    @Setup(Level.Trial)
    public void setUp(Case prepared) {
      timer =
          new PairedTimer(
              prepared.work.contenders(), TURN_NANOS, prepared.threads > 1 ? PAUSE_NANOS : 0);
      facts = Facts.of(prepared.work);
    }
  }

  /** One of the contenders. */
  @State(Scope.Benchmark)
  public static class Single {
    /** Its name. */
    @Param("nm4j")
    public String contender;

    private Contender chosen;

    /**
     * Finds it.
     *
     * @param prepared the case
     */
    @Setup(Level.Trial)
    public void setUp(Case prepared) {
      List<Contender> all = prepared.work.contenders();
      chosen =
          all.stream()
              .filter(candidate -> candidate.name().equals(contender))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "expected a contender of "
                              + all.stream().map(Contender::name).toList()
                              + ", got "
                              + contender));
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
   * A contender alone.
   *
   * @param single which
   */
  @Benchmark
  public void single(Single single) {
    single.chosen.run();
  }
}
