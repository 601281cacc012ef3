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

  /** Rounding a result to bf16: half an ulp, for numbers just above a power of two. */
  private static final double ROUNDING = 0x1p-8;

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
    stream = DeviceStream.create(gpu);
    w = host.w.matrix.to(gpu);
    x = host.x.matrix.to(gpu);
    y = DenseMatrix.allocate(gpu, DType.BF16, host.y.rows, host.y.cols);
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
        double product = (double) host.weight(feature, k) * host.activation(item, k);
        sum += product;
        squares += product * product;
      }
      double error = ProductCheck.FACTOR * EPS * Math.sqrt(host.inputs * squares);
      double value = result.get(item, feature);
      if (!(Math.abs(value - sum) <= error + ROUNDING * Math.abs(sum))) { // so that NaN fails
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
