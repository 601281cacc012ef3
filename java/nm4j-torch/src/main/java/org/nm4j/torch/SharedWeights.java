/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.SharedModuleVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/** Weights that more than one layer or module computes with: none of them can give them up. */
final class SharedWeights {
  private final Map<Long, Set<Long>> modules = new HashMap<>(); // of each parameter
  private final Map<Long, Set<Layer>> layers = new HashMap<>();

  private SharedWeights() {}

  static SharedWeights of(Net net) {
    SharedWeights weights = new SharedWeights();
    try (PointerScope scope = new PointerScope()) {
      SharedModuleVector modules = net.modules();
      for (long i = 0; i < modules.size(); i++) {
        weights.add(modules.get(i));
      }
      net.layers().forEach(weights::add);
    }
    return weights;
  }

  boolean has(Layer layer) {
    long id = Tensors.id(layer.weight());
    return modules.getOrDefault(id, Set.of()).size() > 1 || layers.get(id).size() > 1;
  }

  /** A module that was added twice has the same address both times. */
  private void add(Module module) {
    TensorVector own = module.parameters(false);
    for (long i = 0; i < own.size(); i++) {
      add(modules, own.get(i), module.address());
    }
    // A weight that was replaced by another module's is not among the parameters.
    if (module.asLinear() != null) {
      add(modules, module.asLinear().weight(), module.address());
    } else if (module.asConv2d() != null) {
      add(modules, module.asConv2d().weight(), module.address());
    } else if (module.asEmbedding() != null) {
      add(modules, module.asEmbedding().weight(), module.address());
    }
  }

  private void add(Layer layer) {
    add(layers, layer.weight(), layer);
  }

  private static <T> void add(Map<Long, Set<T>> users, Tensor weight, T user) {
    users.computeIfAbsent(Tensors.id(weight), id -> new HashSet<>()).add(user);
  }
}
