/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import org.nm4j.Pattern;

/** An op on a matrix of M x K weights, which names its cases by {@code MxK}. */
abstract class MatrixOp implements Op {
  private static final java.util.regex.Pattern SHAPE =
      java.util.regex.Pattern.compile("([1-9]\\d*)x([1-9]\\d*)");

  private final String name;
  private final List<String> layouts;

  MatrixOp(String name, String... layouts) {
    this.name = name;
    this.layouts = List.of(layouts);
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public Product product(BenchmarkCase spec) {
    Matcher shape = SHAPE.matcher(spec.shape());
    if (!shape.matches()) {
      throw refusal(spec, "a shape such as 768x3072");
    }
    if (!layouts.contains(spec.layout())) {
      throw refusal(spec, "a layout of " + layouts);
    }
    if (spec.n() < 1) {
      throw refusal(spec, "a batch of at least 1");
    }
    return new Product(
        Integer.parseInt(shape.group(1)), spec.n(), Integer.parseInt(shape.group(2)));
  }

  static IllegalArgumentException refusal(BenchmarkCase spec, String expected) {
    return new IllegalArgumentException(
        spec.op().name() + ": expected " + expected + ", got " + spec);
  }

  /** Every combination; batches innermost. */
  final List<BenchmarkCase> cases(
      List<Precision> dtypes,
      List<Pattern> patterns,
      List<String> layouts,
      List<String> shapes,
      List<Integer> batches) {
    List<BenchmarkCase> cases = new ArrayList<>();
    for (Precision dtype : dtypes) {
      for (Pattern pattern : patterns) {
        for (String layout : layouts) {
          for (String shape : shapes) {
            for (int n : batches) {
              cases.add(new BenchmarkCase(this, dtype, pattern, layout, shape, n));
            }
          }
        }
      }
    }
    return cases;
  }
}
