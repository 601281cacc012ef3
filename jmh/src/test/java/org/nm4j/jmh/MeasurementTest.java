/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasurementTest {
  @Test
  void ratioIsTheMedianOfTheRoundsRatios() {
    // The machine halves its speed in the last round: the rounds' ratios do not see it.
    ResultLine line =
        Measurements.of(
                32,
                Map.of("nm4j", new double[] {10, 11, 20}, "openblas", new double[] {20, 33, 40}))
            .result()
            .lines()
            .get(0);
    double flops = 2.0 * 64 * 128 * 32;
    assertEquals(2, line.ratio().doubleValue());
    assertEquals(11, line.nm4jNanos().doubleValue());
    assertEquals(33, line.peerNanos().doubleValue());
    assertEquals(flops / 11, line.nm4jGflops().doubleValue(), 1e-3 * flops / 11);
    assertEquals(flops / 33, line.peerGflops().doubleValue(), 1e-3 * flops / 33);
  }

  @Test
  void theFastestPeerIsADenseOne() {
    assertEquals("onednn", Measurements.gemm(8, 1, 4, 2, 3).fastestDense().orElseThrow().peer());
    CaseResult withOthers =
        Measurements.result(
            "gemm/f32/2:4/batch-major/64x128/n1",
            "nm4j",
            1,
            "openblas",
            2,
            "read",
            0.5,
            "row-stream",
            0.5);
    assertEquals("openblas", withOthers.fastestDense().orElseThrow().peer());
    assertTrue(
        Measurements.result("mask/f32/2:4/row-major/64x64/n1", "nm4j", 1, "copy", 2)
            .fastestDense()
            .isEmpty());
  }

  @Test
  void readIsComparedByTheBytesOfThePackedWeights() {
    // 1 MiB in 50,000 ns; 8 MiB in 312,500 ns, so 1 MiB in 39,062.5 ns.
    CaseResult result =
        Measurements.result(
            "gemm/f32/2:4/batch-major/64x128/n1",
            "nm4j",
            50_000,
            "openblas",
            80_000,
            "read",
            312_500);
    assertEquals(
        List.of("openblas", "read"), result.lines().stream().map(ResultLine::peer).toList());
    assertNull(result.peer("openblas").orElseThrow().gbps());
    ResultLine read = result.peer("read").orElseThrow();
    assertEquals("20.97", read.gbps().toString());
    assertEquals("0.7813", read.ratio().toString());
    assertEquals(
        read.nm4jGflops().doubleValue() / read.peerGflops().doubleValue(),
        read.ratio().doubleValue(),
        1e-3);
    assertEquals(39_060, read.peerNanos().doubleValue());
  }

  @Test
  void copyIsComparedByTheBytesReadAndWritten() {
    // 1 MiB in 100,000 ns; 4 MiB in 200,000 ns.
    CaseResult result =
        Measurements.result("mask/f32/2:4/row-major/64x64/n1", "nm4j", 100_000, "copy", 200_000);
    ResultLine copy = result.lines().get(0);
    assertNull(copy.nm4jGflops());
    assertEquals(10.49, result.nm4j());
    assertEquals(20.97, copy.peer(Unit.GBPS), 2e-2);
    assertEquals("0.5", copy.ratio().toString());
  }

  @Test
  void callsAreToldInNanoseconds() {
    CaseResult result =
        Measurements.result(
            "call/f32/2:4/batch-major/16x16/n1", "nm4j", 80, "native-call", 60, "empty-call", 8);
    assertEquals(80, result.nm4j());
    assertEquals(60, result.lines().get(0).peer(Unit.NANOS));
    assertNull(result.lines().get(0).nm4jGflops());
    assertNull(result.lines().get(0).gbps());
  }

  @Test
  void otherWorkDisturbs() {
    Map<String, double[]> nanos = Map.of("nm4j", new double[] {1}, "openblas", new double[] {2});
    String name = "gemm/f32/2:4/batch-major/64x128/n8";
    assertFalse(Measurements.of(name, nanos, 0.05).result().disturbed());
    assertTrue(Measurements.of(name, nanos, 0.5).result().disturbed());
  }
}
