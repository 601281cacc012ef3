// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable 2:4 masks, as nm_mask_transposable_f32 makes them.
//
// Floor: sizeof(T) + 1/8 bytes a weight; it takes about 15 operations a weight.
#ifndef NM4J_CUDA_KERNELS_TRANSPOSABLE_H_
#define NM4J_CUDA_KERNELS_TRANSPOSABLE_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"
#include "mask/transposable_best-inl.h"

namespace nm {
namespace cuda {

// The vector traits of one GPU thread, for magnitudes as bits.
struct KeyLane {
  using Keys = int32_t;
  NM_HD static Keys set1(int32_t value) { return value; }
  NM_HD static Keys max(Keys a, Keys b) { return a > b ? a : b; }
  NM_HD static bool greater(Keys a, Keys b) { return a > b; }
  NM_HD static Keys select(bool which, Keys a, Keys b) { return which ? b : a; }
  NM_HD static Keys xor_if(bool which, Keys a, Keys b) { return which ? a ^ b : a; }
  NM_HD static Keys bit_or(Keys a, Keys b) { return a | b; }
  NM_HD static Keys add(Keys a, Keys b) {
    return static_cast<Keys>(float_bits(float_of(static_cast<uint32_t>(a)) + float_of(static_cast<uint32_t>(b))));
  }
};

// A thread takes two tiles side by side: whole bytes of mask. Zeros complete tiles at the edges.
template <typename T>
struct TransposableMask {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2, kChunk = 8;

  const T* w;
  int64_t rows, cols, ld;
  uint8_t* mask;
  Findings* nan;  // or NULL

  NM_HD void thread(const Thread& t) const {
    Found found;
    for_chunks(t, (rows + 3) / 4, cols, kChunk, [&](int64_t tile_row, int64_t col) {
      const int64_t row = tile_row * 4, count = cols - col < kChunk ? cols - col : kChunk;
      int32_t magnitudes[2][4][4];
      NM_UNROLL
      for (int r = 0; r < 4; ++r) {
        T values[kChunk];
        load_run(w + (row + r) * ld + col, row + r < rows ? count : 0, values);
        NM_UNROLL
        for (int i = 0; i < kChunk; ++i) {
          const uint32_t bits = magnitude_key(widen(values[i]));
          if (bits == KeysOf<float>::kNan) found.add((row + r) * cols + col + i);
          magnitudes[i / 4][r][i % 4] = static_cast<int32_t>(bits < kBlockLimitBits ? bits : kBlockLimitBits);
        }
      }
      const int32_t left = TransposableBest<KeyLane>::mask(magnitudes[0]);
      const int32_t right = TransposableBest<KeyLane>::mask(magnitudes[1]);
      NM_UNROLL
      for (int r = 0; r < 4; ++r) {
        const uint32_t bits = (left >> 4 * r & 15) | (right >> 4 * r & 15) << 4;
        if (row + r < rows) {
          mask[(row + r) * mask_row_bytes(cols) + col / 8] = static_cast<uint8_t>(bits & ((1u << count) - 1));
        }
      }
    });
    report(nan, found);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_TRANSPOSABLE_H_
