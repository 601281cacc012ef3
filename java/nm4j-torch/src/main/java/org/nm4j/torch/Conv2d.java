/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.lang.ref.Reference;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Compliance;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Epilogue;
import org.nm4j.Images;
import org.nm4j.Mask;
import org.nm4j.Pattern;
import org.nm4j.SparseConv2d;
import org.nm4j.Workload;

/**
 * A convolution of a {@link Net}, with or without batch normalisation; made by {@link Net#conv2d}
 * and {@link Net#normalized}. Compression folds the normalisation, as it is in evaluation, into
 * weights and bias, before weights are rounded to a smaller type.
 */
public final class Conv2d extends Layer {
  private final ConvSpec spec;
  private final Conv2dImpl dense;
  private final BatchNorm2dImpl norm;
  private SparseConv2d sparse;

  Conv2d(Net net, String name, ConvSpec spec, Conv2dImpl dense, BatchNorm2dImpl norm) {
    super(net, name);
    this.spec = spec;
    this.dense = dense;
    this.norm = norm;
  }

  /**
   * PyTorch's layer behind this one.
   *
   * @return registered in the network; while compressed its weight is empty
   */
  public Conv2dImpl dense() {
    return dense;
  }

  @Override
  Tensor weight() {
    return dense.weight();
  }

  @Override
  Tensor forwardDense(Tensor x) {
    Tensor y = dense.forward(x);
    return norm == null ? y : norm.forward(y);
  }

  @Override
  Tensor output(Tensor x) {
    if (x.dim() != 4 || x.size(1) != spec.in()) {
      throw wrongShape("[.., " + spec.in() + ", height, width]", x);
    }
    return torch.empty(x.size(0), spec.out(), sparse.outH(x.size(2)), sparse.outW(x.size(3)));
  }

  @Override
  void forwardSparse(Tensor x, Tensor y, Epilogue epilogue) {
    sparse.apply(images(x), images(y), epilogue, execution());
  }

  private Images images(Tensor tensor) {
    return Images.nchw(matrix(tensor), tensor.size(2), tensor.size(3));
  }

  /** An image a row. */
  @Override
  DenseMatrix matrix(Tensor images) {
    long image = images.size(1) * images.size(2) * images.size(3);
    return Tensors.view(images, images.size(0), image);
  }

  @Override
  public boolean isCompressed() {
    return sparse != null;
  }

  /** Convolutions are packed one way only, whatever the workload. */
  @Override
  CompressedLayer compress(Pattern pattern, DType dtype, Workload workload) {
    Tensor weight = dense.weight();
    Tensors.requirePlainFloat(name() + ".weight", weight, MOVE);
    long bytes = Tensors.bytes(weight);
    if (spec.in() <= pattern.n()) {
      return staysDense(spec.in() + " input channels, of which " + pattern + " drops none");
    }
    SparseConv2d.Builder builder =
        SparseConv2d.builder(spec.in(), spec.out(), spec.kernel(), spec.kernel())
            .stride(spec.stride(), spec.stride())
            .padding(spec.padding(), spec.padding())
            .dtype(dtype);
    Tensor folded = weight.detach().mul(scale().reshape(-1, 1, 1, 1)).contiguous();
    long cols = folded.numel() / spec.out();
    DenseMatrix w = builder.fromOihw(Tensors.view(folded, spec.out(), cols));
    if (!Compliance.of(w, pattern).ok()) {
      return staysDense("not " + pattern);
    }
    sparse = builder.pack(w, Mask.nonZeros(w, pattern), pattern);
    setBias(foldedBias());
    Reference.reachabilityFence(folded);
    Tensors.empty(weight);
    return new CompressedLayer(name(), dtype, bytes, sparse.bytes(), "");
  }

  /** By which normalisation multiplies each channel. */
  private Tensor scale() {
    if (norm == null) {
      return torch.ones(spec.out());
    }
    Scalar eps = new Scalar(norm.options().eps().get());
    return norm.weight().detach().div(norm.running_var().add(eps).sqrt());
  }

  private Tensor foldedBias() {
    Tensor own = spec.bias() ? dense.bias().detach() : torch.zeros(spec.out());
    return norm == null ? own : own.sub(norm.running_mean()).mul(scale()).add(norm.bias().detach());
  }

  /**
   * The weights come back as they were stored, with normalisation up to the rounding of folding. Of
   * a channel that normalisation multiplies by 0 nothing was stored: its weights become 0.
   */
  @Override
  void decompress() {
    DenseMatrix ohwi = sparse.decompress();
    long kernel = (long) spec.kernel() * spec.kernel();
    Tensor packed = torch.empty(spec.out(), kernel, spec.in());
    Tensors.view(packed, ohwi.rows(), ohwi.cols()).buffer().put(ohwi.buffer());
    Tensor scale = scale();
    Tensor weight =
        packed
            .transpose(1, 2)
            .reshape(spec.out(), spec.in(), spec.kernel(), spec.kernel())
            .div(scale.where(scale.ne(new Scalar(0)), torch.ones(spec.out())).reshape(-1, 1, 1, 1))
            .contiguous();
    dense.weight().set_data(weight);
    sparse.close();
    sparse = null;
    setBias(null);
  }
}
