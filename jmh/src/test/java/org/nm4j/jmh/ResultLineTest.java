/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ResultLineTest {
  @Test
  void lineOfADensePeer() {
    assertEquals(
        "{\"op\":\"gemm\",\"dtype\":\"f32\",\"pattern\":\"2:4\",\"layout\":\"batch-major\","
            + "\"m\":768,\"n\":32,\"k\":3072,\"threads\":2,\"kernel\":\"f32_some_kernel\","
            + "\"nm4j_gflops\":180,\"peer\":\"onednn\",\"peer_gflops\":100,\"ratio\":1.800}",
        line("onednn", null).toJson());
  }

  @Test
  void lineOfTheReadBandwidth() {
    String json = line("read", 24.68).toJson();
    assertEquals(",\"ratio\":1.800,\"gbps\":24.68}", json.substring(json.indexOf(",\"ratio")));
  }

  @Test
  void numbersKeepFourDigits() {
    assertEquals("0.001235", ResultLine.rounded(0.00123456).toString());
    assertEquals("1235", ResultLine.rounded(1234.56).toString());
  }

  private static ResultLine line(String peer, Double gbps) {
    return new ResultLine(
        "gemm",
        "f32",
        "2:4",
        "batch-major",
        768,
        32,
        3072,
        2,
        "f32_some_kernel",
        ResultLine.rounded(180),
        peer,
        ResultLine.rounded(100),
        ResultLine.rounded(1.8),
        gbps == null ? null : ResultLine.rounded(gbps));
  }
}
