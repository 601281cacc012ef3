/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.Execution;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

/** Steps by nm4j's optimisers, for the parameters that stay dense as well. */
final class FusedWeights {
  /**
   * A parameter without mask.
   *
   * @param tensor the module's own
   * @param master the same memory, or float32 master weights of a bfloat16 parameter
   */
  private record Dense(Tensor tensor, Tensor master, MaskedParameter parameter) {
    static Dense of(NetWeights.Entry entry) {
      Tensor tensor = entry.tensor();
      Tensors.requireTrainable(entry.name(), tensor);
      boolean bf16 = Tensors.isBf16(tensor);
      Tensor own = tensor.detach();
      Tensor master = Tensors.keep(bf16 ? Tensors.asFloat(own) : own);
      Tensors.device(master).synchronize(); // building waits for no stream of PyTorch's
      MaskedParameter.Builder builder = MaskedParameter.builder(entry.name(), view(master));
      if (bf16) {
        builder.maskedBf16(Tensors.viewBf16(tensor, rows(tensor), tensor.numel() / rows(tensor)));
      }
      return new Dense(tensor, master, builder.build());
    }

    /** Takes over what another optimiser has made of the network's bfloat16 copy. */
    void adopt() {
      if (Tensors.isBf16(tensor)) {
        Tensor own = tensor.detach();
        Tensor same = master.to(own.scalar_type()).eq(own);
        master.copy_(torch.where(same, master, Tensors.asFloat(own)));
      }
    }

    boolean hasGradient() {
      return tensor.grad().defined();
    }

    void step(Optimizer optimizer, Execution execution) {
      Tensor grad = Tensors.asFloat(tensor.grad());
      parameter.step(view(grad), optimizer, MaskRule.ste(), execution);
      Reference.reachabilityFence(grad);
    }

    private static long rows(Tensor tensor) {
      return tensor.dim() == 0 ? 1 : tensor.size(0);
    }

    private static DenseMatrix view(Tensor tensor) {
      return Tensors.view(tensor, rows(tensor), tensor.numel() / rows(tensor));
    }
  }

  private final Device device;
  private final List<NetWeights.Entry> entries = new ArrayList<>();
  private final Map<String, Dense> made = new LinkedHashMap<>();

  FusedWeights(List<NetWeights.Entry> all, Map<String, SparseWeight> sparse, Device device) {
    this.device = device;
    for (NetWeights.Entry entry : all) {
      if (!sparse.containsKey(entry.name()) && entry.tensor().requires_grad()) {
        entries.add(entry);
      }
    }
  }

  /** The dense parameters, made when they are first needed: all of them, or none and an error. */
  private Map<String, Dense> dense() {
    if (made.isEmpty()) {
      for (NetWeights.Entry entry : entries) {
        Tensors.requireTrainable(entry.name(), entry.tensor());
        requireOnDevice(entry);
      }
      entries.forEach(entry -> made.put(entry.name(), Dense.of(entry)));
    }
    return made;
  }

  private void requireOnDevice(NetWeights.Entry entry) {
    if (Tensors.device(entry.tensor()) != device) {
      throw new IllegalArgumentException(
          entry.name()
              + ": expected "
              + device
              + ", where the sparse layers are, got "
              + Tensors.describe(entry.tensor()));
    }
  }

  /** Of all dense parameters, made or not. */
  List<String> names() {
    return entries.stream().map(NetWeights.Entry::name).toList();
  }

  Map<String, MaskedParameter> parameters() {
    Map<String, MaskedParameter> parameters = new LinkedHashMap<>();
    dense().forEach((name, weight) -> parameters.put(name, weight.parameter()));
    return parameters;
  }

  Map<String, Tensor> masters() {
    Map<String, Tensor> masters = new LinkedHashMap<>();
    dense().forEach((name, weight) -> masters.put(name, weight.master()));
    return masters;
  }

  boolean inUse() {
    return !made.isEmpty();
  }

  void requireFinite() {
    dense()
        .forEach(
            (name, weight) -> {
              if (weight.hasGradient()) {
                requireFinite(name, weight.tensor().grad());
              }
            });
  }

  static void requireFinite(String name, Tensor grad) {
    if (!grad.isfinite().all().item_bool()) {
      throw new IllegalArgumentException(
          name + ": the gradient is not finite; skip this step, and zero the gradients");
    }
  }

  long step(SparseWeight weight, Optimizer optimizer, MaskRule rule, Execution execution) {
    if (!weight.hasGradient()) { // its masks follow the recipe all the same
      return weight.parameter().adopt(rule, execution);
    }
    Tensor grad = Tensors.asFloat(weight.tensor().grad());
    long flips = weight.parameter().step(weight.view(grad), optimizer, rule, execution);
    Reference.reachabilityFence(grad);
    return flips;
  }

  void stepDense(Optimizer optimizer, Execution execution) {
    for (Dense weight : dense().values()) {
      if (weight.hasGradient()) {
        weight.step(optimizer, execution);
      }
    }
  }

  /** Another optimiser has stepped. */
  void adopt() {
    made.values().forEach(Dense::adopt);
  }

  void release() {
    made.values().forEach(weight -> weight.master().releaseReference());
    made.clear();
  }
}
