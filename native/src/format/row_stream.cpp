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
  for (int64_t i = 0; i < view_.block_kept; ++i) {
    group_cols_.push_back(static_cast<uint8_t>(i / pattern.n * pattern.m));
  }
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

void RowStream::put(int64_t r, const CompressedRow& row, Copy copy) {
  const bool stream = bytes() > kStreamBytes;
  const uint8_t* const group_cols = group_cols_.data();
  visit_weights(dtype_, [&](auto* type) {
    using Weight = std::remove_pointer_t<decltype(type)>;
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const float* const values = row.values.data() + block * view_.block_kept;
      const uint8_t* const in_group = row.index.data() + block * view_.block_kept;
      const Part to = part(block, r);
      const void* source = values;
      Weight narrowed[kMaxBlockCols];
      if constexpr (sizeof(Weight) != sizeof(float)) {
        for (int64_t i = 0; i < to.kept; ++i) narrow(values[i], &narrowed[i]);
        source = narrowed;
      }
      uint8_t index[kMaxBlockCols];
      for (int64_t i = 0; i < to.kept; ++i) index[i] = static_cast<uint8_t>(in_group[i] + group_cols[i]);
      copy(source, values_.data() + to.start * sizeof(Weight), to.kept * sizeof(Weight), stream);
      copy(index, index_.data() + to.start, to.kept, stream);
    }
  });
}

void RowStream::get(int64_t r, CompressedRow* row) const {
  visit_weights(dtype_, [&](auto* type) {
    const auto* values = static_cast<const std::remove_pointer_t<decltype(type)>*>(view_.values);
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const Part from = part(block, r);
      float* const to = row->values.data() + block * view_.block_kept;
      uint8_t* const in_group = row->index.data() + block * view_.block_kept;
      for (int64_t i = 0; i < from.kept; ++i) to[i] = widen(values[from.start + i]);
      for (int64_t i = 0; i < from.kept; ++i) {
        in_group[i] = static_cast<uint8_t>(view_.index[from.start + i] - group_cols_[i]);
      }
    }
  });
}

RowStream::Part RowStream::part(int64_t block, int64_t r) const {
  return {offset(view_, block, r), block_kept(view_, block), block * view_.block_cols};
}

}  // namespace nm
