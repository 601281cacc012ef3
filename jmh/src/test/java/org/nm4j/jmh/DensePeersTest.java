/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DensePeersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemm/f32/2:4/batch-major/48x80/n1",
        "gemm/f32/2:4/batch-major/48x80/n33",
        "gemm/f32/2:4/feature-major/48x80/n33",
        "gemm/bf16/2:4/batch-major/48x80/n33",
        "gemm/bf16/2:4/feature-major/48x80/n33",
        "gemm/s8/2:4/batch-major/48x80/n33",
        "gemm/s8-s8/2:4/batch-major/48x80/n33",
        "gemm/w-bf16/2:4/batch-major/48x80/n33",
        "gemm/w-s8/2:4/batch-major/48x80/n1",
        "gemm/w-s8/2:4/batch-major/48x80/n33"
      })
  void everyPeerComputesTheProduct(String name) {
    verify(GemmProblem.forward(BenchmarkCase.parse(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dx/f32/2:4/batch-major/80x48/n33", "dx/bf16/2:4/batch-major/80x48/n33"})
  void everyPeerComputesTheGradient(String name) {
    verify(GemmProblem.backward(BenchmarkCase.parse(name)));
  }

  private static void verify(GemmProblem problem) {
    List<Contender> peers = DensePeers.of(problem, 1);
    if (!peers.isEmpty()) { // on a CPU for which nothing but oneDNN's reference computes the dtype
      new ProductCheck(problem).verify(peers);
    }
    peers.forEach(Contender::close);
  }

  @Test
  void fp32HasEveryLibrary() {
    List<Contender> peers =
        DensePeers.of(
            GemmProblem.forward(BenchmarkCase.parse("gemm/f32/2:4/batch-major/48x80/n4")), 1);
    List<String> names = peers.stream().map(Contender::name).toList();
    assertTrue(names.containsAll(List.of("openblas", "onednn")), names.toString());
    assertFalse(names.contains("onednn-decompress"), names.toString());
    peers.forEach(peer -> assertEquals(Role.DENSE, peer.role()));
    peers.forEach(Contender::close);
  }
}
