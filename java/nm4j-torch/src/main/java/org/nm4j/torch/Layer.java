/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Activation;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.ErrorCode;
import org.nm4j.Execution;
import org.nm4j.Nm4jException;
import org.nm4j.Pattern;
import org.nm4j.Workload;

/**
 * A layer of a {@link Net} that computes dense, by PyTorch, or compressed, by nm4j, with bias,
 * residual and activation in one pass.
 *
 * <p>Any number of threads may call {@code forward} at once, but not while the network is
 * compressed or decompressed.
 */
public abstract sealed class Layer permits Linear, Conv2d {
  /** What to do about weights on a GPU. */
  static final String MOVE = "move the network there first, by to(new Device(\"cpu\"), false)";

  private final Net net;
  private final String name; // in that net
  private Execution execution = Execution.caller();
  private DenseMatrix bias; // of the compressed layer, or null

  Layer(Net net, String name) {
    this.net = net;
    this.name = name;
  }

  /**
   * The layer's name in its network.
   *
   * @return the names of the nets around it and its own, with dots between; of a net that was added
   *     more than once, the first one
   */
  public final String name() {
    return net.path(name);
  }

  final void execution(Execution value) {
    execution = value;
  }

  final Execution execution() {
    return execution;
  }

  /**
   * Computes the layer without activation.
   *
   * @param x its input
   * @return its output
   */
  public final Tensor forward(Tensor x) {
    return forward(x, Activation.IDENTITY, null);
  }

  /**
   * Computes the layer with its activation.
   *
   * @param x its input
   * @param activation the function applied last
   * @return its output
   */
  public final Tensor forward(Tensor x, Activation activation) {
    return forward(x, activation, null);
  }

  /**
   * Computes {@code activation(layer(x) + residual)}.
   *
   * @param x its input, float32 on the CPU when compressed
   * @param activation the function applied last
   * @param residual of the output's shape, or null
   * @return its output
   * @throws IllegalStateException when the layer is compressed and a gradient is asked for
   * @throws IllegalArgumentException when it is compressed and the input's shape or type is wrong
   */
  public final Tensor forward(Tensor x, Activation activation, Tensor residual) {
    if (!isCompressed()) {
      return finish(forwardDense(x), activation, residual);
    }
    Tensor plain = checked(x);
    Tensor y = output(plain);
    Tensor added = residual == null ? null : checked(residual);
    Epilogue epilogue = Epilogue.NONE.activation(activation);
    if (bias != null) {
      epilogue = epilogue.bias(bias);
    }
    if (added != null) {
      epilogue = epilogue.add(1, like(y, added));
    }
    forwardSparse(plain, y, epilogue);
    Reference.reachabilityFence(plain);
    Reference.reachabilityFence(added);
    return y;
  }

  /** The dense weight, empty while compressed. */
  abstract Tensor weight();

  final CompressedLayer staysDense(String reason) {
    long bytes = Tensors.bytes(weight());
    return new CompressedLayer(name(), null, bytes, bytes, reason);
  }

  /** PyTorch's part, without activation. */
  abstract Tensor forwardDense(Tensor x);

  /** Memory for the output of an input; refuses one of the wrong shape. */
  abstract Tensor output(Tensor x);

  /** nm4j's part, on contiguous tensors. */
  abstract void forwardSparse(Tensor x, Tensor y, Epilogue epilogue);

  /** A contiguous output, or what has its shape, as the matrix that nm4j writes. */
  abstract DenseMatrix matrix(Tensor y);

  /**
   * Whether nm4j computes.
   *
   * @return true between compression and decompression
   */
  public abstract boolean isCompressed();

  /** Compresses if the weights obey the pattern, and says what came of it. */
  abstract CompressedLayer compress(Pattern pattern, DType dtype, Workload workload);

  abstract void decompress();

  /** Compressed layers have one of their own; null takes it away. */
  final void setBias(Tensor values) {
    if (values == null || !values.defined()) {
      bias = null;
      return;
    }
    Tensor plain = values.detach().contiguous();
    long count = plain.numel();
    bias = DenseMatrix.copyOf(Tensors.view(plain, 1, count).toArray(), 1, count);
    Reference.reachabilityFence(plain);
  }

  private static Tensor finish(Tensor y, Activation activation, Tensor residual) {
    Tensor sum = residual == null ? y : y.add(residual);
    return switch (activation) {
      case IDENTITY -> sum;
      case RELU -> torch.relu(sum);
      case GELU -> torch.gelu(sum);
      case GELU_TANH ->
          throw new Nm4jException(
              ErrorCode.UNSUPPORTED, "layers compute GELU exactly, not GELU_TANH");
    };
  }

  private Tensor checked(Tensor x) {
    if (x.requires_grad() && GradMode.is_enabled()) {
      throw new IllegalStateException(
          name() + ": compressed layers compute no gradients; decompress, or use a NoGradGuard");
    }
    Tensor plain = x.contiguous();
    Tensors.requirePlainFloat(name() + ": input", plain, "give it x.cpu()");
    return plain;
  }

  private DenseMatrix like(Tensor y, Tensor residual) {
    if (!Arrays.equals(Tensors.shape(residual), Tensors.shape(y))) {
      throw new IllegalArgumentException(
          name()
              + ": residual: expected "
              + Tensors.describe(y)
              + ", got "
              + Tensors.describe(residual));
    }
    return matrix(residual);
  }

  final IllegalArgumentException wrongShape(String expected, Tensor x) {
    return new IllegalArgumentException(
        name() + ": input: expected " + expected + ", got " + Tensors.describe(x));
  }
}
