/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Activation;
import org.nm4j.Compliance;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.SparseMatrix;
import org.nm4j.Workload;

/** A linear layer of a {@link Net}; made by {@link Net#linear}. */
public final class Linear extends Layer {
  private final LinearImpl dense;
  private final long in;
  private final long out;
  private SparseMatrix sparse;
  private DenseMatrix bias;

  Linear(String name, LinearImpl dense) {
    super(name);
    this.dense = dense;
    this.in = dense.weight().size(1);
    this.out = dense.weight().size(0);
  }

  /**
   * PyTorch's layer behind this one.
   *
   * @return registered in the network; while compressed its weight is empty
   */
  public LinearImpl dense() {
    return dense;
  }

  @Override
  public Tensor forward(Tensor x, Activation activation, Tensor residual) {
    if (sparse == null) {
      return finish(dense.forward(x), activation, residual);
    }
    Tensor plain = checked(x);
    long[] shape = Tensors.shape(plain);
    if (shape.length == 0 || shape[shape.length - 1] != in) {
      throw wrongShape("[.., " + in + "]", x);
    }
    long rows = plain.numel() / in;
    shape[shape.length - 1] = out;
    Tensor y = torch.empty(shape);
    Tensor added = residual == null ? null : checked(residual);
    sparse.linear(
        Tensors.view(plain, rows, in),
        Tensors.view(y, rows, out),
        epilogue(bias, activation, added, y, rows, out),
        execution());
    Reference.reachabilityFence(plain);
    Reference.reachabilityFence(added);
    return y;
  }

  @Override
  public boolean isCompressed() {
    return sparse != null;
  }

  @Override
  CompressedLayer compress(Pattern pattern, DType dtype, Workload workload) {
    Tensor weight = dense.weight();
    Tensors.requirePlainFloat(name() + ".weight", weight);
    long bytes = Tensors.bytes(weight);
    DenseMatrix w = Tensors.view(weight, out, in);
    Compliance compliance = Compliance.of(w, pattern);
    if (!compliance.ok()) {
      return new CompressedLayer(name(), null, bytes, bytes, "not " + pattern);
    }
    try (SparseMatrix.Builder builder = SparseMatrix.builder(out, in, pattern)) {
      sparse = builder.dtype(dtype).workload(workload).put(0, w, Mask.nonZeros(w, pattern)).build();
    }
    Tensor b = dense.bias();
    bias =
        b.defined()
            ? DenseMatrix.copyOf(Tensors.view(b.contiguous(), 1, out).toArray(), 1, out)
            : null;
    Tensors.empty(weight);
    return new CompressedLayer(name(), dtype, bytes, sparse.bytes(), "");
  }

  @Override
  void decompress() {
    Tensor weight = torch.empty(out, in);
    sparse.decompress(0, Tensors.view(weight, out, in));
    dense.weight().set_data(weight);
    sparse.close();
    sparse = null;
    bias = null;
  }
}
