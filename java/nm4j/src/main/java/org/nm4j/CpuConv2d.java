/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
import org.nm4j.internal.Loader;
import org.nm4j.internal.NativeConv2d;
import org.nm4j.internal.ParallelRun;
import org.nm4j.internal.Status;

/** A convolution packed for the CPU, computed in tiles without a matrix of columns. */
final class CpuConv2d implements Conv2dWeights {
  private final NativeConv2d handle;
  private final Conv2dGeometry geometry;

  private CpuConv2d(NativeConv2d handle, Conv2dGeometry geometry) {
    this.handle = handle;
    this.geometry = geometry;
  }

  /** Of weights in OHWI order that a mask keeps. */
  static CpuConv2d pack(
      Conv2dGeometry geometry,
      Pattern pattern,
      DType dtype,
      DenseMatrix weights,
      Mask mask,
      NanPolicy nan) {
    long address = weights.address();
    Loader.load();
    try {
      return new CpuConv2d(
          NativeConv2d.pack(
              geometry.fields(),
              pattern.n(),
              pattern.m(),
              dtype.code(),
              address,
              mask.address(),
              Flags.of(nan)),
          geometry);
    } finally {
      weights.keepAlive();
      mask.keepAlive();
    }
  }

  /** Of integers, with a scale for each output channel. */
  static CpuConv2d packIntegers(
      Conv2dGeometry geometry,
      Pattern pattern,
      DenseMatrix weights,
      Mask mask,
      DenseMatrix scales) {
    long factors = scales.address();
    Loader.load();
    try {
      return new CpuConv2d(
          NativeConv2d.packIntegers(
              geometry.fields(),
              pattern.n(),
              pattern.m(),
              weights.typedAddress(),
              mask.address(),
              factors),
          geometry);
    } finally {
      weights.keepAlive();
      mask.keepAlive();
      scales.keepAlive();
    }
  }

  /** A copy of weights on whatever device. */
  static CpuConv2d copyOf(SparseConv2d conv, Conv2dGeometry geometry, DType dtype) {
    DenseMatrix dense = conv.decompress();
    Mask mask = Mask.nonZeros(dense, conv.pattern(), NanPolicy.KEEP);
    if (dtype != DType.S8) {
      return pack(geometry, conv.pattern(), dtype, dense, mask, NanPolicy.KEEP);
    }
    float[] scales = conv.scales();
    long outC = geometry.outC();
    DenseMatrix channels = dense.packed(outC, geometry.rowElements());
    DenseMatrix integers = CpuWeights.integers(channels, scales).packed(dense.rows(), dense.cols());
    DenseMatrix factors = DenseMatrix.copyOf(scales, 1, outC);
    return packIntegers(geometry, conv.pattern(), integers, mask, factors);
  }

  @Override
  public Device device() {
    return Device.cpu();
  }

  @Override
  public void apply(Images x, Images y, Epilogue epilogue, Execution execution) {
    execution.requireDevice(Device.cpu());
    int threads = execution.threads();
    long address = handle.acquire();
    try {
      long[] count = new long[1];
      Status.check(Bindings.nm_conv2d_tiles(address, x.n(), x.h(), x.w(), count));
      Job job = new Job(address, x, y, epilogue);
      if (threads == 1 || count[0] <= 1) {
        job.run(0, count[0]);
      } else {
        ParallelRun.run(count[0], execution.executor(), threads, job);
      }
    } finally {
      handle.release();
      x.matrix().keepAlive();
      y.matrix().keepAlive();
      epilogue.keepAlive();
    }
  }

  @Override
  public String kernel(DType images) {
    long[] name = new long[1];
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_conv2d_kernel(address, images.code(), name));
      return Bindings.string(name[0]);
    } finally {
      handle.release();
    }
  }

  @Override
  public float[] scales() {
    DenseMatrix scales = DenseMatrix.allocate(1, geometry.outC());
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_conv2d_get_scales(address, scales.address()));
      return scales.toArray();
    } finally {
      handle.release();
      scales.keepAlive();
    }
  }

  @Override
  public DenseMatrix decompress() {
    DenseMatrix out = DenseMatrix.allocate(geometry.weightRows(), geometry.weightCols());
    long address = handle.acquire();
    try {
      Status.check(Bindings.nm_conv2d_get_f32(address, out.address()));
      return out;
    } finally {
      handle.release();
      out.keepAlive();
    }
  }

  @Override
  public long bytes() {
    return handle.bytes();
  }

  @Override
  public boolean isClosed() {
    return handle.isClosed();
  }

  @Override
  public void close() {
    handle.close();
  }

  /** One application, in tiles. */
  private static final class Job implements ParallelRun.Tiles {
    private final long address;
    private final DenseMatrix x;
    private final long[] xImages;
    private final Epilogue epilogue;
    private final long[] cImages;
    private final DenseMatrix y;
    private final long[] yImages;

    Job(long address, Images x, Images y, Epilogue epilogue) {
      this.address = address;
      this.x = x.matrix();
      this.xImages = x.describe(x.matrix().ld());
      this.epilogue = epilogue;
      this.cImages = y.describe(epilogue.addedLd(y.matrix()));
      this.y = y.matrix();
      this.yImages = y.describe(y.matrix().ld());
    }

    @Override
    public void run(long begin, long end) {
      Status.check(
          Bindings.nm4j_convolve(
              address,
              x.typedAddress(),
              x.dtype().code(),
              xImages,
              x.scale(),
              x.zero(),
              epilogue.alpha(),
              epilogue.scaleAddress(),
              epilogue.addedAddress(),
              cImages,
              epilogue.beta(),
              epilogue.biasAddress(),
              Multiplier.nativeActivation(epilogue.activation()),
              y.typedAddress(),
              y.dtype().code(),
              yImages,
              y.scale(),
              y.zero(),
              begin,
              end));
    }
  }
}
