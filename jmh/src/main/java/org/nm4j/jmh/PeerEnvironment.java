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
    if ("avx2".equals(isaLimit)) { // then the peers are held to the same
      command.add("ONEDNN_MAX_CPU_ISA=AVX2");
      command.add("OPENBLAS_CORETYPE=Haswell");
    }
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
