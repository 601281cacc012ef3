/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.DenseMatrix;
import org.nm4j.Execution;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Recipe;

/**
 * A weight of the network with its two memories: the dense master, and the masked copy, which the
 * network computes with. The parameter tensor points to one or the other; optimisers and autograd
 * know it by its identity, which stays.
 *
 * <p>The memory that the parameter had is the master's, unless it is bfloat16: then the master is
 * float32 of its own, and the masked copy takes that memory. In a step such a parameter is float32,
 * and so is its gradient, so that an optimiser's moments are, too.
 *
 * <p>All of it is on the device where the parameter was.
 */
final class SparseWeight {
  private final LayerChoice choice;
  private final Tensor tensor;
  private final boolean bf16;
  private final Tensor master;
  private final Tensor masked;
  private final MaskedParameter parameter;
  private Tensor corrected; // in a step: the gradient of a bfloat16 weight, for its master
  private Tensor original; // the one that it stands for, while the parameter has the master

  SparseWeight(LayerChoice choice, Tensor tensor, Recipe recipe, long steps) {
    Tensors.requireTrainable(choice.weight().name(), tensor);
    this.choice = choice;
    this.tensor = tensor;
    this.bf16 = Tensors.isBf16(tensor);
    Tensor own = tensor.detach();
    this.master = Tensors.keep(bf16 ? Tensors.asFloat(own) : own);
    this.masked = Tensors.keep(bf16 ? own : Place.current().copy(own, ScalarType.Float));
    Tensors.device(master).synchronize(); // the first mask waits for no stream of PyTorch's
    MaskedParameter.Builder builder = recipe.parameter(choice, view(master), steps);
    LayerWeight weight = choice.weight();
    this.parameter =
        (bf16
                ? builder.maskedBf16(Tensors.viewBf16(masked, weight.outputs(), weight.cols()))
                : builder.masked(view(masked)))
            .build();
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

  /** Views a float32 tensor of this weight's shape as outputs x (all else). */
  DenseMatrix view(Tensor like) {
    return Tensors.view(like, choice.weight().outputs(), choice.weight().cols());
  }

  boolean hasGradient() {
    return tensor.grad().defined();
  }

  /** Changes the gradient; if it is bfloat16, a copy of it that the master will have. */
  void correctGradient(MaskRule rule, Execution execution) {
    Tensor grad = tensor.grad();
    Tensor plain = Tensors.asFloat(grad);
    parameter.correctGradient(view(plain), rule, execution);
    if (bf16) {
      corrected = plain;
    } else if (!grad.is_contiguous()) {
      grad.copy_(plain);
    }
    Reference.reachabilityFence(plain);
  }

  void useMaster() {
    tensor.set_data(master);
    if (corrected != null) {
      original = new Tensor(tensor.grad()); // what grad() returns changes with the parameter
      tensor.mutable_grad().put(corrected);
    }
  }

  /** Also when the step broke off before it had the master. */
  void useMasked() {
    tensor.set_data(masked);
    if (original != null) {
      tensor.mutable_grad().put(original);
    }
    corrected = null;
    original = null;
  }

  /** The dense weights become the parameter's own. */
  void restore() {
    if (bf16) {
      masked.copy_(master);
    } else {
      tensor.set_data(master);
    }
  }

  /** The sparse weights become the parameter's own. */
  void bake() {
    if (!bf16) {
      master.copy_(masked);
      tensor.set_data(master);
    }
  }

  void release() {
    master.releaseReference();
    masked.releaseReference();
  }
}
