// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Random masks, those of nm_mask_random. Floor: it writes 1/8 byte a weight; what binds it is arithmetic, 10 rounds of
// two wide products for up to 4 columns.
#ifndef NM4J_CUDA_KERNELS_RANDOM_H_
#define NM4J_CUDA_KERNELS_RANDOM_H_

#include <cstdint>

#include "cuda/kernels/groups.h"
#include "cuda/kernels/rows.h"
#include "format/pattern.h"
#include "mask/random_group-inl.h"

namespace nm {
namespace cuda {

struct RandomMask {
  static constexpr int kThreads = kBlockThreads, kBlocks = 2;

  int64_t rows, cols;
  int n, m;
  uint64_t seed, first_group;  // number of the first row's first group
  uint8_t* mask;

  NM_HD void thread(const Thread& t) const {
    const int chunk = group_chunk(m);
    const auto groups = static_cast<uint64_t>(group_count(cols, m));
    for_chunks(t, rows, cols, chunk, [&](int64_t row, int64_t col) {
      const uint64_t of_row = first_group + static_cast<uint64_t>(row) * groups;
      const int64_t end = cols - col < chunk ? cols : col + chunk;
      store_groups(mask + row * mask_row_bytes(cols), col, end, m, [&](int64_t first, int length) {
        return random_group(of_row + static_cast<uint64_t>(first / m), n < length ? n : length, length, seed);
      });
    });
  }
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_RANDOM_H_
