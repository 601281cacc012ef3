/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Conv1dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.SharedModuleVector;
import org.bytedeco.pytorch.StringSharedModuleDict;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.nm4j.Device;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.LayerWeight;

/** The parameters of a module, each once, and what a recipe has to know about them. */
final class NetWeights {
  /**
   * A parameter.
   *
   * @param weight as a recipe looks at it
   * @param tensor the module's own
   * @param note why no pattern suits it whatever the recipe, or empty
   */
  record Entry(LayerWeight weight, Tensor tensor, String note) {
    String name() {
      return weight.name();
    }
  }

  private NetWeights() {}

  static List<Entry> of(Module module) {
    Map<String, LayerWeight> layers = layers(module);
    List<Entry> entries = new ArrayList<>();
    Map<Long, Integer> seen = new HashMap<>();
    StringTensorDict parameters = module.named_parameters();
    StringVector names = parameters.keys();
    TensorVector tensors = parameters.values();
    for (long i = 0; i < tensors.size(); i++) {
      String name = Tensors.string(names, i);
      Tensor tensor = Tensors.keep(new Tensor(tensors.get(i))); // not into the vector
      LayerWeight layer = layers.get(name);
      Integer before = seen.putIfAbsent(Tensors.id(tensor), entries.size());
      if (before == null) {
        entries.add(entry(name, tensor, layer));
      } else {
        entries.set(before, shared(entries.get(before), name, layer));
      }
    }
    return entries;
  }

  /**
   * Where all weights are that a recipe has chosen.
   *
   * @throws IllegalArgumentException when one of them cannot be trained, or they are on several
   *     devices
   */
  static Device device(List<LayerChoice> choices, List<Entry> entries) {
    Entry first = null;
    for (int i = 0; i < choices.size(); i++) {
      if (!choices.get(i).isSparse()) {
        continue;
      }
      Entry entry = entries.get(i);
      Tensors.requireTrainable(entry.name(), entry.tensor());
      if (first == null) {
        first = entry;
      }
      Device expected = Tensors.device(first.tensor());
      Device device = Tensors.device(entry.tensor());
      if (device != expected) {
        throw new IllegalArgumentException(
            "expected all sparse layers on one device, got "
                + first.name()
                + " on "
                + expected
                + " and "
                + entry.name()
                + " on "
                + device);
      }
    }
    return first == null ? Device.cpu() : Tensors.device(first.tensor());
  }

  private static Entry entry(String name, Tensor tensor, LayerWeight layer) {
    if (layer == null) {
      return new Entry(LayerWeight.other(name, Math.max(1, tensor.numel())), tensor, "");
    }
    return tensor.requires_grad()
        ? new Entry(layer, tensor, "")
        : new Entry(other(layer), tensor, "frozen: it requires no gradient");
  }

  /** Two layers may share a weight; a layer and something that is none cannot. */
  private static Entry shared(Entry first, String name, LayerWeight second) {
    boolean layer = first.weight().kind() != LayerWeight.Kind.OTHER;
    if (layer == (second != null) || !first.note().isEmpty()) {
      return first;
    }
    String note =
        layer
            ? "shared with " + name + ", which is no such layer"
            : "no such layer, and shared with one, " + name;
    return new Entry(other(first.weight()), first.tensor(), note);
  }

  private static LayerWeight other(LayerWeight weight) {
    return LayerWeight.other(weight.name(), weight.weights());
  }

  private static Map<String, LayerWeight> layers(Module module) {
    Map<String, LayerWeight> layers = new LinkedHashMap<>();
    StringSharedModuleDict modules = module.named_modules();
    StringVector names = modules.keys();
    SharedModuleVector values = modules.values();
    for (long i = 0; i < values.size(); i++) {
      String path = Tensors.string(names, i);
      String name = path.isEmpty() ? "weight" : path + ".weight";
      LayerWeight layer = layer(name, values.get(i));
      if (layer != null) {
        layers.put(name, layer);
      }
    }
    return layers;
  }

  private static LayerWeight layer(String name, Module module) {
    if (module.asLinear() != null) {
      Tensor weight = module.asLinear().weight();
      return LayerWeight.linear(name, weight.size(0), weight.size(1));
    }
    Conv2dImpl conv2d = module.asConv2d();
    if (conv2d != null) {
      return conv(name, conv2d.weight(), conv2d.options().groups().get());
    }
    Conv1dImpl conv1d = module.asConv1d();
    return conv1d == null ? null : conv(name, conv1d.weight(), conv1d.options().groups().get());
  }

  private static LayerWeight conv(String name, Tensor weight, long groups) {
    boolean flat = weight.dim() == 3;
    return LayerWeight.conv2d(
            name,
            weight.size(0),
            weight.size(1),
            flat ? 1 : (int) weight.size(2),
            (int) weight.size(flat ? 2 : 3))
        .groups(groups);
  }
}
