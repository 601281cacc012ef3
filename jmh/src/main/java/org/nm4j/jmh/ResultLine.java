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
 * nm4j against one other contender in one case: a line of the JSON file.
 *
 * @param op what was computed
 * @param dtype types of weights and activations
 * @param pattern the weights' N:M pattern
 * @param layout of the activations
 * @param m rows of the weights
 * @param n batch
 * @param k columns of the weights
 * @param threads threads of nm4j and of the peer
 * @param kernel nm4j's kernel
 * @param nm4jGflops median of nm4j's 2 m n k / time, in 1e9 per second; none if the op has no
 *     product
 * @param peer the other's name
 * @param peerGflops the same of the peer
 * @param ratio median over the rounds of nm4j's speed over the peer's
 * @param gbps only where memory is the floor: bytes over nm4j's median time, in 1e9 per second
 * @param name of the case
 * @param role of the peer: {@code dense}, {@code floor} or {@code variant}
 * @param nm4jNanos nm4j's median time of a call
 * @param peerNanos the peer's; where memory is the floor, for as many bytes as nm4j's
 * @param otherCores cores that did other work meanwhile
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
    BigDecimal gbps,
    @SerializedName("case") String name,
    String role,
    @SerializedName("nm4j_ns") BigDecimal nm4jNanos,
    @SerializedName("peer_ns") BigDecimal peerNanos,
    @SerializedName("other_cores") BigDecimal otherCores) {

  private static final Gson GSON = new Gson();
  private static final MathContext DIGITS = new MathContext(4);

  /**
   * @param flops of the case, or 0
   * @param bytes that nm4j and the peer are compared for, or 0
   */
  static ResultLine of(
      BenchmarkCase spec,
      int threads,
      String kernel,
      String peer,
      Role role,
      double nm4jNanos,
      double peerNanos,
      double ratio,
      double flops,
      long bytes,
      double otherCores) {
    Product product = spec.product();
    return new ResultLine(
        spec.op().name(),
        spec.dtype().toString(),
        spec.pattern().toString(),
        spec.layout(),
        product.m(),
        product.n(),
        product.k(),
        threads,
        kernel,
        flops == 0 ? null : rounded(flops / nm4jNanos),
        peer,
        flops == 0 ? null : rounded(flops / peerNanos),
        rounded(ratio),
        bytes == 0 ? null : rounded(bytes / nm4jNanos),
        spec.toString(),
        role.toString(),
        rounded(nm4jNanos),
        rounded(peerNanos),
        rounded(otherCores));
  }

  static BigDecimal rounded(double value) {
    return new BigDecimal(new BigDecimal(value, DIGITS).toPlainString()); // no exponent in the file
  }

  boolean has(Role expected) {
    return role.equals(expected.toString());
  }

  /** nm4j's speed, or time, as the op tells it. */
  double nm4j(Unit unit) {
    return switch (unit) {
      case GFLOPS -> nm4jGflops.doubleValue();
      case GBPS -> gbps.doubleValue();
      case NANOS -> nm4jNanos.doubleValue();
    };
  }

  /** The peer's. */
  double peer(Unit unit) {
    return switch (unit) {
      case GFLOPS -> peerGflops.doubleValue();
      case GBPS -> gbps.doubleValue() * nm4jNanos.doubleValue() / peerNanos.doubleValue();
      case NANOS -> peerNanos.doubleValue();
    };
  }

  String toJson() {
    return GSON.toJson(this);
  }
}
