// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What products on sparse tensor cores need before and after cuSPARSELt: vectors of factors, and the activations that
// it lacks.
//
// Floors: 8 bytes a factor; an activation reads and writes each element once, 2 sizeof(T).
#ifndef NM4J_CUDA_KERNELS_FINISH_H_
#define NM4J_CUDA_KERNELS_FINISH_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/product.h"
#include "cuda/kernels/rows.h"

namespace nm {
namespace cuda {

// out = factor * in, or the factor alone where `in` is NULL.
struct Factors {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const float* in;  // or NULL
  float factor;
  int64_t count;
  float* out;

  NM_HD void thread(const Thread& t) const {
    for (int64_t i = t.global_x(); i < count; i += t.stride_x()) out[i] = in == nullptr ? factor : factor * in[i];
  }
};

// y = act(y), computed in fp32.
template <typename T>
struct Activate {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 16 / sizeof(T);

  T* y;
  int64_t rows, cols, ld;
  int32_t activation;

  NM_HD void thread(const Thread& t) const {
    for_chunks(t, rows, cols, kChunk, [&](int64_t row, int64_t col) {
      T values[kChunk];
      T* const at = y + row * ld + col;
      load_run(at, cols - col, values);
      NM_UNROLL
      for (int i = 0; i < kChunk; ++i) values[i] = narrow<T>(activate(activation, widen(values[i])));
      store_run(at, cols - col, values);
    });
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_FINISH_H_
