/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.Pattern;

class BenchmarkCaseTest {
  private static final BenchmarkCase CASE =
      new BenchmarkCase(
          Op.of("gemm"), Precision.F32, Pattern.P2_4, GemmOp.BATCH_MAJOR, "768x3072", 32);

  @Test
  void textNamesEverything() {
    assertEquals("gemm/f32/2:4/batch-major/768x3072/n32", CASE.toString());
  }

  @Test
  void flopsCountZeros() {
    assertEquals(new Product(768, 32, 3072), CASE.product());
    assertEquals(2.0 * 768 * 3072 * 32, CASE.product().flops());
  }

  @Test
  void parseIsTheInverseOfTextForTheWholeSuite() {
    for (BenchmarkCase spec : Suite.full(1)) {
      assertEquals(spec, BenchmarkCase.parse(spec.toString()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "gemm/f32/2:4/batch-major/768x3072",
        "gemm/f32/2:4/column-major/768x3072/n32",
        "gemm/f64/2:4/batch-major/768x3072/n32",
        "gem/f32/2:4/batch-major/768x3072/n32",
        "gemm/f32/2:4/batch-major/768/n32",
        "gemm/f32/2:4/batch-major/768x-1/n32",
        "gemm/f32/2:4/batch-major/768x0/n32",
        "gemm/f32/2:4/batch-major/768x3072/n0",
        "gemm/f32/2:4/batch-major/768x3072/n32/more",
        "gemm/s8/2:4/feature-major/768x3072/n32",
        "gemm/w-bf16/2:4/feature-major/768x3072/n32",
        "mask/bf16/2:4/row-major/768x3072/n1"
      })
  void parseRefusesOtherTexts(String text) {
    var failure =
        assertThrows(IllegalArgumentException.class, () -> BenchmarkCase.parse(text), text);
    assertTrue(failure.getMessage().contains("got "), failure.getMessage());
  }

  @Test
  void parseRefusesAnImpossiblePattern() {
    assertThrows(
        IllegalArgumentException.class,
        () -> BenchmarkCase.parse("gemm/f32/4:4/batch-major/768x3072/n32"));
  }
}
