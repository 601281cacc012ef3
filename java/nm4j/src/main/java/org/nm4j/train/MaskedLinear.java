/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Arrays;
import java.util.Objects;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.Epilogue;
import org.nm4j.ErrorCode;
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
  private final MaskedParameter weight;
  private final MaskedParameter bias; // or null
  private final Device device;
  private final Gemm gemm;
  private final DenseMatrix gradient;
  private final DenseMatrix biasGradient; // or null
  private DenseMatrix ones; // batch x 1
  private DenseMatrix typedBias; // or null
  private DType type = DType.F32; // of activations
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
    this.device = weight.device();
    MaskedLayer.requireFit(weight, bias);
    this.gradient = weight.zeros(Execution.caller());
    this.biasGradient = bias == null ? null : bias.zeros(Execution.caller());
  }

  /**
   * Y = X (E W)<sup>T</sup> + b.
   *
   * @param x batch x inputs
   * @param y batch x outputs, of the type of {@code x}, writable, not overlapping anything
   * @param execution where to compute
   * @throws IllegalArgumentException when shapes do not fit or memory overlaps
   * @throws Nm4jException {@link org.nm4j.ErrorCode#NAN} when a kept weight is NaN
   * @throws IllegalStateException when closed
   */
  public void forward(DenseMatrix x, DenseMatrix y, Execution execution) {
    requireInput("x", x, weight.cols());
    requireOutput("y", y, x.rows(), weight.rows());
    if (pack(execution)) {
      Epilogue epilogue = bias == null ? Epilogue.NONE : Epilogue.NONE.bias(bias(execution));
      packed.forward(x, y, epilogue, execution);
      return;
    }
    if (bias != null) {
      gemm.multiply(false, false, ones(x.rows()), bias(execution), 0, y, execution);
    }
    gemm.multiply(false, true, x, denseWeights(execution), bias == null ? 0 : 1, y, execution);
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
    requireInput("x", x, weight.cols());
    requireOutput("dy", dy, x.rows(), weight.rows());
    if (dx != null) {
      requireOutput("dx", dx, x.rows(), weight.cols());
      backwardInput(dy, dx, execution);
    }
    backwardWeights(x, dy, beta, execution);
  }

  /** dX = dY (E W). */
  void backwardInput(DenseMatrix dy, DenseMatrix dx, Execution execution) {
    if (pack(execution)) {
      packed.backward(dy, dx, gemm, execution);
    } else {
      gemm.multiply(false, false, dy, denseWeights(execution), 0, dx, execution);
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
    weight.touch();
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
    if (pattern == null || !(fresh || weight.obeys(pattern, 0, weight.rows()))) {
      release();
      return false;
    }
    scratch = null;
    if (packed == null || !pattern.equals(packedPattern)) {
      release();
      packed = Matrices.get().trainedWeights(device, type, weight.rows(), weight.cols(), pattern);
      packedPattern = pattern;
      packedVersion = -1;
    }
    if (packedVersion != weight.version()) {
      packedVersion = -1;
      try {
        packed.pack(weight.weights(), weight.mask, execution);
      } catch (Nm4jException e) {
        throw new Nm4jException(e.code(), weight.name() + ": " + e.getMessage());
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

  /** What the network sees, as a dense matrix of the activations' type. */
  private DenseMatrix denseWeights(Execution execution) {
    if (weight.prunedFactor != 0) {
      if (weight.masked() == null) {
        throw new IllegalStateException(
            weight.name()
                + ": pruned weights take part in the network, for which the parameter needs a"
                + " masked copy, see MaskedParameter.Builder.masked");
      }
      if (type == DType.F32) {
        return weight.masked();
      }
    }
    boolean fresh = scratch != null && packedVersion == weight.version();
    if (scratch == null) {
      scratch = DenseMatrix.allocate(device, type, weight.rows(), weight.cols());
    }
    if (!fresh) {
      if (weight.prunedFactor != 0) {
        Matrices.get().cast(weight.masked(), null, scratch, execution);
      } else {
        weight.writeMasked(0, scratch, execution);
      }
      packedVersion = weight.version();
    }
    return scratch;
  }

  /** The bias in the activations' type. */
  private DenseMatrix bias(Execution execution) {
    if (type == DType.F32) {
      return bias.weights();
    }
    if (typedBias == null) {
      typedBias = DenseMatrix.allocate(device, type, 1, weight.rows());
    }
    Matrices.get().cast(bias.weights(), null, typedBias, execution);
    return typedBias;
  }

  private DenseMatrix ones(long batch) {
    if (ones == null || ones.rows() < batch) {
      float[] values = new float[Math.toIntExact(batch)];
      Arrays.fill(values, 1);
      ones = DenseMatrix.allocate(device, type, batch, 1);
      ones.copyFrom(values);
    }
    return ones.rows(0, batch);
  }

  /** Activations of one pass; those of another type than before need weights of that type. */
  private void requireInput(String what, DenseMatrix matrix, long cols) {
    requireShape(what, matrix, matrix.rows(), cols);
    if (device.isCpu() || matrix.dtype() == type) {
      return;
    }
    if (matrix.dtype().bytes() == 1 || matrix.dtype().isInteger()) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          weight.name() + ": " + what + " must be of F32, BF16 or F16, got " + matrix);
    }
    type = matrix.dtype();
    typedBias = null;
    ones = null;
    scratch = null;
    release();
  }

  private void requireOutput(String what, DenseMatrix matrix, long rows, long cols) {
    requireShape(what, matrix, rows, cols);
    if (!device.isCpu() && matrix.dtype() != type) {
      throw new IllegalArgumentException(
          weight.name() + ": " + what + " must be of " + type + " as x is, got " + matrix);
    }
  }

  private void requireShape(String what, DenseMatrix matrix, long rows, long cols) {
    if (matrix.rows() != rows || matrix.cols() != cols) {
      throw new IllegalArgumentException(
          weight.name() + ": " + what + " must be " + rows + " x " + cols + ", got " + matrix);
    }
    if (matrix.device() != device) {
      throw new IllegalArgumentException(
          weight.name() + ": " + what + " must be on " + device + ", got " + matrix);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(weight.name() + ": the layer is closed");
    }
  }
}
