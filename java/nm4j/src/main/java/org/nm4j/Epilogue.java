/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * What happens to each element of a product before it is stored: Y = act(alpha s (W X) + beta C +
 * bias), in one pass; s is one factor per output feature.
 *
 * <pre>{@code
 * DenseMatrix bias = DenseMatrix.copyOf(new float[] {0.5f, -0.5f}, 1, 2);
 * Epilogue layer = Epilogue.NONE.bias(bias).activation(Activation.RELU);
 * }</pre>
 *
 * <p>Immutable; each method returns a changed copy. The matrices are views: their memory is read
 * when a product is computed.
 */
public final class Epilogue {
  /** Y = W X. */
  public static final Epilogue NONE = new Epilogue(1, null, null, 0, null, Activation.IDENTITY);

  private final float alpha;
  private final DenseMatrix scale;
  private final DenseMatrix bias;
  private final float beta;
  private final DenseMatrix c;
  private final Activation activation;

  private Epilogue(
      float alpha,
      DenseMatrix scale,
      DenseMatrix bias,
      float beta,
      DenseMatrix c,
      Activation activation) {
    this.alpha = alpha;
    this.scale = scale;
    this.bias = bias;
    this.beta = beta;
    this.c = c;
    this.activation = activation;
  }

  /**
   * Scales the product.
   *
   * @param value the factor, 1 to begin with
   * @return a copy with this factor
   */
  public Epilogue alpha(float value) {
    return new Epilogue(value, scale, bias, beta, c, activation);
  }

  /**
   * Scales each output feature, which is a row of W, by a factor of its own, beside alpha.
   *
   * @param value 1 x M factors, of fp32
   * @return a copy with these factors
   * @throws IllegalArgumentException unless there is one row
   */
  public Epilogue scale(DenseMatrix value) {
    Shape.require("scale", value, 1, value.cols());
    return new Epilogue(alpha, value, bias, beta, c, activation);
  }

  /**
   * Adds one value per output feature, which is per row of W.
   *
   * @param value 1 x M
   * @return a copy with this bias
   * @throws IllegalArgumentException unless there is one row
   */
  public Epilogue bias(DenseMatrix value) {
    Shape.require("bias", value, 1, value.cols());
    return new Epilogue(alpha, scale, value, beta, c, activation);
  }

  /**
   * Adds one value per output feature, which is per row of W.
   *
   * @param value M values from the buffer's position to its limit; direct, in native order
   * @return a copy with this bias
   * @throws IllegalArgumentException when the buffer is on the heap or in foreign order
   */
  public Epilogue bias(FloatBuffer value) {
    return bias(DenseMatrix.of(value, 1, value.remaining()));
  }

  /**
   * Adds another matrix.
   *
   * @param beta its factor; at 0 the matrix is not read
   * @param c of the shape, type and quantisation of Y: a residual; Y itself, for accumulation in
   *     place, or memory that does not overlap it
   * @return a copy with this matrix
   */
  public Epilogue add(float beta, DenseMatrix c) {
    return new Epilogue(alpha, scale, bias, beta, Objects.requireNonNull(c, "c"), activation);
  }

  /**
   * Applies a function last.
   *
   * @param value the function
   * @return a copy with this function
   */
  public Epilogue activation(Activation value) {
    return new Epilogue(alpha, scale, bias, beta, c, Objects.requireNonNull(value, "activation"));
  }

  /**
   * The factor of the product.
   *
   * @return alpha
   */
  public float alpha() {
    return alpha;
  }

  /**
   * The factor of the matrix added.
   *
   * @return beta, 0 when there is none
   */
  public float beta() {
    return beta;
  }

  /**
   * The function applied last.
   *
   * @return the function
   */
  public Activation activation() {
    return activation;
  }

  /**
   * A short description.
   *
   * @return the formula
   */
  @Override
  public String toString() {
    return activation
        + "("
        + alpha
        + (scale == null ? "" : " scale")
        + " W X"
        + (beta == 0 ? "" : " + " + beta + " C")
        + (bias == null ? "" : " + bias")
        + ")";
  }

  /** Checks the operands against M output features and a result y. */
  void check(long features, DenseMatrix y) {
    check(features, y, y.dtype());
  }

  /** The same for a C of a given type. */
  void check(long features, DenseMatrix y, DType addedType) {
    if (scale != null) {
      Shape.require("scale", scale, 1, features);
    }
    if (bias != null) {
      Shape.require("bias", bias, 1, features);
    }
    if (c != null) {
      Shape.require("c", c, y.rows(), y.cols());
      if (c.dtype() != addedType || c.scale() != y.scale() || c.zero() != y.zero()) {
        throw new IllegalArgumentException(
            addedType == y.dtype()
                ? "c must have the type and quantisation of y, " + y + ", got " + c
                : "c must be of " + addedType + " beside a y of " + y.dtype() + ", got " + c);
      }
    }
  }

  /** The same of some of the features, without C. */
  Epilogue features(long first, long count) {
    return new Epilogue(
        alpha,
        scale == null ? null : scale.columns(first, count),
        bias == null ? null : bias.columns(first, count),
        beta,
        null,
        activation);
  }

  /** The same with another C, or without. */
  Epilogue adding(DenseMatrix other) {
    return new Epilogue(alpha, scale, bias, beta, other, activation);
  }

  /** Null when there is none. */
  DenseMatrix scale() {
    return scale;
  }

  /** Null when there is none. */
  DenseMatrix bias() {
    return bias;
  }

  /** The matrix added, null when there is none. */
  DenseMatrix added() {
    return c;
  }

  /** Whether features have factors of their own. */
  boolean scales() {
    return scale != null;
  }

  /** Whether y is accumulated in place. */
  boolean adds(DenseMatrix y) {
    return beta != 0 && c != null && c.anyAddress() == y.anyAddress();
  }

  long scaleAddress() {
    return scale == null ? 0 : scale.address();
  }

  long biasAddress() {
    return bias == null ? 0 : bias.address();
  }

  long addedAddress() {
    return c == null ? 0 : c.typedAddress();
  }

  long addedLd(DenseMatrix y) {
    return c == null ? y.ld() : c.ld();
  }

  long addedStride(long count) {
    return c == null ? 0 : Multiplier.stride(c, count);
  }

  /** To be called after native code has used the addresses. */
  void keepAlive() {
    if (scale != null) {
      scale.keepAlive();
    }
    if (bias != null) {
      bias.keepAlive();
    }
    if (c != null) {
      c.keepAlive();
    }
  }
}
