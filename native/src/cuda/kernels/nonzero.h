// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The mask of a matrix that already obeys N:M: its non-zeros, completed. Floor: sizeof(T) + 1/8 bytes a weight.
#ifndef NM4J_CUDA_KERNELS_NONZERO_H_
#define NM4J_CUDA_KERNELS_NONZERO_H_

#include <cstdint>

#include "cuda/kernels/check.h"
#include "cuda/kernels/groups.h"
#include "cuda/kernels/rows.h"
#include "cuda/kernels/totals.h"

namespace nm {
namespace cuda {

template <typename T>
struct NonzeroMask {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  const T* w;
  int64_t rows, cols, ld;
  int n, m;
  uint8_t* mask;
  Findings* breaches;  // groups of more than N non-zeros, of which the lowest N columns are kept; or NULL

  // 32 columns are loaded at once where they are whole groups.
  NM_HD static constexpr int chunk(int m) { return 32 % m == 0 ? 32 : group_chunk(m); }

  NM_HD void thread(const Thread& t) const {
    Found found;
    const int width = chunk(m);
    for_chunks(t, rows, cols, width, [&](int64_t row, int64_t col) {
      const T* const from = w + row * ld;
      const uint32_t all = 32 % m == 0 ? nonzero_bits(from + col, cols - col) : 0;
      const int64_t end = cols - col < width ? cols : col + width;
      store_groups(mask + row * mask_row_bytes(cols), col, end, m, [&](int64_t first, int length) {
        uint32_t bits = 0;
        if (32 % m == 0) {
          bits = all >> (first - col) & (m == 32 ? ~0u : (1u << m) - 1);
        } else {
          for (int i = 0; i < length; ++i) bits |= static_cast<uint32_t>(magnitude_key(from[first + i]) != 0) << i;
        }
        if (count_bits(bits) > n) found.add(row * cols + first);
        return complete_group(bits, n, length);
      });
    });
    report(breaches, found);
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_NONZERO_H_
