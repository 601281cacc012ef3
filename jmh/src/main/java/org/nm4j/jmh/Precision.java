/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.Arrays;
import java.util.Locale;
import org.nm4j.DType;

/** Types of a product's weights and activations. Results are fp32. */
enum Precision {
  F32(DType.F32, DType.F32),
  BF16(DType.BF16, DType.BF16),
  /** On GPUs only. */
  F16(DType.F16, DType.F16),
  S8(DType.S8, DType.U8),
  S8_S8(DType.S8, DType.S8),
  /** Weight-only: small weights, fp32 arithmetic. */
  W_BF16(DType.BF16, DType.F32),
  W_S8(DType.S8, DType.F32);

  final DType weights;
  final DType activations;

  Precision(DType weights, DType activations) {
    this.weights = weights;
    this.activations = activations;
  }

  static Precision parse(String text) {
    return Arrays.stream(values())
        .filter(dtype -> dtype.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected a dtype of " + Arrays.toString(values()) + ", got " + text));
  }

  /** Whether every output feature has a scale that its sums are multiplied by. */
  boolean scaled() {
    return weights == DType.S8;
  }

  /** Whether sums are integers, so that every contender's result is the same to the last bit. */
  boolean exact() {
    return scaled() && activations != DType.F32;
  }

  boolean weightOnly() {
    return this == W_BF16 || this == W_S8;
  }

  /** As in the name of a case, such as {@code w-bf16}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
