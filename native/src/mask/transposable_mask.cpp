// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "mask/transposable_mask.h"

#include <algorithm>
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
    : pattern_(pattern),
      ops_(ops),
      blocks_(pattern.m <= kLaneSide ? ops.lane_blocks : 1),
      block_(pattern),
      magnitude_(blocks_ * pattern.m * pattern.m),
      kept_(blocks_) {}

bool TransposableMasker::run(const float* w, int64_t ld, int64_t rows, int64_t cols, uint8_t* mask) {
  if (pattern_.n == 2 && pattern_.m == 4) return ops_.transposable(w, ld, static_cast<int>(rows), cols, mask);
  const int64_t stride = mask_row_bytes(cols), m = pattern_.m;
  std::memset(mask, 0, rows * stride);
  bool nan = false;
  for (int64_t first = 0; first < cols; first += blocks_ * m) {
    std::fill(magnitude_.begin(), magnitude_.end(), 0.0f);
    for (int64_t block = 0, col = first; block < blocks_ && col < cols; ++block, col += m) {
      nan |= gather(w + col, ld, rows, std::min(m, cols - col), magnitude_.data() + block * m * m);
    }
    if (m <= kLaneSide) {
      ops_.transposable_lanes(magnitude_.data(), pattern_.n, pattern_.m, kept_.data());
    } else {
      block_.run(magnitude_.data());
    }
    for (int64_t block = 0, col = first; block < blocks_ && col < cols; ++block, col += m) {
      const auto there = static_cast<uint32_t>((uint64_t{1} << std::min(m, cols - col)) - 1);
      for (int r = 0; r < rows; ++r) set_bits(mask + r * stride, col, kept_row(block, r) & there);
    }
  }
  return nan;
}

uint32_t TransposableMasker::kept_row(int64_t block, int r) const {
  return pattern_.m <= kLaneSide ? static_cast<uint8_t>(kept_[block] >> kLaneSide * r) : block_.row(r);
}

bool TransposableMasker::gather(const float* w, int64_t ld, int64_t rows, int64_t cols, float* magnitude) const {
  bool nan = false;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      const float value = w[r * ld + c], absolute = std::fabs(value);
      nan |= std::isnan(value);
      magnitude[r * pattern_.m + c] = absolute < kLargest ? absolute : kLargest;
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
