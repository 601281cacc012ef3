/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.util.Locale;
import java.util.Objects;
import org.nm4j.internal.Call;
import org.nm4j.internal.CudaBindings;
import org.nm4j.internal.CudaStatus;
import org.nm4j.internal.CudaWeights;

/** The products of weights on a GPU. */
final class GpuMultiplier implements Route {
  private final Device device;
  private final CudaWeights handle;
  private final long rows;
  private final DType dtype;
  private final float[] rowScales;

  /** The latest factors per row; a race only costs making them again. */
  private volatile Scaled scaled;

  /** rowScales: one factor per row, or null. */
  GpuMultiplier(Device device, CudaWeights handle, long rows, DType dtype, float[] rowScales) {
    this.device = device;
    this.handle = handle;
    this.rows = rows;
    this.dtype = dtype;
    this.rowScales = rowScales;
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
    Shape.requireWritable("y", y);
    epilogue.check(rows, y);
    requireType("x", x, dtype);
    if (epilogue.bias() != null) {
      requireType("bias", epilogue.bias(), biasType(y));
    }
    DeviceStream stream = execution.stream(device);
    float factor = epilogue.alpha() * quantisation(x, y, epilogue);
    DenseMatrix scale = scale(factor, epilogue);
    try (Call call = new Call()) {
      Operands operands = new Operands(call, stream);
      CudaStatus.check(
          CudaBindings.nm4j_cuda_multiply(
              call.use(handle),
              call.use(stream.handle()),
              Multiplier.nativeLayout(layout),
              batch,
              count,
              operands.address("x", x),
              x.ld(),
              Multiplier.stride(x, count),
              rowScales == null ? factor : 1,
              operands.address("scale", scale),
              operands.address("c", epilogue.added()),
              epilogue.addedLd(y),
              epilogue.addedStride(count),
              epilogue.beta(),
              operands.address("bias", epilogue.bias()),
              Multiplier.nativeActivation(epilogue.activation()),
              operands.address("y", y),
              y.dtype().code(),
              y.ld(),
              Multiplier.stride(y, count)));
      operands.keep();
      stream.handle().keep(handle);
    }
    if (execution.stream() == null) {
      stream.synchronize();
    }
  }

  private static void requireType(String name, DenseMatrix matrix, DType expected) {
    if (matrix.dtype() != expected) {
      throw new Nm4jException(
          ErrorCode.UNSUPPORTED, name + " must be of " + expected + " here, got " + matrix);
    }
  }

  private DType biasType(DenseMatrix y) {
    return dtype == DType.S8 ? DType.F32 : y.dtype();
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

  /** A GPU takes one factor or one per feature, not both: rows have the product of theirs. */
  private DenseMatrix scale(float factor, Epilogue epilogue) {
    if (rowScales == null) {
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
        product.set(0, row, rowScales[row] * factor);
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
      return "cusparselt_"
          + CudaLibraryInfo.cusparseltVersion()
          + "_"
          + dtype.name().toLowerCase(Locale.ROOT)
          + (CudaBindings.nm_cuda_simulated() != 0 ? "_simulated" : "");
    }
  }

  /** The matrices of one product. */
  private final class Operands {
    private final Call call;
    private final DeviceStream stream;
    private final DenseMatrix[] used = new DenseMatrix[5];
    private int count;

    Operands(Call call, DeviceStream stream) {
      this.call = call;
      this.stream = stream;
    }

    /** The address of an operand, or 0. */
    long address(String name, DenseMatrix matrix) {
      if (matrix == null) {
        return 0;
      }
      if (matrix.device() != device) {
        throw new IllegalArgumentException(
            name
                + " must be in memory of "
                + device
                + ", got "
                + matrix
                + " of "
                + matrix.device());
      }
      matrix.hold(call);
      used[count++] = matrix;
      return matrix.anyAddress();
    }

    void keep() {
      for (int i = 0; i < count; i++) {
        stream.keep(used[i]);
      }
    }
  }
}
