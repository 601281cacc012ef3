/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.lang.ref.Reference;
import java.util.Objects;
import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.Execution;
import org.nm4j.Gemm;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
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
 * <p>While the parameter is dense, or pruned weights take part in the network ({@link
 * MaskRule#prunedFactor}), all products are dense. Of two executions the results may differ in the
 * last bits where the {@link Gemm} rounds differently; sparse products do not.
 *
 * <p>Not safe for use by many threads at once.
 */
public final class MaskedLinear implements AutoCloseable {
  private final MaskedParameter weight;
  private final MaskedParameter bias; // or null
  private final Gemm gemm;
  private final DenseMatrix gradient;
  private final DenseMatrix biasGradient; // or null
  private DenseMatrix ones; // batch x 1
  private TrainedWeights packed; // or null: dense, or nothing packed yet
  private Pattern packedPattern;
  private DenseMatrix scratch; // or null: the weights that the mask keeps, when products are dense
  private long packedVersion = -1; // of the weights, in whichever of the two
  private boolean closed;

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
    this.weight = Objects.requireNonNull(weight, "weight");
    this.bias = bias;
    this.gemm = Objects.requireNonNull(gemm, "gemm");
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
    this.gradient = DenseMatrix.allocate(weight.rows(), weight.cols());
    this.biasGradient = bias == null ? null : DenseMatrix.allocate(1, weight.rows());
  }

  /**
   * Y = X (E W)<sup>T</sup> + b.
   *
   * @param x batch x inputs
   * @param y batch x outputs, writable, not overlapping anything
   * @param execution where to compute
   * @throws IllegalArgumentException when shapes do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN
   * @throws IllegalStateException when closed
   */
  public void forward(DenseMatrix x, DenseMatrix y, Execution execution) {
    requireShape("x", x, x.rows(), weight.cols());
    requireShape("y", y, x.rows(), weight.rows());
    if (pack(execution)) {
      Epilogue epilogue = bias == null ? Epilogue.NONE : Epilogue.NONE.bias(bias.weights());
      packed.forward(x, y, epilogue, execution);
      return;
    }
    if (bias != null) {
      gemm.multiply(false, false, ones(x.rows()), bias.weights(), 0, y, execution);
    }
    gemm.multiply(false, true, x, denseWeights(), bias == null ? 0 : 1, y, execution);
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
    requireShape("x", x, x.rows(), weight.cols());
    requireShape("dy", dy, x.rows(), weight.rows());
    if (dx != null) {
      requireShape("dx", dx, x.rows(), weight.cols());
      backwardInput(dy, dx, execution);
    }
    backwardWeights(x, dy, beta, execution);
  }

  /** dX = dY (E W). */
  void backwardInput(DenseMatrix dy, DenseMatrix dx, Execution execution) {
    if (pack(execution)) {
      packed.backward(dy, dx, execution);
    } else {
      gemm.multiply(false, false, dy, denseWeights(), 0, dx, execution);
    }
  }

  /** The gradients of weights and bias, added to beta times what they are. */
  void backwardWeights(DenseMatrix x, DenseMatrix dy, float beta, Execution execution) {
    requireOpen();
    gemm.multiply(true, false, dy, x, beta, gradient, execution);
    if (bias != null) {
      gemm.multiply(true, false, ones(x.rows()), dy, beta, biasGradient, execution);
    }
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

  /** To be called when the caller has changed weights: they are packed anew for the next pass. */
  public void weightsChanged() {
    packedVersion = -1;
  }

  /**
   * The gradient of the loss with respect to the masked weights, dense.
   *
   * @return outputs x inputs, this layer's own memory, which may be changed before a step
   */
  public DenseMatrix gradient() {
    return gradient;
  }

  /**
   * The gradient of the loss with respect to the bias.
   *
   * @return 1 x outputs, this layer's own memory; null without a bias
   */
  public DenseMatrix biasGradient() {
    return biasGradient;
  }

  /**
   * The weights.
   *
   * @return as given
   */
  public MaskedParameter weight() {
    return weight;
  }

  /** Frees the packed weights; parameters stay. Further calls do nothing. */
  @Override
  public void close() {
    closed = true;
    release();
  }

  /**
   * A short description.
   *
   * @return the weights, and whether it is closed
   */
  @Override
  public String toString() {
    return "MaskedLinear[" + weight + (closed ? ", closed]" : "]");
  }

  /** Whether products are sparse; then the weights are packed as they are. */
  private boolean pack(Execution execution) {
    requireOpen();
    weight.requireWhole();
    Pattern pattern = weight.prunedFactor == 0 ? weight.pattern() : null;
    boolean fresh =
        packed != null && packedVersion == weight.version() && packedPattern.equals(pattern);
    // Until a pattern's first refresh the mask is of the one before.
    if (pattern == null || !(fresh || weight.obeys(pattern))) {
      release();
      return false;
    }
    scratch = null;
    if (packed == null || !pattern.equals(packedPattern)) {
      release();
      packed = Matrices.get().trainedWeights(weight.rows(), weight.cols(), pattern, true);
      packedPattern = pattern;
      packedVersion = -1;
    }
    if (packedVersion != weight.version()) {
      packedVersion = -1;
      try {
        packed.pack(
            MaskedParameter.address(weight.weights()),
            MaskedParameter.address(weight.mask),
            execution);
      } catch (Nm4jException e) {
        throw new Nm4jException(e.code(), weight.name() + ": " + e.getMessage());
      } finally {
        Reference.reachabilityFence(weight);
      }
      packedVersion = weight.version();
    }
    return true;
  }

  private void release() {
    if (packed != null) {
      packed.close();
      packed = null;
    }
  }

  /** What the network sees, as a dense matrix. */
  private DenseMatrix denseWeights() {
    if (weight.prunedFactor != 0) {
      if (weight.masked() == null) {
        throw new IllegalStateException(
            weight.name()
                + ": pruned weights take part in the network, for which the parameter needs a"
                + " masked copy, see MaskedParameter.Builder.masked");
      }
      return weight.masked();
    }
    boolean fresh = scratch != null && packedVersion == weight.version();
    if (scratch == null) {
      scratch = DenseMatrix.allocate(weight.rows(), weight.cols());
    }
    if (!fresh) {
      weight.writeMasked(scratch);
      packedVersion = weight.version();
    }
    return scratch;
  }

  private DenseMatrix ones(long batch) {
    if (ones == null || ones.rows() < batch) {
      ones = DenseMatrix.allocate(batch, 1);
      for (long i = 0; i < batch; i++) {
        ones.set(i, 0, 1);
      }
    }
    return ones.rows(0, batch);
  }

  private void requireShape(String what, DenseMatrix matrix, long rows, long cols) {
    if (matrix.rows() != rows || matrix.cols() != cols) {
      throw new IllegalArgumentException(
          weight.name() + ": " + what + " must be " + rows + " x " + cols + ", got " + matrix);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(weight.name() + ": the layer is closed");
    }
  }
}
