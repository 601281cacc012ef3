/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

/** In what the speed of an op is told to people. */
enum Unit {
  GFLOPS("GFLOP/s"),
  GBPS("GB/s"),
  NANOS("ns");

  final String text;

  Unit(String text) {
    this.text = text;
  }
}
