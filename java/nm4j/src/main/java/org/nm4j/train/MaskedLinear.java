/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.Nm4jException;
import org.nm4j.internal.Matrices;
import org.nm4j.internal.TrainedWeights;

/**
 * A linear layer in training, Y = X (E W)<sup>T</sup> + b, with explicit forward and backward pass.
 * Y and dX are computed by sparse kernels, from any mask; dW is dense, as SR-STE wants it, and
 * computed by a {@link Gemm}. Weights are packed again, into the same memory, when a step has
 * changed them.
 *
 * <pre>{@code
 * DenseMatrix w = DenseMatrix.allocate(256, 64);       // outputs x inputs: fill it
 * MaskedParameter weight = MaskedParameter.builder("fc1.weight", w).pattern(Pattern.P2_4).build();
 * MaskedParameter bias = MaskedParameter.builder("fc1.bias", DenseMatrix.allocate(1, 256)).build();
 * DenseMatrix x = DenseMatrix.allocate(32, 64);        // a batch of 32
 * DenseMatrix y = DenseMatrix.allocate(32, 256);
 * DenseMatrix dy = DenseMatrix.allocate(32, 256);
 * DenseMatrix dx = DenseMatrix.allocate(32, 64);
 * Execution all = Execution.parallel();
 * try (MaskedLinear fc1 = new MaskedLinear(weight, bias, Gemm.openBlas())) {
 *   fc1.forward(x, y, all);
 *   fc1.backward(x, dy, dx, all);                      // null for dx: not needed
 *   long flips = fc1.step(Optimizer.sgd(0.1f).momentum(0.9f), MaskRule.srSte(), all);
 * }
 * }</pre>
 *
 * <p>Parameters on a GPU make it a layer of that GPU, whose activations are F32, BF16 or F16: Y is
 * a sparse product there (see {@link org.nm4j.SparseMatrix#to(org.nm4j.Device, DType)}; 2:4 and
 * BF16 or F16 run on sparse tensor cores), of weights rounded to the type of X. dX and dW are dense
 * products of the {@link Gemm}, which has to take matrices of that GPU: a GPU sums along N:M groups
 * only, and masks of W have none along the columns. Gradients are F32 on the GPU. All calls queue
 * on one stream, or the caller orders them.
 *
 * <p>While the parameter is dense, or pruned weights take part in the network ({@link
 * MaskRule#prunedFactor}), all products are dense. Of two executions the results may differ in the
 * last bits where the {@link Gemm} rounds differently; sparse products do not.
 *
 * <p>Not safe for use by many threads at once.
 */
public final class MaskedLinear implements AutoCloseable {
  private final MaskedLayer layer;
  private final MaskedOperand operand;

  /**
   * A layer of parameters, which stay the caller's.
   *
   * @param weight outputs x inputs, with groups along its rows; with a masked copy when rules leave
   *     pruned weights in the network
   * @param bias 1 x outputs without a pattern, or null
   * @param gemm computes the gradient of the weights
   * @throws IllegalArgumentException when shapes or groups do not fit
   */
  public MaskedLinear(MaskedParameter weight, MaskedParameter bias, Gemm gemm) {
    layer = new MaskedLayer(weight, bias, gemm);
    operand =
        new MaskedOperand(
            weight,
            0,
            weight.rows(),
            (type, pattern) ->
                Matrices.get()
                    .trainedWeights(weight.device(), type, weight.rows(), weight.cols(), pattern));
  }

  /**
   * Y = X (E W)<sup>T</sup> + b.
   *
   * @param x batch x inputs
   * @param y batch x outputs, of the type of {@code x}, writable, not overlapping anything
   * @param execution where to compute
   * @throws IllegalArgumentException when shapes or types do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN; {@link
   *     org.nm4j.ErrorCode#UNSUPPORTED} for an {@code x} of another type than the device takes
   * @throws IllegalStateException when closed
   */
  public void forward(DenseMatrix x, DenseMatrix y, Execution execution) {
    layer.requireOpen();
    requireInput(x);
    requireLike(x, "y", y, weight().rows());
    layer.requireApart("y", y, "x", x);
    take(x.dtype());
    TrainedWeights packed = operand.packed(execution);
    if (packed != null) {
      packed.forward(x, y, layer.epilogue(0, weight().rows(), execution), execution);
    } else {
      layer.dense(x, operand.dense(execution), 0, y, execution);
    }
  }

