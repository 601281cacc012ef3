/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * What happens to each element of a product before it is stored: Y = act(alpha (W X) + beta C +
 * bias), in one pass.
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
  public static final Epilogue NONE = new Epilogue(1, null, 0, null, Activation.IDENTITY);

  private final float alpha;
  private final DenseMatrix bias;
  private final float beta;
  private final DenseMatrix c;
  private final Activation activation;

  private Epilogue(
      float alpha, DenseMatrix bias, float beta, DenseMatrix c, Activation activation) {
    this.alpha = alpha;
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
    return new Epilogue(value, bias, beta, c, activation);
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
    return new Epilogue(alpha, value, beta, c, activation);
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
   * @param c of the shape of Y; Y itself, for accumulation in place, or memory that does not
   *     overlap it
   * @return a copy with this matrix
   */
  public Epilogue add(float beta, DenseMatrix c) {
    return new Epilogue(alpha, bias, beta, Objects.requireNonNull(c, "c"), activation);
  }

  /**
   * Applies a function last.
   *
   * @param value the function
   * @return a copy with this function
   */
  public Epilogue activation(Activation value) {
    return new Epilogue(alpha, bias, beta, c, Objects.requireNonNull(value, "activation"));
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
        + " W X"
        + (beta == 0 ? "" : " + " + beta + " C")
        + (bias == null ? "" : " + bias")
        + ")";
  }

  /** Checks the operands against M output features and a result y. */
  void check(long features, DenseMatrix y) {
    if (bias != null) {
      Shape.require("bias", bias, 1, features);
    }
    if (c != null) {
      Shape.require("c", c, y.rows(), y.cols());
    }
  }

  long biasAddress() {
    return bias == null ? 0 : bias.address();
  }

  long addedAddress() {
    return c == null ? 0 : c.address();
  }

  long addedLd(DenseMatrix y) {
    return c == null ? y.ld() : c.ld();
  }

  /** To be called after native code has used the addresses. */
  void keepAlive() {
    if (bias != null) {
      bias.keepAlive();
    }
    if (c != null) {
      c.keepAlive();
    }
  }
}
