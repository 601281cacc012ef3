/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaPacked;
import org.nm4j.internal.CudaProduct;
import org.nm4j.internal.CudaQueue;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaWeights;

/** The products of weights on a GPU, with the factors that their rows have now. */
final class GpuMultiplier implements Route {
  private final Device device;
  private final CudaPacked handle;
  private final long rows;
  private final DType dtype;

  /** One factor per row, or null. Changes with the weights, when nobody else holds the handle. */
  private volatile float[] rowScales;

  /** The latest factors per row; a race only costs making them again. */
  private volatile Scaled scaled;

  /** Without factors. */
  GpuMultiplier(Device device, CudaPacked handle, long rows, DType dtype) {
    this.device = device;
    this.handle = handle;
    this.rows = rows;
    this.dtype = dtype;
  }

  /** One factor per row, or null: those of the weights while the handle is held. */
  float[] rowScales() {
    return rowScales;
  }

  /** Within an exclusive call: the factors of new weights, or null. */
  void rowScales(float[] scales) {
    if (!Arrays.equals(scales, rowScales)) {
      rowScales = scales;
      scaled = null;
    }
  }

  @Override
  public void run(
      Layout layout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      Execution execution) {
    run(layout, layout, batch, count, x, y, epilogue, execution);
  }

  /** With layouts of X and Y that may differ. */
  void run(
      Layout layout,
      Layout resultLayout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      Execution execution) {
    try (CudaQueue queue = new CudaQueue(execution, device)) {
      Held held = hold(queue, layout, resultLayout, batch, count, x, y, epilogue);
      held.run(queue, execution.isTuned());
      queue.finish();
    }
  }

  /** Checks a product, and lets nobody free its operands until the queue is closed. */
  Held hold(
      CudaQueue queue,
      Layout layout,
      Layout resultLayout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue) {
    check(x, y, epilogue);
    float factor = epilogue.alpha() * quantisation(x, y, epilogue);
    long weights = queue.use(handle); // from here on nobody replaces weights and their factors
    DenseMatrix scale = scale(factor, epilogue);
    return new Held(
        weights,
        product(queue, layout, resultLayout, batch, count, x, y, epilogue, scale, alpha(factor)));
  }

  /** A product whose operands a queue holds. */
  final class Held {
    private final long weights;
    private final CudaProduct product;

    private Held(long weights, CudaProduct product) {
      this.weights = weights;
      this.product = product;
    }

    /** Queues it; the first of its kind may be preceded by a search for the fastest way. */
    void run(CudaQueue queue, boolean tuned) {
      if (tuned && product.isAny() && handle instanceof CudaWeights tunable) {
        GpuTuner.searchOnce(tunable, weights, queue, product);
      }
      run(queue);
    }

    /** Queues it. */
    void run(CudaQueue queue) {
      CudaStatus.check(handle.multiply(weights, queue.stream(), product));
    }
  }

  /** Refuses what a product refuses, and computes nothing. */
  void check(Layout layout, long batch, DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    try (CudaQueue queue = new CudaQueue(Execution.caller(), device)) {
      hold(queue, layout, layout, batch, 1, x, y, epilogue);
      hold(queue, layout, layout, 0, 1, x, y, epilogue).run(queue); // types, layout, activation
    }
    requireApart(x, y, epilogue);
  }

  /** Y may be C, and overlaps nothing else. */
  static void requireApart(DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    requireApart("x", x, y);
    requireApart("bias", epilogue.bias(), y);
    requireApart("scale", epilogue.scale(), y);
    DenseMatrix c = epilogue.beta() == 0 ? null : epilogue.added();
    boolean inPlace = c != null && c.anyAddress() == y.anyAddress() && c.ld() == y.ld();
    requireApart("c", inPlace ? null : c, y);
  }

  private static void requireApart(String name, DenseMatrix operand, DenseMatrix y) {
    if (operand != null && !Shape.apart(operand, y)) {
      throw new IllegalArgumentException(
          "y must not overlap " + name + ", got " + y + " and " + operand);
    }
  }

  private void check(DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    Shape.requireWritable("y", y);
    epilogue.check(rows, y, addedType(y));
    requireType("x", x, dtype);
    if (epilogue.bias() != null) {
      requireType("bias", epilogue.bias(), biasType(y));
    }
  }