  /**
   * dW = dY<sup>T</sup> X and db, into {@link #gradient} and {@link #biasGradient}; dX = dY (E W).
   *
   * @param x what {@link #forward} was given
   * @param dy gradient of the loss with respect to Y, batch x outputs
   * @param dx receives that with respect to X, batch x inputs, writable, not overlapping anything;
   *     null when it is not needed
   * @param execution where to compute
   * @throws IllegalArgumentException when shapes do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN
   * @throws IllegalStateException when closed
   */
  public void backward(DenseMatrix x, DenseMatrix dy, DenseMatrix dx, Execution execution) {
    backward(x, dy, dx, 0, execution);
  }

  /**
   * The same, adding to the gradients: for a batch that comes in several parts.
   *
   * @param x a part
   * @param dy gradient of the loss with respect to its Y
   * @param dx receives that with respect to X, or null
   * @param execution where to compute
   * @throws IllegalArgumentException when shapes do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN
   * @throws IllegalStateException when closed
   */
  public void accumulate(DenseMatrix x, DenseMatrix dy, DenseMatrix dx, Execution execution) {
    backward(x, dy, dx, 1, execution);
  }

  private void backward(
      DenseMatrix x, DenseMatrix dy, DenseMatrix dx, float beta, Execution execution) {
    layer.requireOpen();
    requireInput(x);
    requireLike(x, "dy", dy, weight().rows());
    if (dx != null) {
      requireLike(x, "dx", dx, weight().cols());
      layer.requireApart("dx", dx, "x", x);
      layer.requireApart("dx", dx, "dy", dy);
    }
    take(x.dtype());
    if (dx != null) {
      TrainedWeights packed = operand.packed(execution);
      if (packed != null) {
        packed.backward(dy, dx, layer.gemm, execution);
      } else {
        layer.denseInput(dy, operand.dense(execution), dx, execution);
      }
    }
    layer.gradients(x, dy, 0, beta, execution);
  }

  /**
   * A step of weights and bias with the gradients as they are, see {@link MaskedParameter#step}.
   *
   * @param optimizer for both
   * @param rule for the weights
   * @param execution where to compute
   * @return how many mask bits changed
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a gradient is not finite
   * @throws IllegalStateException when closed, or as {@link MaskedParameter#step}
   */
  public long step(Optimizer optimizer, MaskRule rule, Execution execution) {
    return layer.step(optimizer, rule, execution);
  }

  /** To be called when the caller has changed weights: they are packed anew for the next pass. */
  public void weightsChanged() {
    weight().touch();
  }

  /**
   * The gradient of the loss with respect to the masked weights, dense.
   *
   * @return outputs x inputs, this layer's own memory, which may be changed before a step
   */
  public DenseMatrix gradient() {
    return layer.gradient;
  }

  /**
   * The gradient of the loss with respect to the bias.
   *
   * @return 1 x outputs, this layer's own memory; null without a bias
   */
  public DenseMatrix biasGradient() {
    return layer.biasGradient;
  }

  /**
   * The weights.
   *
   * @return as given
   */
  public MaskedParameter weight() {
    return layer.weight;
  }

  /** Frees the packed weights; parameters stay. Further calls do nothing. */
  @Override
  public void close() {
    layer.close();
    operand.release();
  }

  /**
   * A short description.
   *
   * @return the weights, and whether it is closed
   */
  @Override
  public String toString() {
    return "MaskedLinear" + layer;
  }

  private void requireInput(DenseMatrix x) {
    requireShape("x", x, x.rows(), weight().cols());
    layer.requireTaken(x);
  }

  private void requireLike(DenseMatrix x, String what, DenseMatrix matrix, long cols) {
    requireShape(what, matrix, x.rows(), cols);
    layer.requireLike(x, what, matrix);
  }

  private void requireShape(String what, DenseMatrix matrix, long rows, long cols) {
    if (matrix.rows() != rows || matrix.cols() != cols) {
      throw new IllegalArgumentException(
          weight().name() + ": " + what + " must be " + rows + " x " + cols + ", got " + matrix);
    }
  }

  /** Takes activations of a type, after all checks. */
  private void take(DType type) {
    layer.type(type);
    operand.type(type);
  }
}
