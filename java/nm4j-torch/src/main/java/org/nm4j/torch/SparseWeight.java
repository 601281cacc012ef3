/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Recipe;

/**
 * A weight of the network with its two memories: the dense master, which is the memory that the
 * parameter had, and the masked copy, which the network computes with. The parameter tensor points
 * to one or the other; optimisers and autograd know it by its identity, which stays.
 */
final class SparseWeight {
  private final LayerChoice choice;
  private final Tensor tensor;
  private final Tensor master;
  private final Tensor masked;
  private final MaskedParameter parameter;

  SparseWeight(LayerChoice choice, Tensor tensor, Recipe recipe, long steps) {
    String name = choice.weight().name();
    Tensors.requirePlainFloat(name, tensor);
    this.choice = choice;
    this.tensor = tensor;
    this.master = Tensors.keep(tensor.detach());
    this.masked = Tensors.keep(master.clone());
    this.parameter = recipe.parameter(choice, view(master), steps).masked(view(masked)).build();
  }

  String name() {
    return choice.weight().name();
  }

  LayerChoice choice() {
    return choice;
  }

  MaskedParameter parameter() {
    return parameter;
  }

  Tensor tensor() {
    return tensor;
  }

  Tensor master() {
    return master;
  }

  Tensor masked() {
    return masked;
  }

  /** Views a tensor of this weight's shape as outputs x (all else). */
  DenseMatrix view(Tensor like) {
    return Tensors.view(like, choice.weight().outputs(), choice.weight().cols());
  }

  void useMaster() {
    tensor.set_data(master);
  }

  void useMasked() {
    tensor.set_data(masked);
  }

  boolean hasGradient() {
    return tensor.grad().defined();
  }

  /** The gradient's own memory, or that of a contiguous copy, which is written back. */
  void correctGradient(MaskRule rule, Execution execution) {
    Tensor grad = tensor.grad();
    Tensor plain = grad.contiguous();
    Tensors.requirePlainFloat(name() + ": gradient", plain);
    parameter.correctGradient(view(plain), rule, execution);
    if (!grad.is_contiguous()) {
      grad.copy_(plain);
    }
    Reference.reachabilityFence(plain);
  }

  /** The sparse weights become the parameter's own. */
  void bake() {
    master.copy_(masked);
    useMaster();
  }

  void release() {
    master.releaseReference();
    masked.releaseReference();
  }
}
