/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.SplittableRandom;
import org.nm4j.DType;
import org.nm4j.Mask;

/**
 * The buffers of a product, shared by everyone who computes it: random weights pruned by magnitude
 * and kept dense, random activations, and the result, which each contender overwrites.
 *
 * <p>Every value is one that the dtype holds exactly, so that all contenders multiply the same
 * numbers, whoever rounds them. Integers are chosen so that nothing saturates: unsigned activations
 * use 7 bits, because CPUs without VNNI add two products of 8 bits in 16. Scales are powers of two,
 * and each row's largest weight is 127, which makes them what symmetric quantisation finds.
 */
final class GemmProblem {
  private static final int S8_MAX = 127;

  final BenchmarkCase spec;

  /** Whether outputs are columns of the stored weights: dX = dY W. */
  final boolean transposed;

  final int outputs;
  final int inputs;
  final int n;
  final Mask mask;

  /** The weights as stored, M x K. */
  final Operand w;

  /** The same numbers in fp32, scales applied; the same object if the weights are fp32. */
  final Operand wF32;

  /** 1 x M, of the stored weights' rows; null unless the dtype is scaled. */
  final Operand scales;

  final Operand x;
  final Operand y;

  private GemmProblem(BenchmarkCase spec, boolean transposed) {
    this.spec = spec;
    this.transposed = transposed;
    Product product = spec.product();
    n = product.n();
    outputs = transposed ? product.k() : product.m();
    inputs = transposed ? product.m() : product.k();
    SplittableRandom random = new SplittableRandom(2080);
    Precision dtype = spec.dtype();

    scales = dtype.scaled() ? scales(product.m()) : null;
    wF32 = new Operand(DType.F32, product.m(), product.k());
    Operand stored = random(dtype.weights, product.m(), product.k(), random);
    if (scales != null) {
      for (int row = 0; row < stored.rows; row++) {
        stored.set(row, 0, S8_MAX);
      }
    }
    copy(stored, wF32);
    mask = Mask.magnitude(wF32.matrix, spec.pattern());
    mask.apply(wF32.matrix);
    w = dtype == Precision.F32 ? wF32 : stored;
    copy(wF32, w);
    if (scales != null) {
      scaleRows(wF32);
    }

    x =
        batchMajor()
            ? random(dtype.activations, n, inputs, random)
            : random(dtype.activations, inputs, n, random);
    y = batchMajor() ? new Operand(DType.F32, n, outputs) : new Operand(DType.F32, outputs, n);
  }

  /** Y = W X, or Y = X W' batch-major. */
  static GemmProblem forward(BenchmarkCase spec) {
    return new GemmProblem(spec, false);
  }

  /** Y = W' X, or Y = X W batch-major. */
  static GemmProblem backward(BenchmarkCase spec) {
    return new GemmProblem(spec, true);
  }

  boolean batchMajor() {
    return spec.layout().equals(GemmOp.BATCH_MAJOR);
  }

  /** The weight that leads from an input to an output. */
  float weight(int output, int input) {
    return transposed ? wF32.get(input, output) : wF32.get(output, input);
  }

  float activation(int item, int input) {
    return batchMajor() ? x.get(item, input) : x.get(input, item);
  }

  private static Operand scales(int rows) {
    Operand scales = new Operand(DType.F32, 1, rows);
    for (int row = 0; row < rows; row++) {
      scales.set(0, row, Math.scalb(1f, -7 - row % 3));
    }
    return scales;
  }

  private void scaleRows(Operand matrix) {
    for (int row = 0; row < matrix.rows; row++) {
      for (int col = 0; col < matrix.cols; col++) {
        matrix.set(row, col, matrix.get(row, col) * scales.get(0, row));
      }
    }
  }

  private static void copy(Operand from, Operand to) {
    for (int row = 0; row < from.rows && from != to; row++) {
      for (int col = 0; col < from.cols; col++) {
        to.set(row, col, from.get(row, col));
      }
    }
  }

  /** Values that the type holds exactly: from -1 to 1, integers of 8 bits or, unsigned, of 7. */
  static Operand random(DType type, int rows, int cols, SplittableRandom random) {
    Operand matrix = new Operand(type, rows, cols);
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        matrix.set(
            row,
            col,
            switch (type) {
              case F32, BF16, F16 -> (float) random.nextDouble(-1, 1);
              case S8 -> random.nextInt(-S8_MAX, S8_MAX + 1);
              case U8 -> random.nextInt(S8_MAX + 1);
              case S32, E4M3, E5M2 ->
                  throw new IllegalArgumentException("no operand of a benchmark is " + type);
            });
      }
    }
    return matrix;
  }
}
