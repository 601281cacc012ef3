/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.Objects;

/**
 * A weight of a network, as a {@link Recipe} looks at it: its name and shape, not its values.
 *
 * <pre>{@code
 * LayerWeight fc = LayerWeight.linear("fc.weight", 1000, 512);
 * LayerWeight conv = LayerWeight.conv2d("conv.weight", 64, 32, 3, 3);
 * LayerWeight depthwise = LayerWeight.conv2d("dw.weight", 64, 1, 3, 3).groups(64);
 * LayerWeight norm = LayerWeight.other("norm.weight", 64);
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param name its name in the network, not empty
 * @param kind what it belongs to
 * @param outputs output features or channels, at least 1
 * @param inputs input features, or input channels of one group of a convolution, at least 1: what
 *     the weight has in its second dimension
 * @param kernelH height of a convolution's kernel, else 1
 * @param kernelW width of a convolution's kernel, else 1
 * @param groups into how many groups a convolution divides its channels, else 1; it divides the
 *     outputs
 */
public record LayerWeight(
    String name, Kind kind, long outputs, long inputs, int kernelH, int kernelW, long groups) {

  /** What a weight belongs to. */
  public enum Kind {
    /** A linear layer: outputs x inputs. */
    LINEAR,
    /** A 2-D convolution in PyTorch's order: outputs x inputs of a group x height x width. */
    CONV2D,
    /** Anything else: never made sparse. */
    OTHER
  }

  /**
   * Checks the sizes.
   *
   * @param name its name
   * @param kind what it belongs to
   * @param outputs output features or channels
   * @param inputs input features or channels of a group
   * @param kernelH height of the kernel
   * @param kernelW width of the kernel
   * @param groups groups of channels
   * @throws IllegalArgumentException when the name is empty, a size is less than 1, the weights are
   *     more than 2<sup>63</sup> - 1, groups do not divide the outputs, or what is no convolution
   *     has a kernel or groups
   */
  public LayerWeight {
    if (Objects.requireNonNull(name, "name").isEmpty()) {
      throw new IllegalArgumentException("name must not be empty");
    }
    Objects.requireNonNull(kind, "kind");
    String shape = outputs + " x " + inputs + " x " + kernelH + " x " + kernelW;
    if (outputs < 1 || inputs < 1 || kernelH < 1 || kernelW < 1) {
      throw new IllegalArgumentException(name + ": sizes must be at least 1, got " + shape);
    }
    if (groups < 1 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          name + ": groups must divide the " + outputs + " outputs, got " + groups);
    }
    if (kind != Kind.CONV2D && (kernelH != 1 || kernelW != 1 || groups != 1)) {
      throw new IllegalArgumentException(
          name
              + ": only convolutions have kernels and groups, got "
              + kind
              + " of "
              + shape
              + " in "
              + groups);
    }
    try {
      Math.multiplyExact(Math.multiplyExact(outputs, inputs), (long) kernelH * kernelW);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(name + ": too many weights, got " + shape, e);
    }
  }

  /**
   * The weight of a linear layer.
   *
   * @param name its name
   * @param outputs output features
   * @param inputs input features
   * @return the weight
   * @throws IllegalArgumentException as the constructor
   */
  public static LayerWeight linear(String name, long outputs, long inputs) {
    return new LayerWeight(name, Kind.LINEAR, outputs, inputs, 1, 1, 1);
  }

  /**
   * The weight of a 2-D convolution of one group.
   *
   * @param name its name
   * @param outputs output channels
   * @param inputs input channels of one group: all of them when there is one group, 1 when the
   *     convolution is depthwise
   * @param kernelH height of the kernel
   * @param kernelW width of the kernel
   * @return the weight
   * @throws IllegalArgumentException as the constructor
   */
  public static LayerWeight conv2d(
      String name, long outputs, long inputs, int kernelH, int kernelW) {
    return new LayerWeight(name, Kind.CONV2D, outputs, inputs, kernelH, kernelW, 1);
  }

  /**
   * Divides the channels of a convolution.
   *
   * @param value groups of channels, as many as outputs and one input each when it is depthwise
   * @return a changed copy
   * @throws IllegalArgumentException as the constructor
   */
  public LayerWeight groups(long value) {
    return new LayerWeight(name, kind, outputs, inputs, kernelH, kernelW, value);
  }

  /**
   * Any other weight: an embedding, a norm, a bias.
   *
   * @param name its name
   * @param weights how many
   * @return the weight
   * @throws IllegalArgumentException as the constructor
   */
  public static LayerWeight other(String name, long weights) {
    return new LayerWeight(name, Kind.OTHER, weights, 1, 1, 1, 1);
  }

  /**
   * How many weights there are.
   *
   * @return the product of all sizes
   */
  public long weights() {
    return outputs * cols();
  }

  /**
   * How many weights one output has: the columns of the weights as a matrix.
   *
   * @return inputs * kernelH * kernelW
   */
  public long cols() {
    return inputs * kernelH * kernelW;
  }
}
