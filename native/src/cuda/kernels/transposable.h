// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposable 2:4 masks (Hubara et al. 2021, arXiv 2102.08124): two of four in each row and in each column of a 4 x 4
// tile, so that W and its transpose both obey 2:4. There are 90 such patterns; all are tried.
//
// A pattern's worth is the fp32 sum of the |w| that it keeps, added as ((row 0) + (row 1)) + ((row 2) + (row 3)), each
// row's two first. Magnitudes above 2^124, infinities and NaN among them, count as 2^124, so that no sum overflows.
// Among equals the first pattern wins, in lexicographic order of its rows (01 02 03 12 13 23: the columns kept).
//
// Floor: sizeof(T) + 1/8 bytes a weight. It takes about 27 operations a weight: for types below fp32 they bind.
#ifndef NM4J_CUDA_KERNELS_TRANSPOSABLE_H_
#define NM4J_CUDA_KERNELS_TRANSPOSABLE_H_

#include <cstdint>
#include <utility>

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"

namespace nm {
namespace cuda {

// The bits of the k-th pair of columns.
NM_HD constexpr uint32_t pair_bits(int k) {
  return k == 0 ? 0b0011 : k == 1 ? 0b0101 : k == 2 ? 0b1001 : k == 3 ? 0b0110 : k == 4 ? 0b1010 : 0b1100;
}

// The pairs of the four rows of each pattern, three bits a row, in the order of preference.
struct TilePatterns {
  uint16_t pairs[90];
};
constexpr TilePatterns tile_patterns() {
  TilePatterns all = {};
  int count = 0;
  for (int k = 0; k < 6 * 6 * 6 * 6; ++k) {
    const int pair[4] = {k / 216, k / 36 % 6, k / 6 % 6, k % 6};
    const uint32_t a = pair_bits(pair[0]), b = pair_bits(pair[1]), c = pair_bits(pair[2]), d = pair_bits(pair[3]);
    // No column is kept three times; four rows of two then keep each exactly twice.
    if (((a & b & (c | d)) | (c & d & (a | b))) != 0) continue;
    all.pairs[count++] = static_cast<uint16_t>(pair[0] | pair[1] << 3 | pair[2] << 6 | pair[3] << 9);
  }
  return all;  // a 91st would not compile
}
constexpr TilePatterns kTilePatterns = tile_patterns();
static_assert(kTilePatterns.pairs[89] != 0, "90 patterns");

NM_HD float tile_weight(float value) {
  const float magnitude = fabsf(value);
  return magnitude <= 0x1p124f ? magnitude : 0x1p124f;
}

struct BestTile {
  float sum = -1.0f;
  uint32_t bits = 0;  // four a row
};

// sums[r][k] is what row r keeps with its k-th pair.
template <int kPairs>
NM_HD void try_tile(const float (&sums)[4][6], BestTile* best) {
  constexpr int kA = kPairs & 7, kB = kPairs >> 3 & 7, kC = kPairs >> 6 & 7, kD = kPairs >> 9;
  constexpr uint32_t kBits = pair_bits(kA) | pair_bits(kB) << 4 | pair_bits(kC) << 8 | pair_bits(kD) << 12;
  const float sum = (sums[0][kA] + sums[1][kB]) + (sums[2][kC] + sums[3][kD]);
  if (sum > best->sum) *best = {sum, kBits};
}
template <int... kIndex>
NM_HD uint32_t best_tile(const float (&sums)[4][6], std::integer_sequence<int, kIndex...>) {
  BestTile best;
  (try_tile<kTilePatterns.pairs[kIndex]>(sums, &best), ...);
  return best.bits;
}
NM_HD uint32_t best_tile(const float (&sums)[4][6]) { return best_tile(sums, std::make_integer_sequence<int, 90>()); }

// rows and cols: multiples of 4. A thread takes two tiles side by side, whole bytes of mask.
template <typename T>
struct TransposableMask {
  static constexpr int kThreads = kBlockThreads;

  const T* w;
  int64_t rows, cols, ld;
  uint8_t* mask;

  NM_HD void thread(const Thread& t) const {
    for_chunks(t, rows / 4, cols, 8, [&](int64_t tile_row, int64_t col) {
      const int64_t row = tile_row * 4, row_bytes = mask_row_bytes(cols);
      float sums[2][4][6];
      NM_UNROLL
      for (int r = 0; r < 4; ++r) {
        T values[8];
        load_run(w + (row + r) * ld + col, cols - col, values);
        NM_UNROLL
        for (int tile = 0; tile < 2; ++tile) {
          float x[4];
          NM_UNROLL
          for (int i = 0; i < 4; ++i) x[i] = tile_weight(widen(values[4 * tile + i]));
          float* const sum = sums[tile][r];
          sum[0] = x[0] + x[1];
          sum[1] = x[0] + x[2];
          sum[2] = x[0] + x[3];
          sum[3] = x[1] + x[2];
          sum[4] = x[1] + x[3];
          sum[5] = x[2] + x[3];
        }
      }
      const uint32_t left = best_tile(sums[0]), right = cols - col > 4 ? best_tile(sums[1]) : 0;
      NM_UNROLL
      for (int r = 0; r < 4; ++r) {
        mask[(row + r) * row_bytes + col / 8] = static_cast<uint8_t>((left >> 4 * r & 15) | (right >> 4 * r & 15) << 4);
      }
    });
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_TRANSPOSABLE_H_
