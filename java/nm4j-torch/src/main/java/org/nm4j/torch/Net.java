/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.nm4j.DType;
import org.nm4j.Execution;
import org.nm4j.Pattern;
import org.nm4j.Workload;

/**
 * A network whose linear layers and convolutions can be compressed in place. To PyTorch it is a
 * module like any other; its layers are PyTorch's until {@link #compress} replaces those that obey
 * a pattern.
 *
 * <pre>{@code
 * class Mlp extends Net {
 *   private final Linear fc1 = linear("fc1", 64, 128);
 *   private final Linear fc2 = linear("fc2", 128, 10);
 *
 *   Tensor forward(Tensor x) {
 *     return fc2.forward(fc1.forward(x, Activation.RELU));
 *   }
 * }
 *
 * Mlp net = new Mlp();
 * Sparsifier.attach(net, Recipe.paper()).finish();   // prunes fc1; train before you finish
 * net.eval();
 * net.compress(Pattern.P2_4, DType.F32);             // fc1's dense weights are gone
 * try (NoGradGuard guard = new NoGradGuard()) {
 *   Tensor y = net.forward(torch.randn(8, 64));
 * }
 * net.decompress();
 * }</pre>
 */
public abstract class Net extends Module {
  private final List<Layer> layers = new ArrayList<>();
  private Net parent;
  private String nameInParent;

  /** A network without layers. */
  protected Net() {}

  /**
   * Adds a linear layer.
   *
   * @param name its name in the module
   * @param in input features
   * @param out output features
   * @return the layer
   */
  protected final Linear linear(String name, long in, long out) {
    return linear(name, new LinearImpl(in, out));
  }

  /**
   * Adds a linear layer of your own making.
   *
   * @param name its name in the module
   * @param dense PyTorch's layer
   * @return the layer
   */
  protected final Linear linear(String name, LinearImpl dense) {
    return add(new Linear(this, name, register_module(name, dense)));
  }

  /**
   * Adds a convolution.
   *
   * @param name its name in the module
   * @param spec its sizes
   * @return the layer
   */
  protected final Conv2d conv2d(String name, ConvSpec spec) {
    return add(new Conv2d(this, name, spec, register_module(name, spec.dense()), null));
  }

  /**
   * Adds a convolution followed by batch normalisation.
   *
   * @param name its name in the module; that of the normalisation is {@code NAME_norm}
   * @param spec its sizes; the convolution itself gets no bias
   * @return the layer
   */
  protected final Conv2d normalized(String name, ConvSpec spec) {
    ConvSpec plain = spec.withoutBias();
    BatchNorm2dImpl norm = new BatchNorm2dImpl(new BatchNormOptions(spec.out()));
    return add(
        new Conv2d(
            this,
            name,
            plain,
            register_module(name, plain.dense()),
            register_module(name + "_norm", norm)));
  }

  /**
   * Adds a net within this one. One that is added again, under another name, computes with the same
   * layers.
   *
   * @param name its name in the module
   * @param child the net, complete
   * @param <N> its class
   * @return the child
   */
  protected final <N extends Net> N net(String name, N child) {
    register_module(name, child);
    ((Net) child).within(this, name);
    for (Layer layer : ((Net) child).layers) {
      if (!layers.contains(layer)) {
        layers.add(layer);
      }
    }
    return child;
  }

  private void within(Net outer, String name) {
    if (parent == null) {
      parent = outer;
      nameInParent = name;
    }
  }

  /** The name of a layer of this net, with the names of the nets around. */
  final String path(String name) {
    return parent == null ? name : parent.path(nameInParent + "." + name);
  }

  private <L extends Layer> L add(L layer) {
    layers.add(layer);
    return layer;
  }

  /**
   * All layers that could be compressed, those of nets within this one included.
   *
   * @return the layers, in the order in which they were added
   */
  public final List<Layer> layers() {
    return List.copyOf(layers);
  }

  /**
   * Replaces every layer whose weights obey a pattern by nm4j's, and releases the dense weights.
   * Others stay dense, and the result says why; so do layers whose weight something else computes
   * with, too. Finish or detach a {@link Sparsifier} first, and put the network into evaluation.
   * Compressed layers compute no gradients.
   *
   * <p>Linear layers are packed for batches of any size, which holds their weights twice. In F32
   * that takes more memory than before: a 2:4 layer 4.6 bytes for each dense weight of 4 bytes.
   * Where the size of batches is known, {@link #compress(Pattern, DType, Workload)} takes less.
   *
   * @param pattern what the weights have to obey
   * @param dtype how to store weights: F32; BF16, rounded to nearest; S8, integers with a scale for
   *     each output feature or channel. Activations are fp32 with all of them.
   * @return what became of each layer
   * @throws IllegalStateException as {@link #compress(Pattern, DType, Workload)}
   * @throws IllegalArgumentException as {@link #compress(Pattern, DType, Workload)}
   */
  public final List<CompressedLayer> compress(Pattern pattern, DType dtype) {
    return compress(pattern, dtype, Workload.ANY_BATCH);
  }

  /**
   * The same for batches of known size, for which linear layers hold their weights once.
   *
   * @param pattern what the weights have to obey
   * @param dtype how to store weights: F32; BF16, rounded to nearest; S8, integers with a scale for
   *     each output feature or channel. Activations are fp32 with all of them.
   * @param workload how many rows of activations linear layers are for
   * @return what became of each layer
   * @throws IllegalStateException when a layer is compressed already, or normalisation would be
   *     folded while in training
   * @throws IllegalArgumentException when a weight is not contiguous float32 on the CPU (move a
   *     network there from a GPU before), or cannot be stored as that type; layers before it are
   *     compressed then
   */
  public final List<CompressedLayer> compress(Pattern pattern, DType dtype, Workload workload) {
    Objects.requireNonNull(pattern, "pattern");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(workload, "workload");
    if (is_training()) {
      throw new IllegalStateException("expected a network in evaluation, call eval() first");
    }
    for (Layer layer : layers) {
      if (layer.isCompressed()) {
        throw new IllegalStateException(layer.name() + ": compressed already");
      }
    }
    SharedWeights shared = SharedWeights.of(this);
    List<CompressedLayer> compressed = new ArrayList<>();
    for (Layer layer : layers) {
      compressed.add(
          shared.has(layer)
              ? layer.staysDense("shares its weight")
              : layer.compress(pattern, dtype, workload));
    }
    return compressed;
  }

  /** Makes PyTorch's layers of all compressed ones again, with the weights as they were stored. */
  public final void decompress() {
    for (Layer layer : layers) {
      if (layer.isCompressed()) {
        layer.decompress();
      }
    }
  }

  /**
   * Sets where compressed layers compute, the calling thread to begin with.
   *
   * @param execution the execution
   */
  public final void execution(Execution execution) {
    Objects.requireNonNull(execution, "execution");
    layers.forEach(layer -> layer.execution(execution));
  }
}
