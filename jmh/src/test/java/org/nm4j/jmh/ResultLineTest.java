/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ResultLineTest {
  private static final BenchmarkCase CASE =
      BenchmarkCase.parse("gemm/f32/2:4/batch-major/768x3072/n32");

  @Test
  void lineOfADensePeer() {
    assertEquals(
        "{\"op\":\"gemm\",\"dtype\":\"f32\",\"pattern\":\"2:4\",\"layout\":\"batch-major\","
            + "\"m\":768,\"n\":32,\"k\":3072,\"threads\":2,\"kernel\":\"f32_some_kernel\","
            + "\"nm4j_gflops\":151.0,\"peer\":\"onednn\",\"peer_gflops\":75.50,\"ratio\":2.010,"
            + "\"case\":\"gemm/f32/2:4/batch-major/768x3072/n32\",\"role\":\"dense\","
            + "\"nm4j_ns\":1000000,\"peer_ns\":2000000,\"other_cores\":0.02000}",
        ResultLine.of(
                CASE,
                2,
                "f32_some_kernel",
                "onednn",
                Role.DENSE,
                1e6,
                2e6,
                2.01,
                CASE.product().flops(),
                0,
                0.02)
            .toJson());
  }

  @Test
  void lineOfAFloorOfMemory() {
    String json =
        ResultLine.of(CASE, 1, "kernel", "read", Role.FLOOR, 100, 50, 0.5, 0, 2500, 0).toJson();
    assertEquals(
        "\"peer\":\"read\",\"ratio\":0.5,\"gbps\":25,",
        json.substring(json.indexOf("\"peer\""), json.indexOf("\"case\"")));
  }

  @Test
  void numbersKeepFourDigits() {
    assertEquals("0.001235", ResultLine.rounded(0.00123456).toString());
    assertEquals("1235", ResultLine.rounded(1234.56).toString());
    assertEquals("12350", ResultLine.rounded(12345.6).toString());
  }
}
