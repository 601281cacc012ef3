/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import org.nm4j.Pattern;

/**
 * ResNet-50's convolutions, but for the first one, which has 3 channels. A shape is
 * KERNELxKERNEL-INPUT-OUTPUT channels@SIZE of the images, s and the stride. Images are fp32; peers
 * have fp32 weights, too, where nm4j's are small.
 */
final class ConvOp implements Op {
  private static final List<String> SHAPES =
      List.of(
          "1x1-64-64@56s1",
          "3x3-64-64@56s1",
          "1x1-64-256@56s1",
          "1x1-256-64@56s1",
          "3x3-128-128@56s2",
          "3x3-128-128@28s1",
          "1x1-256-512@56s2",
          "1x1-512-128@28s1",
          "3x3-256-256@28s2",
          "3x3-256-256@14s1",
          "1x1-1024-256@14s1",
          "1x1-512-1024@28s2",
          "3x3-512-512@14s2",
          "3x3-512-512@7s1",
          "1x1-512-2048@7s1",
          "1x1-2048-512@7s1");

  /** Those whose weights are most of what is read, at one image. */
  private static final List<String> MANY_WEIGHTS =
      List.of(
          "3x3-256-256@14s1",
          "1x1-1024-256@14s1",
          "3x3-512-512@14s2",
          "3x3-512-512@7s1",
          "1x1-512-2048@7s1",
          "1x1-2048-512@7s1");

  @Override
  public String name() {
    return "conv";
  }

  @Override
  public Product product(BenchmarkCase spec) {
    ConvShape shape = ConvShape.of(spec);
    return new Product(
        shape.outC(),
        spec.n() * shape.outSize() * shape.outSize(),
        shape.inC() * shape.kernel() * shape.kernel());
  }

  @Override
  public List<BenchmarkCase> full() {
    List<BenchmarkCase> cases = new ArrayList<>();
    for (String layout : List.of(ConvShape.NHWC, ConvShape.NCHW)) {
      for (String shape : SHAPES) {
        for (int n : List.of(1, 8)) {
          cases.add(new BenchmarkCase(this, Precision.F32, Pattern.P2_4, layout, shape, n));
        }
      }
    }
    for (Precision dtype : List.of(Precision.W_BF16, Precision.W_S8)) {
      for (String shape : MANY_WEIGHTS) {
        cases.add(new BenchmarkCase(this, dtype, Pattern.P2_4, ConvShape.NHWC, shape, 1));
      }
    }
    return cases;
  }

  @Override
  public Work open(BenchmarkCase spec, int threads) {
    ConvProblem problem = new ConvProblem(spec);
    Nm4jConvolution nm4j = new Nm4jConvolution(problem, threads);
    List<OneDnnConvolution> peers =
        List.of(
            OneDnnConvolution.blocked(problem),
            OneDnnConvolution.nhwc(problem),
            OneDnnConvolution.nchw(problem));
    List<Contender> contenders = new ArrayList<>(peers);
    contenders.add(nm4j);
    return new Work(
        contenders,
        nm4j.kernel(),
        () -> {
          nm4j.run();
          for (OneDnnConvolution peer : peers) {
            peer.run();
            nm4j.verify(peer);
          }
        });
  }
}
