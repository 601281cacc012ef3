/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Arrays;
import java.util.Objects;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.ErrorCode;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.Nm4jException;
import org.nm4j.internal.Matrices;

/**
 * Weight and bias of a layer, on the device where they are: their gradients, dense products of
 * activations of one type at a time, and steps.
 */
final class MaskedLayer {
  final MaskedParameter weight;
  final MaskedParameter bias; // or null
  final DenseMatrix gradient;
  final DenseMatrix biasGradient; // or null
  final Gemm gemm;
  private DType type = DType.F32; // of activations
  private DenseMatrix ones; // or null: batch x 1
  private DenseMatrix typedBias; // or null
  private boolean closed;

  MaskedLayer(MaskedParameter weight, MaskedParameter bias, Gemm gemm) {
    this.weight = Objects.requireNonNull(weight, "weight");
    this.bias = bias;
    this.gemm = Objects.requireNonNull(gemm, "gemm");
    requireFit(weight, bias);
    this.gradient = weight.zeros(Execution.caller());
    this.biasGradient = bias == null ? null : bias.zeros(Execution.caller());
  }

  /** Groups along rows, and a bias (or null) beside them that is dense and one for each output. */
  private static void requireFit(MaskedParameter weight, MaskedParameter bias) {
    if (weight.stride() != 1 || weight.rows() < 1 || weight.cols() < 1) {
      throw new IllegalArgumentException(
          weight.name()
              + ": expected at least 1 x 1 weights with groups along rows, got "
              + weight
              + " with a stride of "
              + weight.stride());
    }
    if (bias != null
        && (bias.rows() != 1 || bias.cols() != weight.rows() || bias.pattern() != null)) {
      throw new IllegalArgumentException(
          bias.name() + ": expected a dense parameter of 1 x " + weight.rows() + ", got " + bias);
    }
    if (bias != null && bias.device() != weight.device()) {
      throw new IllegalArgumentException(
          bias.name()
              + ": expected a parameter on "
              + weight.device()
              + ", got one on "
              + bias.device());
    }
  }

  /** Says of which type activations are from now on. */
  void type(DType activations) {
    if (type != activations) {
      type = activations;
      typedBias = null;
      ones = null;
    }
  }

  /** What adds the bias to a sparse product of some outputs. */
  Epilogue epilogue(long first, long count, Execution execution) {
    return bias == null ? Epilogue.NONE : Epilogue.NONE.bias(bias(execution).columns(first, count));
  }

  /** The bias in the activations' type. */
  private DenseMatrix bias(Execution execution) {
    if (type == DType.F32) {
      return bias.weights();
    }
    if (typedBias == null) {
      typedBias = DenseMatrix.allocate(weight.device(), type, 1, weight.rows());
    }
    Matrices.get().cast(bias.weights(), null, typedBias, execution);
    return typedBias;
  }

  /** Y = X W^T + b of the outputs from `first` on, with dense W. */
  void dense(DenseMatrix x, DenseMatrix w, long first, DenseMatrix y, Execution execution) {
    if (bias != null) {
      DenseMatrix some = bias(execution).columns(first, w.rows());
      gemm.multiply(false, false, ones(x.rows()), some, 0, y, execution);
    }
    gemm.multiply(false, true, x, w, bias == null ? 0 : 1, y, execution);
  }

  /** dX = dY W with dense W. */
  void denseInput(DenseMatrix dy, DenseMatrix w, DenseMatrix dx, Execution execution) {
    gemm.multiply(false, false, dy, w, 0, dx, execution);
  }

  /** The gradients of the outputs from `first` on, added to beta times what they are. */
  void gradients(DenseMatrix x, DenseMatrix dy, long first, float beta, Execution execution) {
    DenseMatrix to = gradient.rows(first, dy.cols());
    gemm.multiply(true, false, dy, x, beta, to, execution);
    if (bias != null) {
      DenseMatrix sums = biasGradient.columns(first, dy.cols());
      gemm.multiply(true, false, ones(x.rows()), dy, beta, sums, execution);
    }
  }

  long step(Optimizer optimizer, MaskRule rule, Execution execution) {
    requireOpen();
    if (bias != null) {
      bias.requireFinite(biasGradient, execution); // before anything changes
    }
    long flips = weight.step(gradient, optimizer, rule, execution);
    if (bias != null) {
      bias.step(biasGradient, optimizer, MaskRule.ste(), execution);
    }
    return flips;
  }

  /** Refuses activations elsewhere, and of types that the device does not take. */
  void requireTaken(DenseMatrix x) {
    requireHere("x", x);
    boolean gpu = !weight.device().isCpu();
    boolean taken =
        x.dtype() == DType.F32 || gpu && (x.dtype() == DType.BF16 || x.dtype() == DType.F16);
    if (!taken) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          weight.name()
              + ": x must be of F32"
              + (gpu ? ", BF16 or F16" : " on the CPU")
              + ", got "
              + x);
    }
  }

  /** Refuses what has to be where X is, and of its type. */
  void requireLike(DenseMatrix x, String what, DenseMatrix matrix) {
    requireHere(what, matrix);
    if (matrix.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          weight.name() + ": " + what + " must be of " + x.dtype() + " as x is, got " + matrix);
    }
  }

  private void requireHere(String what, DenseMatrix matrix) {
    if (matrix.device() != weight.device()) {
      throw new IllegalArgumentException(
          weight.name() + ": " + what + " must be on " + weight.device() + ", got " + matrix);
    }
  }

  /** Refuses a result that would overwrite an operand. */
  void requireApart(String result, DenseMatrix to, String operand, DenseMatrix from) {
    if (!Matrices.get().apart(to, from)) {
      throw new IllegalArgumentException(
          weight.name()
              + ": "
              + result
              + " must not overlap "
              + operand
              + ", got "
              + to
              + " and "
              + from);
    }
  }

  private DenseMatrix ones(long batch) {
    if (ones == null || ones.rows() < batch) {
      float[] values = new float[Math.toIntExact(batch)];
      Arrays.fill(values, 1);
      ones = DenseMatrix.allocate(weight.device(), type, batch, 1);
      ones.copyFrom(values);
    }
    return ones.rows(0, batch);
  }

  void close() {
    closed = true;
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException(weight.name() + ": the layer is closed");
    }
  }

  @Override
  public String toString() {
    return "[" + weight + (closed ? ", closed]" : "]");
  }
}
