// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "mask/vnm_block.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "format/mask_rows.h"

namespace nm {

VnmMasker::VnmMasker(Pattern pattern, int64_t cols, const RowOps& ops)
    : pattern_(pattern), cols_(cols), ops_(ops), norms_(cols) {
  const int64_t blocks = cols / pattern.m + (cols % pattern.m != 0);
  columns_.resize(blocks * kBlockColumns);
  gathered_.resize(columns_.size());
  bits_.resize(mask_row_bytes(static_cast<int64_t>(columns_.size())));
}

bool VnmMasker::run(const float* w, int64_t ld, int64_t rows, uint8_t* mask) {
  const bool nan = add_norms(w, ld, rows);
  choose_columns();
  const auto count = static_cast<int64_t>(columns_.size());
  for (int64_t r = 0; r < rows; ++r) {
    const float* const row = w + r * ld;
    uint8_t* const mask_row = mask + r * mask_row_bytes(cols_);
    // Zeros where a block is shorter come after its weights.
    for (int64_t i = 0; i < count; ++i) gathered_[i] = columns_[i] < 0 ? 0.0f : row[columns_[i]];
    ops_.magnitude(gathered_.data(), count, pattern_.n, kBlockColumns, bits_.data());
    std::memset(mask_row, 0, mask_row_bytes(cols_));
    for (int64_t i = 0; i < count; ++i) {
      const int64_t col = columns_[i];
      if (col >= 0) mask_row[col / 8] |= static_cast<uint8_t>(mask_bit(bits_.data(), i) << col % 8);
    }
  }
  return nan;
}

bool VnmMasker::add_norms(const float* w, int64_t ld, int64_t rows) {
  std::fill(norms_.begin(), norms_.end(), 0.0);
  double* const norms = norms_.data();
  for (int64_t r = 0; r < rows; ++r) {
    const float* const row = w + r * ld;
    for (int64_t c = 0; c < cols_; ++c) norms[c] += std::fabs(static_cast<double>(row[c]));
  }
  bool nan = false;
  for (double& norm : norms_) {
    if (!std::isnan(norm)) continue;
    norm = std::numeric_limits<double>::infinity();  // the largest, as everywhere
    nan = true;
  }
  return nan;
}

void VnmMasker::choose_columns() {
  for (size_t at = 0; at < columns_.size(); at += kBlockColumns) {
    const int64_t first = static_cast<int64_t>(at) / kBlockColumns * pattern_.m;
    const int64_t length = std::min<int64_t>(pattern_.m, cols_ - first);
    uint32_t chosen = 0;
    for (int64_t i = 0; i < std::min<int64_t>(kBlockColumns, length); ++i) {
      int64_t best = -1;
      for (int64_t c = 0; c < length; ++c) {
        if ((chosen >> c & 1) == 0 && (best < 0 || norms_[first + c] > norms_[first + best])) best = c;
      }
      chosen |= 1u << best;
    }
    for (int i = 0; i < kBlockColumns; ++i, chosen &= chosen - 1) {
      columns_[at + i] = chosen == 0 ? -1 : first + __builtin_ctz(chosen);
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
