// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/column_stream.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

namespace nm {
namespace {

// Calls visit(column, value, row within the block) for each weight in the rows of W that make a block of columns of
// W^T. Runs of rows within one block of W touch few columns, so that what visit writes stays in the cache.
template <typename Visit>
void for_each_weight(const RowStream& w, int64_t row0, int64_t rows, Visit&& visit) {
  for (int64_t block = 0; block < w.view().blocks; ++block) {
    for (int64_t r = 0; r < rows; ++r) {
      const RowStream::Part part = w.part(block, row0 + r);
      for (int64_t i = 0; i < part.kept; ++i) visit(part.first_col + part.index[i], part.values[i], r);
    }
  }
}

}  // namespace

ColumnStream::ColumnStream(const RowStream& w) {
  view_.rows = w.view().cols;
  view_.cols = w.view().rows;
  view_.blocks = (view_.cols - 1) / kBlockCols + 1;
  view_.sections = (view_.rows - 1) / kSectionRows + 1;
  order_ = AlignedArray<uint8_t>(view_.blocks * view_.sections * kSectionRows + RowStream::kSlack);
  kept_ = AlignedArray<uint8_t>(view_.blocks * view_.sections * kSectionGroups);
  starts_ = AlignedArray<int64_t>(view_.blocks * view_.sections);
  std::memset(order_.data() + order_.size() - RowStream::kSlack, 0, RowStream::kSlack);

  int64_t size = 0;
  std::vector<uint8_t> counts(view_.sections * kSectionRows);
  for (int64_t block = 0; block < view_.blocks; ++block) {
    count(w, block, counts.data());
    size = arrange(block, counts.data(), size);
  }
  values_ = AlignedArray<float>(size + RowStream::kSlack);
  index_ = AlignedArray<uint8_t>(size + RowStream::kSlack);
  std::memset(values_.data() + size, 0, RowStream::kSlack * sizeof(float));
  std::memset(index_.data() + size, 0, RowStream::kSlack);
  std::vector<int64_t> next(view_.rows);
  for (int64_t block = 0; block < view_.blocks; ++block) fill(w, block, next.data());

  view_.values = values_.data();
  view_.index = index_.data();
  view_.order = order_.data();
  view_.kept = kept_.data();
  view_.starts = starts_.data();
}

// How many weights each row keeps in the block.
void ColumnStream::count(const RowStream& w, int64_t block, uint8_t* counts) const {
  std::fill_n(counts, view_.rows, uint8_t{0});
  for_each_weight(w, block * kBlockCols, block_cols(block), [&](int64_t row, float, int64_t) { ++counts[row]; });
}

// Orders the rows of the block, and gives the groups their lengths. Returns where the next block starts.
int64_t ColumnStream::arrange(int64_t block, const uint8_t* counts, int64_t start) {
  for (int64_t section = 0; section < view_.sections; ++section) {
    const int64_t at = block * view_.sections + section;
    const int64_t rows = section_rows(section);
    uint16_t keys[kSectionRows];  // the count, then the row, so that all differ and any sort gives one order
    for (int i = 0; i < rows; ++i) keys[i] = static_cast<uint16_t>(counts[section * kSectionRows + i] << 8 | i);
    std::sort(keys, keys + rows, std::greater<>());
    starts_.data()[at] = start;
    for (int i = 0; i < kSectionRows; ++i) {
      order_.data()[at * kSectionRows + i] = static_cast<uint8_t>(i < rows ? keys[i] : i);
    }
    for (int64_t group = 0; group < kSectionGroups; ++group) {
      const int64_t first = group * kGroupRows;
      const uint8_t kept = first < rows ? keys[first] >> 8 : 0;
      kept_.data()[at * kSectionGroups + group] = kept;
      start += kept * std::clamp<int64_t>(rows - first, 0, kGroupRows);
    }
  }
  return start;
}

// Writes the values of the block. `next` has room for one place per row.
void ColumnStream::fill(const RowStream& w, int64_t block, int64_t* next) {
  float* values = values_.data();
  uint8_t* index = index_.data();
  const auto for_each_row = [&](auto&& visit) {
    for (int64_t section = 0; section < view_.sections; ++section) {
      const int64_t at = block * view_.sections + section;
      int64_t start = starts_.data()[at];
      for (int64_t i = 0; i < section_rows(section); ++i) {
        const int64_t end = start + kept_.data()[at * kSectionGroups + i / kGroupRows];
        visit(section * kSectionRows + order_.data()[at * kSectionRows + i], start, end);
        start = end;
      }
    }
  };
  for_each_row([&](int64_t row, int64_t start, int64_t) { next[row] = start; });
  for_each_weight(w, block * kBlockCols, block_cols(block), [&](int64_t row, float value, int64_t col) {
    const int64_t place = next[row]++;
    values[place] = value;
    index[place] = static_cast<uint8_t>(col);
  });
  const uint8_t padding = static_cast<uint8_t>(block_cols(block));
  for_each_row([&](int64_t row, int64_t, int64_t end) {
    std::fill(values + next[row], values + end, 0.0f);
    std::fill(index + next[row], index + end, padding);
  });
}

void ColumnStream::get(int64_t r, float* dense) const {
  std::fill_n(dense, view_.cols, 0.0f);
  const int64_t section = r / kSectionRows;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    const int64_t at = block * view_.sections + section;
    const uint8_t* order = view_.order + at * kSectionRows;
    const uint8_t* kept = view_.kept + at * kSectionGroups;
    int64_t start = view_.starts[at];
    int place = 0;
    for (; order[place] != r % kSectionRows; ++place) start += kept[place / kGroupRows];
    for (int64_t i = start; i < start + kept[place / kGroupRows]; ++i) {
      if (view_.index[i] < block_cols(block)) dense[block * kBlockCols + view_.index[i]] = view_.values[i];
    }
  }
}

int64_t ColumnStream::bytes() const {
  return values_.bytes() + index_.bytes() + order_.bytes() + kept_.bytes() + starts_.bytes();
}

int64_t ColumnStream::block_cols(int64_t block) const {
  return std::min<int64_t>(kBlockCols, view_.cols - block * kBlockCols);
}

int64_t ColumnStream::section_rows(int64_t section) const {
  return std::min<int64_t>(kSectionRows, view_.rows - section * kSectionRows);
}

}  // namespace nm
