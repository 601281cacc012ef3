// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/column_stream.h"

#include <algorithm>
#include <cstring>

namespace nm {
namespace {

// Rows in each class: the bits of its number. (The instruction that counts them is none of every CPU's.)
constexpr int8_t kKept[ColumnStream::kClasses] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

// Calls visit(group, class, values, column within the block) for what each group of rows of W^T keeps in each column of
// a block: successive weights of a row of W. (A group that spans two blocks of W is visited for either, with classes
// that have no common bit.) The rows of W pass within one block of W at a time: they touch few groups, so that what
// visit writes stays in the cache.
template <typename Visit>
void for_each_column(const RowStream& w, int64_t block, Visit&& visit) {
  const int64_t first = block * ColumnStream::kBlockCols;
  const int64_t cols = std::min<int64_t>(ColumnStream::kBlockCols, w.view().rows - first);
  RowStream::Part part;
  for (int64_t source = 0; source < w.view().blocks; ++source) {
    for (int64_t col = 0; col < cols; ++col) {
      w.read(source, first + col, &part);
      const auto row = [&](int64_t i) { return static_cast<uint64_t>(part.first_col) + part.index[i]; };
      for (int64_t i = 0; i < part.kept;) {
        const int64_t start = i;
        const uint64_t group = row(i) / ColumnStream::kGroupRows;
        int kept_by = 0;
        do {
          kept_by |= 1 << row(i++) % ColumnStream::kGroupRows;
        } while (i < part.kept && row(i) / ColumnStream::kGroupRows == group);
        visit(group, kept_by, part.values + start, col);
      }
    }
  }
}

void advance(ColumnStreamStart* at, int kept_by, int64_t columns) {
  at->value += kKept[kept_by] * columns;
  at->column += columns;
}

}  // namespace

ColumnStream::ColumnStream(const RowStream& w) {
  view_.rows = w.view().cols;
  view_.cols = w.view().rows;
  view_.blocks = (view_.cols - 1) / kBlockCols + 1;
  view_.sections = (view_.rows - 1) / kSectionRows + 1;
  counts_ = AlignedArray<uint8_t>(view_.blocks * view_.sections * kSectionGroups * kClasses);
  starts_ = AlignedArray<ColumnStreamStart>(view_.blocks * view_.sections);
  std::memset(counts_.data(), 0, counts_.size());

  ColumnStreamStart end = {0, 0};
  for (int64_t block = 0; block < view_.blocks; ++block) {
    for_each_column(w, block,
                    [&](int64_t group, int kept_by, const float*, int64_t) { ++counts(block, group)[kept_by]; });
    for (int64_t group = 0; group < view_.sections * kSectionGroups; ++group) {
      if (group % kSectionGroups == 0) starts_.data()[block * view_.sections + group / kSectionGroups] = end;
      for (int c = 1; c < kClasses; ++c) advance(&end, c, counts(block, group)[c]);
    }
  }
  values_ = AlignedArray<float>(end.value);
  index_ = AlignedArray<uint8_t>(end.column);
  std::vector<ColumnStreamStart> next(view_.sections * kSectionGroups * kClasses);
  for (int64_t block = 0; block < view_.blocks; ++block) fill(w, block, &next);

  view_.values = values_.data();
  view_.index = index_.data();
  view_.counts = counts_.data();
  view_.starts = starts_.data();
}

// Writes the values of a block. `next` has room for the place of each group and class.
void ColumnStream::fill(const RowStream& w, int64_t block, std::vector<ColumnStreamStart>* next) {
  ColumnStreamStart end = starts_.data()[block * view_.sections];
  for (int64_t group = 0; group < view_.sections * kSectionGroups; ++group) {
    for (int c = 1; c < kClasses; ++c) {
      (*next)[group * kClasses + c] = end;
      advance(&end, c, counts(block, group)[c]);
    }
  }
  float* const values = values_.data();
  uint8_t* const index = index_.data();
  for_each_column(w, block, [&](int64_t group, int kept_by, const float* kept, int64_t col) {
    ColumnStreamStart* at = &(*next)[group * kClasses + kept_by];
    const ColumnStreamStart place = *at;
    for (int i = 0; i < kKept[kept_by]; ++i) values[place.value + i] = kept[i];
    index[place.column] = static_cast<uint8_t>(col);
    *at = {place.value + kKept[kept_by], place.column + 1};
  });
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
