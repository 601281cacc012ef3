// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "train/soft_threshold.h"

#include "train/strip_mask.h"

namespace nm {

SoftThreshold::SoftThreshold(Pattern pattern, nm_isa isa)
    : pattern_(pattern), rows_(row_ops(isa)), ops_(update_ops(isa)) {
  of_weight_.resize(strip_length(pattern, 1));
  of_group_.resize(of_weight_.size() / pattern.m);
}

bool SoftThreshold::run(const float* row, int64_t cols, float scale, float* out) {
  const auto length = static_cast<int64_t>(of_weight_.size());
  for (int64_t first = 0; first < cols; first += length) {
    const int64_t count = std::min(length, cols - first);
    if (!rows_.thresholds(row + first, count, pattern_.n, pattern_.m, of_group_.data())) return false;
    float* t = of_weight_.data();
    for (int64_t group = 0; group * pattern_.m < count; ++group) {
      for (int i = 0; i < pattern_.m; ++i) *t++ = of_group_[group];
    }
    ops_.soft(row + first, of_weight_.data(), count, scale, out + first);
  }
  return true;
}

void ScaleSums::add(const float* w, const float* s, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    dot += static_cast<double>(w[i]) * s[i];
    square += static_cast<double>(s[i]) * s[i];
  }
}

}  // namespace nm
