// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// SR-STE's term in a gradient, for optimisers that are none of nm4j's; the CPU's arithmetic.
//
// Floor: 12 + 1/8 bytes a weight (w and gradient read, gradient written, mask read).
#ifndef NM4J_CUDA_KERNELS_REGULARIZE_H_
#define NM4J_CUDA_KERNELS_REGULARIZE_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"

namespace nm {
namespace cuda {

// grad += lambda * w where the mask does not keep; nothing has gaps.
struct Regularize {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 8;

  const float* w;
  const uint8_t* mask;
  int64_t rows, cols;
  float lambda;
  float* grad;

  NM_HD void thread(const Thread& t) const {
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      const int64_t at = row * cols + col, count = cols - col < kChunk ? cols - col : kChunk;
      const uint32_t bits = load_bits<kChunk>(mask + row * mask_row_bytes(cols) + col / 8, count);
      float weights[kChunk], gradient[kChunk];
      load_run(w + at, count, weights);
      load_run(grad + at, count, gradient);
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) {
        if ((bits >> i & 1) == 0) gradient[i] = fmaf(lambda, weights[i], gradient[i]);
      }
      store_run(grad + at, count, gradient);
    });
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_REGULARIZE_H_
