/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;
import static org.bytedeco.cuda.global.cudart.CUDA_R_16F;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32I;
import static org.bytedeco.cuda.global.cudart.CUDA_R_8I;

import org.nm4j.DType;

/** The names that NVIDIA's libraries have for types of elements. */
final class CudaTypes {
  private CudaTypes() {}

  /** A {@code cudaDataType}. */
  static int of(DType type) {
    return switch (type) {
      case F32 -> CUDA_R_32F;
      case BF16 -> CUDA_R_16BF;
      case F16 -> CUDA_R_16F;
      case S8 -> CUDA_R_8I;
      case S32 -> CUDA_R_32I;
      default -> throw new IllegalArgumentException("no benchmark on a GPU has " + type);
    };
  }
}
