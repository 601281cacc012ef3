/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.results.TextResult;

/**
 * Hands each contender's time in a round to JMH, as a secondary result of the iteration, and how
 * busy the machine was with other work. JMH itself times only the round as a whole.
 */
public final class RoundProfiler implements InternalProfiler {
  static final String FACTS = "facts";
  static final String OTHER_CORES = "other cores";

  private static volatile Map<String, Double> nanos = Map.of(); // stays so if the round fails
  private static volatile Facts facts;

  static void publish(Map<String, Double> roundNanos, Facts roundFacts) {
    nanos = roundNanos;
    facts = roundFacts;
  }

  private OtherLoad otherLoad;

  @Override
  public String getDescription() {
    return "Times of the contenders of a paired benchmark";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    otherLoad = new OtherLoad();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    List<Result<?>> results = new ArrayList<>();
    nanos.forEach(
        (name, time) -> results.add(new ScalarResult(name, time, "ns/op", AggregationPolicy.AVG)));
    results.add(new ScalarResult(OTHER_CORES, otherLoad.cores(), "cores", AggregationPolicy.AVG));
    results.add(new TextResult(new Gson().toJson(facts), FACTS));
    return results;
  }
}
