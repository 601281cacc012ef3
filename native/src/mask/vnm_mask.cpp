// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "mask/vnm_mask.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "format/mask_rows.h"

namespace nm {
namespace {

constexpr int64_t kCachedWeights = 64 * 1024;  // 256 KiB

int64_t strip_columns(Pattern pattern, int64_t v) {
  const int64_t unit = std::lcm(pattern.m, 8);
  return std::max<int64_t>(1, std::min(kCachedWeights / v, kChosenColumns) / unit) * unit;
}

}  // namespace

VnmMasker::VnmMasker(Pattern pattern, int64_t v, const RowOps& ops)
    : pattern_(pattern),
      ops_(ops),
      strip_(strip_columns(pattern, v)),
      norms_(strip_),
      chosen_(mask_row_bytes(strip_)) {}

bool VnmMasker::run(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask) {
  bool nan = false;
  for (int64_t first = 0; first < cols; first += strip_) {
    const int64_t count = std::min(strip_, cols - first);
    nan |= add_norms(w + first, ld, rows, count);
    choose_columns(count);
    for (int64_t r = 0; r < rows; ++r) {
      ops_.largest_chosen(w + r * ld + first, chosen_.data(), count, pattern_.n,
                          mask + r * mask_row_bytes(cols) + first / 8);
    }
  }
  return nan;
}

bool VnmMasker::add_norms(const float* w, int64_t ld, int64_t rows, int64_t count) {
  std::fill_n(norms_.begin(), count, 0.0);
  ops_.add_magnitudes(w, ld, rows, count, norms_.data());
  bool nan = false;
  for (int64_t c = 0; c < count; ++c) {
    if (!std::isnan(norms_[c])) continue;
    norms_[c] = std::numeric_limits<double>::infinity();  // the largest, as everywhere
    nan = true;
  }
  return nan;
}

void VnmMasker::choose_columns(int64_t count) {
  std::memset(chosen_.data(), 0, mask_row_bytes(count));
  for (int64_t first = 0; first < count; first += pattern_.m) {
    const double* const norms = norms_.data() + first;
    const auto length = static_cast<int>(std::min<int64_t>(pattern_.m, count - first));
    // Those found so far, by descending norm; an equal one goes behind.
    int best[kBlockColumns], found = 0;
    for (int c = 0; c < length; ++c) {
      int at = found;
      while (at > 0 && norms[c] > norms[best[at - 1]]) --at;
      if (at == kBlockColumns) continue;
      found = std::min(found + 1, kBlockColumns);
      for (int i = found - 1; i > at; --i) best[i] = best[i - 1];
      best[at] = c;
    }
    for (int i = 0; i < found; ++i) {
      const int64_t col = first + best[i];
      chosen_[col / 8] |= static_cast<uint8_t>(1 << col % 8);
    }
  }
}

bool obeys_vnm(const uint8_t* mask, int64_t rows, int64_t cols, Pattern pattern, int64_t block) {
  const int64_t first = block * pattern.m, end = std::min(first + pattern.m, cols);
  uint32_t used = 0;
  for (int64_t r = 0; r < rows; ++r) {
    uint32_t row = 0;
    for (int64_t c = first; c < end; ++c) {
      row |= static_cast<uint32_t>(mask_bit(mask + r * mask_row_bytes(cols), c)) << (c - first);
    }
    if (__builtin_popcount(row) > pattern.n) return false;
    used |= row;
  }
  return __builtin_popcount(used) <= kBlockColumns;
}

}  // namespace nm
