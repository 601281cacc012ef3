// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "train/strided_mask.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "format/mask_rows.h"

namespace nm {
namespace {

constexpr int64_t kStripWeights = 1024;  // 4 KiB of each tensor

}  // namespace

int64_t strip_length(Pattern pattern, int64_t stride) {
  const int64_t unit = std::lcm(pattern.m * stride, int64_t{64});
  return std::max<int64_t>(1, kStripWeights / unit) * unit;
}

StripMasker::StripMasker(Pattern pattern, int64_t stride, const RowOps& ops)
    : pattern_(pattern), stride_(stride), ops_(ops) {
  if (stride == 1) return;
  gathered_.resize(strip_length(pattern, stride));
  bits_.resize(mask_row_bytes(strip_length(pattern, stride)));
}

bool StripMasker::run(const float* w, int64_t count, uint8_t* mask) {
  if (pattern_.n == pattern_.m) {
    std::memset(mask, 0xff, mask_row_bytes(count));
    if (count % 8 != 0) mask[count / 8] = static_cast<uint8_t>((1 << count % 8) - 1);
    return false;
  }
  if (stride_ == 1) return ops_.magnitude(w, count, pattern_.n, pattern_.m, mask);
  // M * stride weights hold `stride` groups; side by side, they are groups of neighbours. The last ones may be short,
  // but all are of the same length.
  std::memset(mask, 0, mask_row_bytes(count));
  const int64_t block = pattern_.m * stride_;
  bool nan = false;
  for (int64_t first = 0; first < count; first += block) {
    const int64_t length = std::min<int64_t>(block, count - first), members = length / stride_;
    for (int64_t position = 0; position < stride_; ++position) {
      float* group = gathered_.data() + position * pattern_.m;
      for (int64_t i = 0; i < members; ++i) group[i] = w[first + i * stride_ + position];
      // Zeros come after every weight of a group.
      for (int64_t i = members; i < pattern_.m; ++i) group[i] = 0.0f;
    }
    nan = ops_.magnitude(gathered_.data(), block, pattern_.n, pattern_.m, bits_.data()) || nan;
    for (int64_t position = 0; position < stride_; ++position) {
      for (int64_t i = 0; i < members; ++i) {
        const int64_t col = first + i * stride_ + position;
        mask[col / 8] |= static_cast<uint8_t>(mask_bit(bits_.data(), position * pattern_.m + i) << col % 8);
      }
    }
  }
  return nan;
}

}  // namespace nm
