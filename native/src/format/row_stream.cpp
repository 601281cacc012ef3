// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_stream.h"

#include <cstring>

namespace nm {
namespace {

int64_t block_kept(const RowStreamView& view, int64_t block) {
  return block + 1 == view.blocks ? view.last_kept : view.block_kept;
}

int64_t offset(const RowStreamView& view, int64_t block, int64_t r) {
  return block * view.block_kept * view.rows + r * block_kept(view, block);
}

}  // namespace

RowStream::RowStream(Pattern pattern, int64_t rows, int64_t cols) {
  view_.rows = rows;
  view_.cols = cols;
  view_.block_cols = kMaxBlockCols / pattern.m * pattern.m;
  view_.block_kept = pattern.kept(view_.block_cols);
  view_.blocks = (cols - 1) / view_.block_cols + 1;
  view_.last_kept = pattern.kept(cols - (view_.blocks - 1) * view_.block_cols);
  int64_t size;
  if (__builtin_mul_overflow(rows, pattern.kept(cols), &size) || __builtin_add_overflow(size, kSlack, &size)) {
    throw std::bad_alloc();
  }
  values_ = AlignedArray<float>(size);
  index_ = AlignedArray<uint8_t>(size);
  std::memset(values_.data() + size - kSlack, 0, kSlack * sizeof(float));
  std::memset(index_.data() + size - kSlack, 0, kSlack);
  view_.values = values_.data();
  view_.index = index_.data();
}

void RowStream::put(int64_t r, const CompressedRow& row) {
  for (int64_t block = 0; block < view_.blocks; ++block) {
    const int64_t source = block * view_.block_kept;
    const int64_t target = offset(view_, block, r);
    for (int64_t i = 0; i < block_kept(view_, block); ++i) {
      values_.data()[target + i] = row.values[source + i];
      index_.data()[target + i] = static_cast<uint8_t>(row.cols[source + i] - block * view_.block_cols);
    }
  }
}

void RowStream::get(int64_t r, CompressedRow* row) const {
  int64_t target = 0;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    const Part source = part(block, r);
    for (int64_t i = 0; i < source.kept; ++i, ++target) {
      row->values[target] = source.values[i];
      row->cols[target] = source.first_col + source.index[i];
    }
  }
}

RowStream::Part RowStream::part(int64_t block, int64_t r) const {
  const int64_t start = offset(view_, block, r);
  return {view_.values + start, view_.index + start, block_kept(view_, block), block * view_.block_cols};
}

}  // namespace nm
