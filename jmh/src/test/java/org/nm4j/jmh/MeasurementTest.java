/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasurementTest {
  @Test
  void ratioIsTheMedianOfTheRoundsRatios() {
    // The machine halves its speed in the last round: the rounds' ratios do not see it.
    Measurement measurement =
        Measurements.of(
            32, Map.of("nm4j", new double[] {10, 11, 20}, "openblas", new double[] {20, 33, 40}));
    assertEquals(2, measurement.ratio("openblas"), 1e-12);
    assertEquals(2.0 * 64 * 128 * 32 / 11, measurement.gflops("nm4j"), 1e-9);
    assertEquals(2.0 * 64 * 128 * 32 / 33, measurement.gflops("openblas"), 1e-9);
  }

  @Test
  void fastestPeerIsADenseOne() {
    assertEquals("onednn", Measurements.steady(8, 1, 4, 2, 3).fastestPeer());
    assertEquals("onednn-prepacked", Measurements.steady(8, 1, 4, 2, 1.5).fastestPeer());
    Measurement withRead =
        Measurements.of(
            1,
            Map.of(
                "nm4j", new double[] {1},
                "openblas", new double[] {2},
                "read", new double[] {0.5}));
    assertEquals("openblas", withRead.fastestPeer());
  }

  @Test
  void readIsComparedByTheBytesOfThePackedWeights() {
    // 1 MiB in 50,000 ns; 8 MiB in 312,500 ns, so 1 MiB in 39,062.5 ns.
    Measurement measurement =
        Measurements.of(
            1,
            Map.of(
                "nm4j", new double[] {50_000},
                "openblas", new double[] {80_000},
                "read", new double[] {312_500}));
    List<ResultLine> lines = measurement.lines();
    assertEquals(List.of("openblas", "read"), lines.stream().map(ResultLine::peer).toList());
    assertNull(lines.get(0).gbps());
    ResultLine read = lines.get(1);
    assertEquals("20.97", read.gbps().toString());
    assertEquals("0.7813", read.ratio().toString());
    assertEquals(
        read.nm4jGflops().doubleValue() / read.peerGflops().doubleValue(),
        read.ratio().doubleValue(),
        1e-3);
    assertFalse(Measurements.steady(1, 1, 2, 3, 4).hasRead());
  }

  @Test
  void medianOfAnEvenNumber() {
    assertEquals(2.5, Measurement.median(new double[] {4, 1, 3, 2}));
    assertEquals(3, Measurement.median(new double[] {9, 3, 1}));
  }
}
