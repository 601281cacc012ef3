/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import com.google.gson.Gson;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nm4j.jmh.Facts.Party;
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
            .orElse("not used");
    return new Measurement(
        spec, threads, scores, new Gson().fromJson(facts, Facts.class), core, otherCores);
  }

  /** A line for each contender but nm4j, in the op's order. */
  CaseResult result() {
    return new CaseResult(
        spec,
        threads,
        facts.parties().stream()
            .filter(party -> party.role() != Role.NM4J)
            .map(this::line)
            .toList());
  }

  private ResultLine line(Party peer) {
    Party nm4j =
        facts.parties().stream()
            .filter(party -> party.role() == Role.NM4J)
            .findFirst()
            .orElseThrow();
    double[] mine = nanos.get(nm4j.name());
    boolean bytes = peer.role() != Role.VARIANT && peer.bytes() > 0;
    double share = bytes ? (double) nm4j.bytes() / peer.bytes() : 1;
    double[] theirs = Arrays.stream(nanos.get(peer.name())).map(time -> time * share).toArray();
    double[] ratios = new double[mine.length];
    Arrays.setAll(ratios, round -> theirs[round] / mine[round]);
    double nm4jNanos = Statistics.median(mine);
    double peerNanos = Statistics.median(theirs);
    double flops = spec.op().unit() == Unit.GFLOPS ? spec.product().flops() : 0;
    return ResultLine.of(
        spec,
        threads,
        facts.kernel(),
        peer.name(),
        peer.role(),
        nm4jNanos,
        peerNanos,
        Statistics.median(ratios),
        flops,
        bytes ? nm4j.bytes() : 0,
        otherCores);
  }
}
