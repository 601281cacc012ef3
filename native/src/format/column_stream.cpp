// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/column_stream.h"

#include <algorithm>
#include <cstring>

#include "format/mask_rows.h"

namespace nm {
namespace {

constexpr int64_t kSlack = 16;  // what writers may run over, whole cache lines of values

// Rows in each class: the bits of its number. (The instruction that counts them is none of every CPU's.)
constexpr int8_t kKept[ColumnStream::kClasses] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

void advance(ColumnStreamStart* at, int kept_by, int64_t columns) {
  at->value += kKept[kept_by] * columns;
  at->column += columns;
}

}  // namespace

ColumnStream::ColumnStream(Pattern pattern, int64_t w_rows, int64_t w_cols) : pattern_(pattern) {
  const int64_t groups = (w_cols - 1) / kGroupRows + 1;
  view_.rows = w_cols;
  view_.cols = w_rows;
  view_.blocks = (w_rows - 1) / kBlockCols + 1;
  view_.sections = (groups - 1) / kSectionGroups + 1;
  // A row of W keeps something in so many groups at most, and is a column of each.
  const int64_t kept = pattern.kept(w_cols), columns = std::min(kept, groups);
  block_values_ = kBlockCols * kept + kSlack;
  block_columns_ = kBlockCols * columns + kSlack;
  const int64_t last = w_rows - (view_.blocks - 1) * kBlockCols;
  int64_t values, indices, counts;
  if (__builtin_mul_overflow(view_.blocks - 1, block_values_, &values) ||
      __builtin_mul_overflow(view_.blocks - 1, block_columns_, &indices) ||
      __builtin_mul_overflow(view_.blocks, view_.sections * kSectionGroups * kClasses, &counts)) {
    throw std::bad_alloc();
  }
  values_ = AlignedArray<float>(values + last * kept + kSlack);
  index_ = AlignedArray<uint8_t>(indices + last * columns + kSlack);
  counts_ = AlignedArray<uint8_t>(counts);
  starts_ = AlignedArray<ColumnStreamStart>(view_.blocks * view_.sections);
  std::memset(counts_.data(), 0, counts_.size());
  view_.values = values_.data();
  view_.index = index_.data();
  view_.counts = counts_.data();
  view_.starts = starts_.data();
}

bool ColumnStream::set_block(int64_t block, const float* w, int64_t ld, const uint8_t* mask, SortColumns sort) {
  const int64_t rows = std::min<int64_t>(kBlockCols, view_.cols - block * kBlockCols);
  const int64_t mask_ld = mask_row_bytes(view_.rows);
  float* values = values_.data() + block * block_values_;
  uint8_t* index = index_.data() + block * block_columns_;
  float last[kBlockCols][kGroupRows];  // of a short last group
  uint8_t kept_by[2][kBlockCols] = {};
  bool nan = false;
  for (int64_t col = 0; col < view_.rows; col += kGroupRows) {
    const int64_t group = col / kGroupRows;
    if (group % 2 == 0) {
      for (int64_t r = 0; r < rows; ++r) {
        const uint8_t bits = mask[r * mask_ld + col / 8];
        kept_by[0][r] = bits & 0xf;
        kept_by[1][r] = bits >> 4;
      }
    }
    if (group % kSectionGroups == 0) {
      starts_.data()[block * view_.sections + group / kSectionGroups] = {values - values_.data(),
                                                                         index - index_.data()};
    }
    const float* from = w + col;
    int64_t from_ld = ld;
    if (view_.rows - col < kGroupRows) {
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < kGroupRows; ++i) last[r][i] = col + i < view_.rows ? w[r * ld + col + i] : 0.0f;
      }
      from = last[0];
      from_ld = kGroupRows;
    }
    nan |= sort(kept_by[group % 2], from, from_ld, counts(block, group), &index, &values);
  }
  return nan;
}

void ColumnStream::get(int64_t r, float* dense) const {
  std::fill_n(dense, view_.cols, 0.0f);
  const int64_t group = r / kGroupRows;
  const int bit = 1 << r % kGroupRows;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    const int64_t section = block * view_.sections + group / kSectionGroups;
    const uint8_t* counts = view_.counts + section * kSectionGroups * kClasses;
    ColumnStreamStart at = view_.starts[section];
    for (int64_t i = 0; i < group % kSectionGroups * kClasses; ++i) advance(&at, i % kClasses, counts[i]);
    counts += group % kSectionGroups * kClasses;
    for (int c = 1; c < kClasses; ++c) {
      const int kept = kKept[c], before = kKept[c & (bit - 1)];
      for (int64_t i = 0; i < counts[c] && (c & bit) != 0; ++i) {
        dense[block * kBlockCols + view_.index[at.column + i]] = view_.values[at.value + i * kept + before];
      }
      advance(&at, c, counts[c]);
    }
  }
}

}  // namespace nm
