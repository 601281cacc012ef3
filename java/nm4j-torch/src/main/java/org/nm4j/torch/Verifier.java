/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.nm4j.CompressedMatrix;
import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.SkipReason;
import org.nm4j.train.SparsityReport;

/** Looks at what a network computes with, not at the masks that should have made it. */
final class Verifier {
  private Verifier() {}

  /** What a parameter should be now, with what the training knows of it. */
  static LayerChoice now(LayerChoice choice, SparseWeight weight, String note) {
    LayerWeight layer = choice.weight();
    if (!note.isEmpty()) {
      return new LayerChoice(layer, null, null, SkipReason.UNSUITABLE, note);
    }
    if (weight == null) {
      return choice;
    }
    Pattern pattern = weight.parameter().pattern();
    return pattern == null
        ? new LayerChoice(layer, null, null, SkipReason.DENSE_PHASE, "in a dense phase")
        : new LayerChoice(layer, pattern, choice.grouping(), null, "");
  }

  /** The values of a parameter of any type, as the report wants them. */
  static void add(SparsityReport.Builder report, LayerWeight weight, Tensor tensor) {
    if (tensor.numel() == 0) {
      report.add(weight, DenseMatrix.allocate(weight.outputs(), weight.cols()));
      return;
    }
    Tensor plain = Tensors.asFloat(Tensors.onHost(tensor.detach()));
    report.add(weight, Tensors.view(plain, weight.outputs(), weight.cols()));
    Reference.reachabilityFence(plain);
  }

  /** Weights whose groups are neighbours: as they lie, or in OHWI order. */
  static DenseMatrix grouped(SparseWeight weight, Tensor tensor) {
    LayerWeight layer = weight.choice().weight();
    boolean neighbours = weight.choice().grouping().stride() == 1;
    if (neighbours && Tensors.isPlainFloat(tensor)) {
      return weight.view(tensor);
    }
    long kernel = neighbours ? 1 : (long) layer.kernelH() * layer.kernelW();
    long inputs = layer.cols() / kernel;
    Tensor ohwi =
        Tensors.asFloat(
            Tensors.onHost(tensor.detach())
                .reshape(layer.outputs(), inputs, kernel)
                .transpose(1, 2));
    DenseMatrix shared = Tensors.view(ohwi, layer.outputs() * kernel, inputs);
    DenseMatrix copy = DenseMatrix.copyOf(shared.toArray(), shared.rows(), shared.cols());
    Reference.reachabilityFence(ohwi);
    return copy;
  }

  static CompressedMatrix compress(SparseWeight weight) {
    Pattern pattern = weight.parameter().pattern();
    if (pattern == null) {
      throw new IllegalStateException(weight.name() + ": in a dense phase, there is no pattern");
    }
    DenseMatrix w = grouped(weight, weight.masked());
    return CompressedMatrix.compress(w, Mask.nonZeros(w, pattern), pattern);
  }
}
