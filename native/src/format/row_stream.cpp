// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_stream.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "format/value_codec.h"

namespace nm {
namespace {

// Where a row's values lie in a block.
class Places {
 public:
  Places(const RowStreamView& view, int64_t block, int64_t r) {
    kept_ = block + 1 == view.blocks ? view.last_kept : view.block_kept;
    const bool alone = r >= view.rows / RowStream::kStripRows * RowStream::kStripRows;
    const int64_t in_strip = alone ? 0 : r % RowStream::kStripRows;
    const int64_t strip = block * view.block_kept * view.rows + (r - in_strip) * kept_;
    height_ = alone ? 1 : RowStream::kStripRows;
    eights_ = kept_ / 8 * 8;
    first_ = strip + in_strip * 8;
    rest_ = strip + eights_ * height_ + in_strip * (kept_ - eights_);
  }
  int64_t kept() const { return kept_; }
  int64_t operator[](int64_t i) const {
    return i < eights_ ? first_ + i / 8 * 8 * height_ + i % 8 : rest_ + i - eights_;
  }

 private:
  int64_t kept_, height_, eights_, first_, rest_;
};

// The columns of a block that a row keeps, as bits.
struct Columns {
  uint64_t words[RowStream::kMaxBlockCols / 64] = {};

  void add(int col) { words[col / 64] |= uint64_t{1} << col % 64; }
  // Ascending, at most `most`; visit(col).
  template <typename Visit>
  void for_each(int64_t most, Visit&& visit) const {
    for (int w = 0; w < RowStream::kMaxBlockCols / 64; ++w) {
      for (uint64_t bits = words[w]; bits != 0 && most > 0; bits &= bits - 1, --most) {
        visit(64 * w + __builtin_ctzll(bits));
      }
    }
  }
};

}  // namespace

RowStream::RowStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols) : dtype_(dtype) {
  view_.rows = rows;
  view_.cols = cols;
  view_.block_cols = kMaxBlockCols / pattern.m * pattern.m;
  view_.block_kept = pattern.kept(view_.block_cols);
  view_.blocks = (cols - 1) / view_.block_cols + 1;
  view_.last_kept = pattern.kept(cols - (view_.blocks - 1) * view_.block_cols);
  // Two rows share kept^2 / cols columns on average; three quarters of them leave 2.4 standard deviations at 2:4.
  max_shared_ = view_.block_kept * view_.block_kept * 3 / (4 * view_.block_cols) / 8 * 8;
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
    int64_t source = 0;
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const Places places(view_, block, r);
      for (int64_t i = 0; i < places.kept(); ++i, ++source) {
        narrow(row.values[source], &values[places[i]]);
        index_.data()[places[i]] = static_cast<uint8_t>(row.cols[source] - block * view_.block_cols);
      }
    }
  });
}

void RowStream::order_pair(int64_t pair) {
  visit_weights(dtype_, [&](auto* type) {
    for (int64_t block = 0; block < view_.blocks; ++block) {
      order_values<std::remove_pointer_t<decltype(type)>>(block, 2 * pair);
    }
  });
}

template <typename Weight>
void RowStream::order_values(int64_t block, int64_t r) {
  Weight* const values = reinterpret_cast<Weight*>(values_.data());
  Columns columns[2], shared;
  Weight by_column[2][kMaxBlockCols];
  const Places places[2] = {{view_, block, r}, {view_, block, r + 1}};
  const int64_t kept = places[0].kept();
  for (int row = 0; row < 2; ++row) {
    for (int64_t i = 0; i < kept; ++i) {
      const int64_t at = places[row][i];
      columns[row].add(index_.data()[at]);
      by_column[row][index_.data()[at]] = values[at];
    }
  }
  int64_t common = 0;
  for (int w = 0; w < kMaxBlockCols / 64; ++w) {
    shared.words[w] = columns[0].words[w] & columns[1].words[w];
  }
  shared.for_each(kMaxBlockCols, [&](int) { ++common; });
  const int64_t first = std::min(common, max_shared_) / 8 * 8;
  for (int row = 0; row < 2; ++row) {
    int64_t i = 0;
    Columns rest = columns[row];
    const auto write = [&](int col) {
      const int64_t at = places[row][i++];
      index_.data()[at] = static_cast<uint8_t>(col);
      values[at] = by_column[row][col];
    };
    shared.for_each(first, [&](int col) {
      write(col);
      rest.words[col / 64] &= ~(uint64_t{1} << col % 64);
    });
    rest.for_each(kept, write);
  }
}

void RowStream::get(int64_t r, CompressedRow* row) const {
  int64_t target = 0;
  Part part;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    read(block, r, &part);
    for (int64_t i = 0; i < part.kept; ++i, ++target) {
      row->values[target] = part.values[i];
      row->cols[target] = part.first_col + part.index[i];
    }
  }
}

void RowStream::read(int64_t block, int64_t r, Part* part) const {
  visit_weights(dtype_, [&](auto* type) {
    const auto* values = static_cast<const std::remove_pointer_t<decltype(type)>*>(view_.values);
    const Places places(view_, block, r);
    part->first_col = block * view_.block_cols;
    part->kept = places.kept();
    Columns columns;
    float by_column[kMaxBlockCols];
    for (int64_t i = 0; i < part->kept; ++i) {
      const int col = view_.index[places[i]];
      columns.add(col);
      by_column[col] = widen(values[places[i]]);
    }
    int64_t i = 0;
    columns.for_each(part->kept, [&](int col) {
      part->index[i] = static_cast<uint8_t>(col);
      part->values[i++] = by_column[col];
    });
  });
}

}  // namespace nm
