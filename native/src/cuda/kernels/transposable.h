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

#include "cuda/kernels/access.h"
#include "cuda/kernels/elements.h"
#include "cuda/kernels/rows.h"

namespace nm {
namespace cuda {

// The bits of the k-th pair of columns.
NM_HD constexpr uint32_t pair_bits(int k) {
  return k == 0 ? 0b0011 : k == 1 ? 0b0101 : k == 2 ? 0b1001 : k == 3 ? 0b0110 : k == 4 ? 0b1010 : 0b1100;
}

// No column is kept more than twice; four rows of two then keep each exactly twice.
NM_HD constexpr bool two_per_column(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return (a & b & c) == 0 && (a & b & d) == 0 && (a & c & d) == 0 && (b & c & d) == 0;
}

NM_HD float tile_weight(float value) {
  const float magnitude = fabsf(value);
  return magnitude <= 0x1p124f ? magnitude : 0x1p124f;
}

// The best pattern, four bits a row; sums[r][k] is what row r keeps with its k-th pair.
NM_HD uint32_t best_tile(const float (&sums)[4][6]) {
  float best = -1.0f;
  uint32_t pattern = 0;
  NM_UNROLL
  for (int a = 0; a < 6; ++a) {
    NM_UNROLL
    for (int b = 0; b < 6; ++b) {
      const float upper = sums[0][a] + sums[1][b];
      NM_UNROLL
      for (int c = 0; c < 6; ++c) {
        // Unrolled, the patterns are known when compiling: of 1296, 90 remain.
        if ((pair_bits(a) & pair_bits(b) & pair_bits(c)) != 0) continue;
        NM_UNROLL
        for (int d = 0; d < 6; ++d) {
          if (!two_per_column(pair_bits(a), pair_bits(b), pair_bits(c), pair_bits(d))) continue;
          const float sum = upper + (sums[2][c] + sums[3][d]);
          if (sum > best) {
            best = sum;
            pattern = pair_bits(a) | pair_bits(b) << 4 | pair_bits(c) << 8 | pair_bits(d) << 12;
          }
        }
      }
    }
  }
  return pattern;
}

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
