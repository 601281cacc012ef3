/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.ExternalProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.TextResult;

/**
 * The environment of the forked JVM, for settings that the peers take from nowhere else. To JMH it
 * is a profiler, because profilers may put a command before the JVM's.
 */
public final class PeerEnvironment implements ExternalProfiler {
  static final String CORE = "openblas.core";

  private static final String CORE_LINE = "Core: ";

  /** When nm4j is limited to an instruction set, the peers are held to the same. */
  private static final Map<String, List<String>> PEER_LIMITS =
      Map.of(
          "avx2", List.of("ONEDNN_MAX_CPU_ISA=AVX2", "OPENBLAS_CORETYPE=Haswell"),
          "avx512", List.of("ONEDNN_MAX_CPU_ISA=AVX512_CORE", "OPENBLAS_CORETYPE=SkylakeX"),
          "avx512vnni",
              List.of("ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI", "OPENBLAS_CORETYPE=SkylakeX"),
          "avx512bf16",
              List.of("ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16", "OPENBLAS_CORETYPE=Cooperlake"),
          "amx", List.of("ONEDNN_MAX_CPU_ISA=AVX10_1_512_AMX", "OPENBLAS_CORETYPE=SapphireRapids"));

  @Override
  public String getDescription() {
    return "Environment of the dense peers";
  }

  @Override
  public Collection<String> addJVMInvokeOptions(BenchmarkParams params) {
    return command(params.getParam("threads"), isaLimit());
  }

  /** {@code -Dnm4j.isa}, else {@code NM4J_ISA}, else null. */
  private static String isaLimit() {
    return System.getProperty("nm4j.isa", System.getenv("NM4J_ISA"));
  }

  static List<String> command(String threads, String isaLimit) {
    List<String> command = new ArrayList<>(List.of("env"));
    command.add("OMP_NUM_THREADS=" + threads); // oneDNN's threads: it has no call for it
    // OpenBLAS's helper threads spin for about 0.1 s after a call, which would take a core from the
    // next contender. 2^20 cycles still bridge consecutive calls.
    command.add("OPENBLAS_THREAD_TIMEOUT=20");
    command.add("OPENBLAS_VERBOSE=2"); // makes it tell the core type on stderr
    command.addAll(PEER_LIMITS.getOrDefault(Objects.requireNonNullElse(isaLimit, ""), List.of()));
    return command;
  }

  @Override
  public Collection<String> addJVMOptions(BenchmarkParams params) {
    return List.of();
  }

  @Override
  public void beforeTrial(BenchmarkParams params) {}

  @Override
  public Collection<? extends Result<?>> afterTrial(
      BenchmarkResult result, long pid, File stdOut, File stdErr) {
    try (Stream<String> lines = Files.lines(stdErr.toPath())) {
      return lines
          .filter(line -> line.startsWith(CORE_LINE))
          .limit(1)
          .map(line -> new TextResult(line.substring(CORE_LINE.length()), CORE))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean allowPrintOut() {
    return true;
  }

  @Override
  public boolean allowPrintErr() {
    return true;
  }
}
