/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.List;
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

/** Sparse convolutions against oneDNN's dense ones, see {@link ConvProblem}. */
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:MaxDirectMemorySize=8g"})
@State(Scope.Benchmark)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@BenchmarkMode(Mode.AverageTime)
public class ConvBenchmark {
  /** Which case: ResNet-50's convolutions, but for the first, which has 3 channels. */
  @Param({
    "conv/f32/2:4/nhwc/1x1-64-64@56/1/n1",
    "conv/f32/2:4/nhwc/3x3-64-64@56/1/n1",
    "conv/f32/2:4/nhwc/1x1-64-256@56/1/n1",
    "conv/f32/2:4/nhwc/1x1-256-64@56/1/n1",
    "conv/f32/2:4/nhwc/3x3-128-128@56/2/n1",
    "conv/f32/2:4/nhwc/3x3-128-128@28/1/n1",
    "conv/f32/2:4/nhwc/1x1-256-512@56/2/n1",
    "conv/f32/2:4/nhwc/1x1-512-128@28/1/n1",
    "conv/f32/2:4/nhwc/3x3-256-256@28/2/n1",
    "conv/f32/2:4/nhwc/3x3-256-256@14/1/n1",
    "conv/f32/2:4/nhwc/1x1-1024-256@14/1/n1",
    "conv/f32/2:4/nhwc/1x1-512-1024@28/2/n1",
    "conv/f32/2:4/nhwc/3x3-512-512@14/2/n1",
    "conv/f32/2:4/nhwc/3x3-512-512@7/1/n1",
    "conv/f32/2:4/nhwc/1x1-512-2048@7/1/n1",
    "conv/f32/2:4/nhwc/1x1-2048-512@7/1/n1"
  })
  public String name;

  private Nm4jConvolution nm4j;
  private OneDnnConvolution blocked;
  private OneDnnConvolution nhwc;
  private OneDnnConvolution nchw;

  /** Makes the case and verifies every product. */
  @Setup(Level.Trial)
  public void setUp() {
    ConvProblem problem = new ConvProblem(name);
    nm4j = new Nm4jConvolution(problem, 1);
    blocked = OneDnnConvolution.blocked(problem);
    nhwc = OneDnnConvolution.nhwc(problem);
    nchw = OneDnnConvolution.nchw(problem);
    nm4j.run();
    for (OneDnnConvolution peer : List.of(blocked, nhwc, nchw)) {
      peer.run();
      nm4j.verify(peer);
    }
  }

  /** Frees the native memory. */
  @TearDown(Level.Trial)
  public void tearDown() {
    List.of(nm4j, blocked, nhwc, nchw).forEach(Contender::close);
  }

  /** nm4j, in the layout of the case. */
  @Benchmark
  public void nm4j() {
    nm4j.run();
  }

  /** oneDNN, with the formats it asks for. */
  @Benchmark
  public void oneDnnBlocked() {
    blocked.run();
  }

  /** oneDNN, with NHWC images. */
  @Benchmark
  public void oneDnnNhwc() {
    nhwc.run();
  }

  /** oneDNN, with NCHW images. */
  @Benchmark
  public void oneDnnNchw() {
    nchw.run();
  }
}
