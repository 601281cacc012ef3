/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/**
 * A measured case.
 *
 * @param nanos nanoseconds per call of each contender, by name; index i of all of them is round i
 * @param core the CPU core type that OpenBLAS chose its kernels for
 * @param otherCores cores that were busy with other work meanwhile
 */
record Measurement(
    BenchmarkCase spec,
    int threads,
    Map<String, double[]> nanos,
    Facts facts,
    String core,
    double otherCores) {

  Measurement {
    nanos = new TreeMap<>(nanos);
  }

  static Measurement of(BenchmarkCase spec, int threads, RunResult run) {
    BenchmarkResult fork = run.getBenchmarkResults().iterator().next();
    List<IterationResult> rounds = List.copyOf(fork.getIterationResults());
    Map<String, double[]> scores = new HashMap<>();
    for (String label : rounds.get(0).getSecondaryResults().keySet()) {
      scores.put(
          label,
          rounds.stream()
              .mapToDouble(round -> round.getSecondaryResults().get(label).getScore())
              .toArray());
    }
    scores.remove(RoundProfiler.FACTS); // a text
    double otherCores =
        Arrays.stream(scores.remove(RoundProfiler.OTHER_CORES)).average().orElseThrow();
    String facts = rounds.get(0).getSecondaryResults().get(RoundProfiler.FACTS).extendedInfo();
    String core =
        fork.getBenchmarkResults().get(PeerEnvironment.CORE).stream()
            .map(result -> result.extendedInfo())
            .findFirst()
            .orElse("unknown");
    return new Measurement(
        spec, threads, scores, new Gson().fromJson(facts, Facts.class), core, otherCores);
  }

  /** The dense peer with the smallest median time. */
  String fastestPeer() {
    return nanos.keySet().stream()
        .filter(name -> !name.equals(Nm4jGemm.NAME) && !name.equals(ReadSweep.NAME))
        .min(Comparator.comparingDouble(name -> median(nanos.get(name))))
        .orElseThrow();
  }

  /** Dense-equivalent GFLOP/s of a dense peer or of nm4j: median over the rounds. */
  double gflops(String name) {
    return spec.flops() / median(callNanos(name));
  }

  /** nm4j's speed over a peer's: median over the rounds. */
  double ratio(String peer) {
    double[] mine = nanos.get(Nm4jGemm.NAME);
    double[] theirs = callNanos(peer);
    double[] ratios = new double[mine.length];
    Arrays.setAll(ratios, round -> theirs[round] / mine[round]);
    return median(ratios);
  }

  /** Whether other work disturbed the measurement. */
  boolean disturbed() {
    return otherCores > 0.1;
  }

  /** Whether the read bandwidth was measured along with the case. */
  boolean hasRead() {
    return nanos.containsKey(ReadSweep.NAME);
  }

  /** The speed at which nm4j reads its packed weights, in 1e9 bytes per second. */
  double gigabytesPerSecond() {
    return facts.packedBytes() / median(nanos.get(Nm4jGemm.NAME));
  }

  /** Time of a call; of "read", of reading nm4j's packed weights once. */
  private double[] callNanos(String name) {
    double[] times = nanos.get(name);
    return name.equals(ReadSweep.NAME)
        ? Arrays.stream(times).map(t -> t * facts.packedBytes() / ReadSweep.BYTES).toArray()
        : times;
  }

  /** A line for each peer. */
  List<ResultLine> lines() {
    List<ResultLine> lines = new ArrayList<>();
    for (String peer : nanos.keySet()) {
      if (!peer.equals(Nm4jGemm.NAME)) {
        lines.add(line(peer));
      }
    }
    return lines;
  }

  private ResultLine line(String peer) {
    return new ResultLine(
        BenchmarkCase.OP,
        BenchmarkCase.DTYPE,
        spec.pattern().toString(),
        spec.layoutName(),
        spec.m(),
        spec.n(),
        spec.k(),
        threads,
        facts.kernel(),
        ResultLine.rounded(gflops(Nm4jGemm.NAME)),
        peer,
        ResultLine.rounded(gflops(peer)),
        ResultLine.rounded(ratio(peer)),
        peer.equals(ReadSweep.NAME) ? ResultLine.rounded(gigabytesPerSecond()) : null);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
