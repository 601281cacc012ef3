// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks made group by group, for any M: a thread takes as many columns as are whole groups and whole bytes of mask.
#ifndef NM4J_CUDA_KERNELS_GROUPS_H_
#define NM4J_CUDA_KERNELS_GROUPS_H_

#include <cstdint>

#include "cuda/kernels/access.h"
#include "cuda/kernels/check.h"

namespace nm {
namespace cuda {

// The least common multiple of M and 8, at most 248.
NM_HD constexpr int group_chunk(int m) { return m * (m % 8 == 0 ? 1 : m % 4 == 0 ? 2 : m % 2 == 0 ? 4 : 8); }

// Writes the mask of columns col .. end - 1 of a row, whose first one begins a group and a byte of mask; `end` does so
// too, or is the row's end. bits(first, length) are those of the group at column `first`.
template <typename Bits>
NM_HD void store_groups(uint8_t* mask_row, int64_t col, int64_t end, int m, const Bits& bits) {
  uint8_t* out = mask_row + col / 8;
  uint64_t pending = 0;
  int count = 0;  // of pending bits, below 8 between groups
  for (; col < end; col += m) {
    const int length = end - col < m ? static_cast<int>(end - col) : m;
    pending |= static_cast<uint64_t>(bits(col, length)) << count;
    count += length;
    for (; count >= 8; count -= 8, pending >>= 8) *out++ = static_cast<uint8_t>(pending);
  }
  if (count > 0) *out = static_cast<uint8_t>(pending);
}

// min(n, length) bits of `length`: free columns complete from the lowest on; of more, the lowest remain.
NM_HD uint32_t complete_group(uint32_t bits, int n, int length) {
  const uint32_t all = length == 32 ? ~0u : (1u << length) - 1;
  int missing = (n < length ? n : length) - count_bits(bits);
  for (; missing > 0; --missing) {
    const uint32_t free = ~bits & all;
    bits |= free & (0u - free);
  }
  if (missing == 0) return bits;
  uint32_t lowest = 0;
  for (int i = 0; i < n; ++i) {
    const uint32_t next = bits & (0u - bits);
    lowest |= next;
    bits ^= next;
  }
  return lowest;
}

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_GROUPS_H_
