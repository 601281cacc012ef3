// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "mask/random_mask.h"

#include <cstring>

#include "format/mask_rows.h"
#include "mask/philox-inl.h"

namespace nm {

void random_mask_row(uint64_t row, int64_t cols, Pattern pattern, uint64_t seed, uint8_t* mask) {
  std::memset(mask, 0, mask_row_bytes(cols));
  // Groups are numbered as those of the whole matrix, modulo 2^64.
  const auto groups = static_cast<uint64_t>(cols / pattern.m + (cols % pattern.m != 0));
  uint64_t group = row * groups;
  for (int64_t first = 0; first < cols; first += pattern.m, ++group) {
    const auto length = static_cast<int>(std::min<int64_t>(pattern.m, cols - first));
    int missing = std::min(pattern.n, length);
    Philox<uint32_t> philox;
    for (int i = 0; missing > 0; ++i) {
      if (i % 4 == 0) {
        philox = {{static_cast<uint32_t>(group), static_cast<uint32_t>(group >> 32), static_cast<uint32_t>(i / 4),
                   kRandomMask}};
        philox.run(seed);
      }
      // Column i is one of the `missing` that are still to be kept of length - i.
      const auto below = static_cast<int>(uint64_t{philox.x[i % 4]} * static_cast<uint32_t>(length - i) >> 32);
      if (below >= missing) continue;
      mask[(first + i) / 8] |= static_cast<uint8_t>(1 << (first + i) % 8);
      --missing;
    }
  }
}

}  // namespace nm
