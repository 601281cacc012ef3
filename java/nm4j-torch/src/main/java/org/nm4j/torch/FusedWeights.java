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
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;

/** Steps by nm4j's optimisers, for the parameters that stay dense as well. */
final class FusedWeights {
  private final List<NetWeights.Entry> dense = new ArrayList<>();
  private final Map<String, MaskedParameter> parameters = new LinkedHashMap<>();

  FusedWeights(List<NetWeights.Entry> entries, Map<String, SparseWeight> sparse) {
    for (NetWeights.Entry entry : entries) {
      if (!sparse.containsKey(entry.name()) && entry.tensor().requires_grad()) {
        dense.add(entry);
      }
    }
  }

  /** The dense parameters, made when they are first needed. */
  Map<String, MaskedParameter> parameters() {
    if (parameters.isEmpty()) {
      for (NetWeights.Entry entry : dense) {
        Tensors.requirePlainFloat(entry.name(), entry.tensor());
        DenseMatrix w = view(entry.tensor());
        parameters.put(entry.name(), MaskedParameter.builder(entry.name(), w).build());
      }
    }
    return parameters;
  }

  boolean inUse() {
    return !parameters.isEmpty();
  }

  void requireFinite() {
    for (NetWeights.Entry entry : dense) {
      if (entry.tensor().grad().defined()) {
        requireFinite(entry.name(), entry.tensor().grad());
      }
    }
  }

  static void requireFinite(String name, Tensor grad) {
    if (!grad.isfinite().all().item_bool()) {
      throw new IllegalArgumentException(
          name + ": the gradient is not finite; skip this step, and zero the gradients");
    }
  }

  long step(SparseWeight weight, Optimizer optimizer, MaskRule rule, Execution execution) {
    if (!weight.hasGradient()) {
      return 0;
    }
    Tensor grad = gradient(weight.name(), weight.tensor());
    long flips = weight.parameter().step(weight.view(grad), optimizer, rule, execution);
    Reference.reachabilityFence(grad);
    return flips;
  }

  void stepDense(Optimizer optimizer, Execution execution) {
    Map<String, MaskedParameter> made = parameters();
    for (NetWeights.Entry entry : dense) {
      if (entry.tensor().grad().defined()) {
        Tensor grad = gradient(entry.name(), entry.tensor());
        made.get(entry.name()).step(view(grad), optimizer, MaskRule.ste(), execution);
        Reference.reachabilityFence(grad);
      }
    }
  }

  private static Tensor gradient(String name, Tensor tensor) {
    Tensor grad = tensor.grad().contiguous();
    Tensors.requirePlainFloat(name + ": gradient", grad);
    return grad;
  }

  private static DenseMatrix view(Tensor tensor) {
    long rows = tensor.dim() == 0 ? 1 : tensor.size(0);
    return Tensors.view(tensor, rows, tensor.numel() / rows);
  }
}
