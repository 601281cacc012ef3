// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "mask/random_mask.h"

#include <cstring>

#include "format/mask_rows.h"
#include "mask/random_group-inl.h"

namespace nm {

void random_mask_row(uint64_t row, int64_t cols, Pattern pattern, uint64_t seed, uint8_t* mask) {
  std::memset(mask, 0, mask_row_bytes(cols));
  // Groups are numbered as those of the whole matrix, modulo 2^64.
  const auto groups = static_cast<uint64_t>(cols / pattern.m + (cols % pattern.m != 0));
  uint64_t group = row * groups;
  for (int64_t first = 0; first < cols; first += pattern.m, ++group) {
    const auto length = static_cast<int>(std::min<int64_t>(pattern.m, cols - first));
    uint32_t bits = random_group(group, std::min(pattern.n, length), length, seed);
    for (; bits != 0; bits &= bits - 1) {
      const int64_t col = first + __builtin_ctz(bits);
      mask[col / 8] |= static_cast<uint8_t>(1 << col % 8);
    }
  }
}

}  // namespace nm