  /** A plain one, of operands of this type; the queue holds the weights too. */
  CudaProduct product(CudaQueue queue, Layout layout, long batch, DenseMatrix x, DenseMatrix y) {
    queue.use(handle);
    DenseMatrix scale = scale(1, Epilogue.NONE);
    return product(queue, layout, layout, batch, 1, x, y, Epilogue.NONE, scale, alpha(1));
  }

  private static CudaProduct product(
      CudaQueue queue,
      Layout layout,
      Layout resultLayout,
      long batch,
      long count,
      DenseMatrix x,
      DenseMatrix y,
      Epilogue epilogue,
      DenseMatrix scale,
      float alpha) {
    long[] fields = {
      Multiplier.nativeLayout(layout),
      Multiplier.nativeLayout(resultLayout),
      y.dtype().code(),
      nativeActivation(epilogue.activation()),
      batch,
      count,
      queue.use("x", x),
      x.ld(),
      Multiplier.stride(x, count),
      queue.use("c", epilogue.added()),
      epilogue.addedLd(y),
      epilogue.addedStride(count),
      queue.use("y", y),
      y.ld(),
      Multiplier.stride(y, count),
      queue.use("bias", epilogue.bias()),
      queue.use("scale", scale)
    };
    return new CudaProduct(fields, alpha, epilogue.beta());
  }

  private static int nativeActivation(Activation activation) {
    return activation == Activation.GELU_TANH
        ? CudaBindings.NM_CUDA_GELU_TANH
        : Multiplier.nativeActivation(activation);
  }

  static void requireType(String name, DenseMatrix matrix, DType expected) {
    if (matrix.dtype() != expected) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED, name + " must be of " + expected + " here, got " + matrix);
    }
  }

  private DType biasType(DenseMatrix y) {
    return dtype == DType.S8 ? DType.F32 : addedType(y);
  }

  /** 8-bit floats are too coarse to be added. */
  private static DType addedType(DenseMatrix y) {
    return y.dtype().isFloat8() ? DType.F16 : y.dtype();
  }

  /** What integers stand for, as a factor of the product. */
  private static float quantisation(DenseMatrix x, DenseMatrix y, Epilogue epilogue) {
    if (x.zero() != 0 || y.zero() != 0) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "integers on a GPU must have the zero 0, got x: " + x.zero() + ", y: " + y.zero());
    }
    if (y.scale() != 1 && epilogue.bias() != null) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED, "a bias needs a y of scale 1 on a GPU, got " + y.scale());
    }
    return x.scale() / y.scale();
  }

  /** Rows with factors of their own have the whole factor there. */
  private float alpha(float factor) {
    return rowScales == null ? factor : 1;
  }

  /** A GPU takes one factor or one per feature, not both: rows have the product of theirs. */
  private DenseMatrix scale(float factor, Epilogue epilogue) {
    float[] scales = rowScales;
    if (scales == null) {
      return epilogue.scale();
    }
    if (epilogue.scales()) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED,
          "int8 weights on a GPU take no factors per feature beside their own");
    }
    Scaled known = scaled;
    if (known == null || known.factor != factor) {
      DenseMatrix product = DenseMatrix.allocate(1, rows);
      for (int row = 0; row < rows; row++) {
        product.set(0, row, scales[row] * factor);
      }
      known = new Scaled(factor, product.to(device));
      scaled = known;
    }
    return known.rows;
  }

  private record Scaled(float factor, DenseMatrix rows) {}

  @Override
  public String kernel(Layout layout, long batch, DType activations) {
    Objects.requireNonNull(layout, "layout");
    if (batch < 0) {
      throw new IllegalArgumentException("batch must not be negative, got " + batch);
    }
    if (activations != dtype) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED, "x must be of " + dtype + " here, got " + activations);
    }
    try (Call call = new Call()) {
      call.use(handle);
      return handle.kernel()
          + "_"
          + dtype.name().toLowerCase(Locale.ROOT)
          + (CudaBindings.nm_cuda_simulated() != 0 ? "_simulated" : "");
    }
  }
}
