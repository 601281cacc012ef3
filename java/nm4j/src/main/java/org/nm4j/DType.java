/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import org.nm4j.internal.Bindings;
import org.nm4j.internal.CudaBindings;

/**
 * The type of the elements of a matrix. Packed weights are {@link #F32}, {@link #BF16} or {@link
 * #S8}, on a GPU also {@link #F16}, {@link #E4M3} or {@link #E5M2}; what activations and results
 * may be, {@link SparseMatrix} says of the CPU and {@link SparseMatrix#to(Device, DType)} of a GPU.
 *
 * <pre>{@code
 * DenseMatrix weights = DenseMatrix.allocate(768, 3072);
 * DenseMatrix x = DenseMatrix.allocate(1, 3072);
 * DenseMatrix y = DenseMatrix.allocate(1, 768);
 * try (SparseMatrix w = SparseMatrix.prune(weights, Pattern.P2_4, DType.S8)) {
 *   w.linear(x, y);                        // fp32 activations, weights of a quarter of the bytes
 * }
 * }</pre>
 */
public enum DType {
  /** IEEE 754 single precision, 4 bytes. */
  F32(Float.BYTES),

  /** bfloat16, the upper half of an {@link #F32}, 2 bytes. */
  BF16(Short.BYTES),

  /** IEEE 754 half precision, 2 bytes; on GPUs only, the CPU stores and converts it. */
  F16(Short.BYTES),

  /**
   * 8-bit floats with 4 bits of exponent (OCP OFP8): up to 448, without infinities; larger numbers
   * are stored as 448. On GPUs of compute capability 8.9 and newer only, the CPU stores and
   * converts it.
   */
  E4M3(Byte.BYTES),

  /**
   * 8-bit floats with 5 bits of exponent (OCP OFP8), the upper half of an {@link #F16}: up to
   * 57344. On GPUs of compute capability 8.9 and newer only, the CPU stores and converts it.
   */
  E5M2(Byte.BYTES),

  /** Signed integers from -128 to 127. */
  S8(Byte.BYTES),

  /** Unsigned integers from 0 to 255. */
  U8(Byte.BYTES),

  /** Signed 32-bit integers: exact sums of integer products. */
  S32(Integer.BYTES);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /**
   * The size of an element.
   *
   * @return 1, 2 or 4 bytes
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether elements are integers, which stand for scale * (integer - zero), see {@link
   * DenseMatrix#quantized}.
   *
   * @return true for {@link #S8}, {@link #U8} and {@link #S32}
   */
  public boolean isInteger() {
    return this == S8 || this == U8 || this == S32;
  }

  /** Refuses a type that weights are not stored in on the CPU. */
  static DType requireWeights(DType value) {
    if (value != F32 && value != BF16 && value != S8) {
      throw new IllegalArgumentException("weights must be F32, BF16 or S8, got " + value);
    }
    return value;
  }

  /** Whether elements are floats of 8 bits. */
  boolean isFloat8() {
    return this == E4M3 || this == E5M2;
  }

  /** Whether ordinary cores of a GPU multiply weights of this type. */
  boolean hasPanels() {
    return this == F32 || this == BF16 || this == F16;
  }

  /** The constant of the C interface. */
  int code() {
    return switch (this) {
      case F32 -> Bindings.NM_F32;
      case BF16 -> Bindings.NM_BF16;
      case F16 -> CudaBindings.NM_CUDA_F16;
      case E4M3 -> CudaBindings.NM_CUDA_E4M3;
      case E5M2 -> CudaBindings.NM_CUDA_E5M2;
      case S8 -> Bindings.NM_S8;
      case U8 -> Bindings.NM_U8;
      case S32 -> Bindings.NM_S32;
    };
  }
}
