/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Compliance;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
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

  Linear(Net net, String name, LinearImpl dense) {
    super(net, name);
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
  Tensor weight() {
    return dense.weight();
  }

  @Override
  Tensor forwardDense(Tensor x) {
    return dense.forward(x);
  }

  @Override
  Tensor output(Tensor x) {
    long[] shape = Tensors.shape(x);
    if (shape.length == 0 || shape[shape.length - 1] != in) {
      throw wrongShape("[.., " + in + "]", x);
    }
    shape[shape.length - 1] = out;
    return torch.empty(shape);
  }

  @Override
  void forwardSparse(Tensor x, Tensor y, Epilogue epilogue) {
    DenseMatrix rows = Tensors.view(x, x.numel() / in, in);
    sparse.linear(rows, matrix(y), epilogue, execution());
  }

  @Override
  DenseMatrix matrix(Tensor y) {
    return Tensors.view(y, y.numel() / out, out);
  }

  @Override
  public boolean isCompressed() {
    return sparse != null;
  }

  @Override
  CompressedLayer compress(Pattern pattern, DType dtype, Workload workload) {
    Tensor weight = dense.weight();
    Tensors.requirePlainFloat(name() + ".weight", weight, MOVE);
    long bytes = Tensors.bytes(weight);
    DenseMatrix w = Tensors.view(weight, out, in);
    Compliance compliance = Compliance.of(w, pattern);
    if (!compliance.ok()) {
      return staysDense("not " + pattern);
    }
    try (SparseMatrix.Builder builder = SparseMatrix.builder(out, in, pattern)) {
      sparse = builder.dtype(dtype).workload(workload).put(0, w, Mask.nonZeros(w, pattern)).build();
    }
    setBias(dense.bias());
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
    setBias(null);
  }
}
