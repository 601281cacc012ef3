/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.util.SplittableRandom;
import org.nm4j.DType;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.DeviceStream;

/** The buffers of a product on a GPU, shared by everyone who computes it there. */
final class GpuProblem implements AutoCloseable {
  private static final int SAMPLES = 1000;
  private static final double EPS = Math.ulp(1.0f);

  /** Bits of an fp32 mantissa that TF32 has not. */
  private static final int BEYOND_TF32 = 0x1fff;

  /** The same on the CPU. */
  final GemmProblem host;

  final Device gpu;
  final DeviceStream stream;

  /** Dense, zeros and all. */
  final DenseMatrix w;

  final DenseMatrix x;
  final DenseMatrix y;
  private int open;

  GpuProblem(BenchmarkCase spec, Device gpu) {
    this.gpu = gpu;
    host = GemmProblem.forward(spec);
    if (spec.dtype() == Precision.F32) {
      truncate(host.w);
      truncate(host.x);
    }
    stream = DeviceStream.create(gpu);
    w = host.w.matrix.to(gpu);
    x = host.x.matrix.to(gpu);
    y = DenseMatrix.allocate(gpu, results(host.w.type), host.y.rows, host.y.cols);
  }

  /** Of 8-bit integers the exact sums. */
  private static DType results(DType operands) {
    return operands == DType.S8 ? DType.S32 : operands;
  }

  /** To numbers that TF32 holds: then rounding operands changes nothing. */
  private static void truncate(Operand matrix) {
    for (int row = 0; row < matrix.rows; row++) {
      for (int col = 0; col < matrix.cols; col++) {
        int bits = Float.floatToRawIntBits(matrix.get(row, col));
        matrix.set(row, col, Float.intBitsToFloat(bits & ~BEYOND_TF32));
      }
    }
  }

  /** Rounding a result: half an ulp, for numbers just above a power of two. */
  private double rounding() {
    return switch (y.dtype()) {
      case BF16 -> 0x1p-8;
      case F16 -> 0x1p-11;
      default -> 0x1p-24; // S32, too, which is read as fp32
    };
  }

  /**
   * Runs a contender and compares samples of its result with dot products in double precision.
   *
   * @throws IllegalStateException when it is wrong
   */
  void verify(GpuContender contender) {
    y.copyFrom(new float[host.y.rows * host.y.cols]);
    contender.run();
    DenseMatrix result = y.to(Device.cpu());
    SplittableRandom random = new SplittableRandom(1);
    for (int sample = 0; sample < SAMPLES; sample++) {
      int item = random.nextInt(host.n);
      int feature = random.nextInt(host.outputs);
      double sum = 0;
      double squares = 0;
      for (int k = 0; k < host.inputs; k++) {
        double product = (double) host.w.get(feature, k) * host.activation(item, k);
        sum += product;
        squares += product * product;
      }
      double error =
          host.spec.dtype().exact()
              ? 0
              : ProductCheck.FACTOR * EPS * Math.sqrt(host.inputs * squares);
      double value = result.get(item, feature);
      if (!(Math.abs(value - sum) <= error + rounding() * Math.abs(sum))) { // so that NaN fails
        throw new IllegalStateException(
            "%s: %s computes %s for output feature %d of activation %d, expected %s"
                .formatted(host.spec, contender.name(), value, feature, item, sum));
      }
    }
  }

  /** Registers somebody who computes with these buffers. */
  void use() {
    open++;
  }

  /** The last one who leaves frees the stream. */
  @Override
  public void close() {
    if (--open == 0) {
      stream.close();
    }
  }
}
