// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_stream.h"

#include <cstring>
#include <type_traits>

#include "format/value_codec.h"

namespace nm {
namespace {

constexpr int64_t kMaxBlockCols = 128;

int64_t block_kept(const RowStreamView& view, int64_t block) {
  return block + 1 == view.blocks ? view.last_kept : view.block_kept;
}

int64_t offset(const RowStreamView& view, int64_t block, int64_t r) {
  return block * view.block_kept * view.rows + r * block_kept(view, block);
}

}  // namespace

RowStream::RowStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols) : dtype_(dtype) {
  view_.rows = rows;
  view_.cols = cols;
  view_.block_cols = kMaxBlockCols / pattern.m * pattern.m;
  view_.block_kept = pattern.kept(view_.block_cols);
  view_.blocks = (cols - 1) / view_.block_cols + 1;
  view_.last_kept = pattern.kept(cols - (view_.blocks - 1) * view_.block_cols);
  int64_t size, value_bytes;
  if (__builtin_mul_overflow(rows, pattern.kept(cols), &size) || __builtin_add_overflow(size, kSlack, &size) ||
      __builtin_mul_overflow(size, weight_bytes(dtype), &value_bytes)) {
    throw std::bad_alloc();
  }
  values_ = AlignedArray<char>(value_bytes);
  index_ = AlignedArray<uint8_t>(size);
  const int64_t slack_bytes = kSlack * weight_bytes(dtype);
  std::memset(values_.data() + value_bytes - slack_bytes, 0, slack_bytes);
  std::memset(index_.data() + size - kSlack, 0, kSlack);
  view_.values = values_.data();
  view_.index = index_.data();
}

void RowStream::put(int64_t r, const CompressedRow& row) {
  visit_weights(dtype_, [&](auto* type) {
    auto* values = reinterpret_cast<decltype(type)>(values_.data());
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const int64_t source = block * view_.block_kept;
      const int64_t target = offset(view_, block, r);
      for (int64_t i = 0; i < block_kept(view_, block); ++i) {
        narrow(row.values[source + i], &values[target + i]);
        index_.data()[target + i] = static_cast<uint8_t>(row.cols[source + i] - block * view_.block_cols);
      }
    }
  });
}

void RowStream::get(int64_t r, CompressedRow* row) const {
  visit_weights(dtype_, [&](auto* type) {
    const auto* values = static_cast<const std::remove_pointer_t<decltype(type)>*>(view_.values);
    int64_t target = 0;
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const Part source = part(block, r);
      for (int64_t i = source.start; i < source.start + source.kept; ++i, ++target) {
        row->values[target] = widen(values[i]);
        row->cols[target] = source.first_col + index_.data()[i];
      }
    }
  });
}

RowStream::Part RowStream::part(int64_t block, int64_t r) const {
  return {offset(view_, block, r), block_kept(view_, block), block * view_.block_cols};
}

}  // namespace nm
