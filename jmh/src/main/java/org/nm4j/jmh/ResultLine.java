/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * nm4j against one peer in one case: a line of the JSON file.
 *
 * @param op what was computed
 * @param dtype type of the elements
 * @param pattern the weights' N:M pattern
 * @param layout {@code feature-major} or {@code batch-major}
 * @param m rows of the weights
 * @param n batch
 * @param k columns of the weights
 * @param threads threads of nm4j and of the peer
 * @param kernel nm4j's kernel
 * @param nm4jGflops median of nm4j's 2 m n k / time, in 1e9 per second
 * @param peer {@code openblas}, {@code onednn}, {@code onednn-prepacked} or {@code read}
 * @param peerGflops the same of the peer; for {@code read}, of a product that takes as long as
 *     reading nm4j's packed weights at the bandwidth measured in the same rounds
 * @param ratio median over the rounds of nm4j's speed over the peer's
 * @param gbps only with {@code read}: packed weights over nm4j's median time, in 1e9 bytes per
 *     second
 */
record ResultLine(
    String op,
    String dtype,
    String pattern,
    String layout,
    int m,
    int n,
    int k,
    int threads,
    String kernel,
    @SerializedName("nm4j_gflops") BigDecimal nm4jGflops,
    String peer,
    @SerializedName("peer_gflops") BigDecimal peerGflops,
    BigDecimal ratio,
    BigDecimal gbps) {

  private static final Gson GSON = new Gson();
  private static final MathContext DIGITS = new MathContext(4);

  static BigDecimal rounded(double value) {
    return new BigDecimal(value, DIGITS);
  }

  String toJson() {
    return GSON.toJson(this);
  }
}
