/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.nm4j.Compliance;
import org.nm4j.CompressedMatrix;
import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.train.LayerWeight;

/** Looks at what a network computes with, not at the masks that should have made it. */
final class Verifier {
  private Verifier() {}

  static LayerReport report(NetWeights.Entry entry, SparseWeight weight, String reason) {
    Tensor tensor = entry.tensor();
    String shape =
        Arrays.stream(Tensors.shape(tensor))
            .mapToObj(Long::toString)
            .collect(Collectors.joining(" x "));
    double share =
        tensor.numel() == 0
            ? 0
            : (double) tensor.count_nonzero().item_long() / Math.max(1, tensor.numel());
    if (weight == null) {
      return new LayerReport(entry.name(), shape, null, reason, 0, share, 0);
    }
    Pattern pattern = weight.parameter().pattern();
    long breaches =
        pattern == null ? 0 : Compliance.of(grouped(weight, tensor), pattern).breaches();
    return new LayerReport(
        entry.name(),
        shape,
        pattern,
        pattern == null ? "in a dense phase" : "",
        breaches,
        share,
        weight.parameter().flips());
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
        Tensors.asFloat(tensor.detach().reshape(layer.outputs(), inputs, kernel).transpose(1, 2));
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
