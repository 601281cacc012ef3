// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "mask/transposable_mask.h"

#include <cmath>
#include <cstring>

#include "format/mask_rows.h"

namespace nm {
namespace {

constexpr float kLargest = 0x1p124f;  // as in cpu/transposable-inl.h

void set_bits(uint8_t* row, int64_t first, uint32_t bits) {
  for (; bits != 0; bits &= bits - 1) {
    const int64_t col = first + __builtin_ctz(bits);
    row[col / 8] |= static_cast<uint8_t>(1 << col % 8);
  }
}

}  // namespace

TransposableMasker::TransposableMasker(Pattern pattern, const RowOps& ops)
    : pattern_(pattern), ops_(ops), block_(pattern), magnitude_(pattern.m * pattern.m) {}

bool TransposableMasker::run(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask) {
  if (pattern_.n == 2 && pattern_.m == 4) return ops_.transposable(w, ld, static_cast<int>(rows), cols, mask);
  const int64_t stride = mask_row_bytes(cols);
  std::memset(mask, 0, rows * stride);
  bool nan = false;
  for (int64_t first = 0; first < cols; first += pattern_.m) {
    const int64_t width = std::min<int64_t>(pattern_.m, cols - first);
    nan = gather(w + first, ld, rows, width) || nan;
    block_.run(magnitude_.data());
    const auto there = static_cast<uint32_t>((uint64_t{1} << width) - 1);
    for (int64_t r = 0; r < rows; ++r) set_bits(mask + r * stride, first, block_.row(static_cast<int>(r)) & there);
  }
  return nan;
}

bool TransposableMasker::gather(const float* w, int64_t ld, int64_t rows, int64_t cols) {
  std::fill(magnitude_.begin(), magnitude_.end(), 0.0f);
  bool nan = false;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const float value = w[r * ld + c];
      nan = std::isnan(value) || nan;
      const float magnitude = std::fabs(value);
      magnitude_[r * pattern_.m + c] = magnitude < kLargest ? magnitude : kLargest;
    }
  }
  return nan;
}

bool obeys_transposable(const uint8_t* mask, int64_t rows, int64_t cols, Pattern pattern, int64_t block) {
  const int64_t first = block * pattern.m, end = std::min(first + pattern.m, cols);
  int kept_in_col[kMaxGroup] = {};
  for (int64_t r = 0; r < rows; ++r) {
    int kept_in_row = 0;
    for (int64_t c = first; c < end; ++c) {
      if (!mask_bit(mask + r * mask_row_bytes(cols), c)) continue;
      if (++kept_in_row > pattern.n || ++kept_in_col[c - first] > pattern.n) return false;
    }
  }
  return true;
}

}  // namespace nm
