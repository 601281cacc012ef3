// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_stream.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "format/mask_rows.h"
#include "format/value_codec.h"

namespace nm {
namespace {

constexpr int64_t kEight = 8;

// Where a row's values lie in a block.
class Places {
 public:
  Places(const RowStreamView& view, int64_t block, int64_t r) {
    kept_ = block + 1 == view.blocks ? view.last_kept : view.block_kept;
    const bool alone = r >= view.rows / RowStream::kStripRows * RowStream::kStripRows;
    const int64_t in_strip = alone ? 0 : r % RowStream::kStripRows;
    strip_ = block * view.block_kept * view.rows + (r - in_strip) * kept_;
    height_ = alone ? 1 : RowStream::kStripRows;
    eights_ = kept_ / kEight * kEight;
    first_ = strip_ + in_strip * kEight;
    rest_ = strip_ + eights_ * height_ + in_strip * (kept_ - eights_);
  }
  int64_t kept() const { return kept_; }
  int64_t strip() const { return strip_; }
  int64_t operator[](int64_t i) const {
    return i < eights_ ? first_ + i / kEight * kEight * height_ + i % kEight : rest_ + i - eights_;
  }

 private:
  int64_t kept_, strip_, height_, eights_, first_, rest_;
};

// The columns of a block as bits.
void block_columns(const uint8_t* mask, int64_t first, int64_t length, int64_t cols, uint64_t (&columns)[2]) {
  columns[0] = mask_word(mask, first, cols);
  columns[1] = mask_word(mask, first + 64, cols);
  const auto limit = [](int64_t n) { return n >= 64 ? ~uint64_t{0} : n <= 0 ? 0 : (uint64_t{1} << n) - 1; };
  columns[0] &= limit(length);
  columns[1] &= limit(length - 64);
}

// Sums of eight bytes that stay below 256.
void add_eight(const uint8_t* a, const uint8_t* b, uint8_t* sums) {
  uint64_t x, y;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  x += y;
  std::memcpy(sums, &x, sizeof x);
}

}  // namespace

RowStream::RowStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols) : dtype_(dtype), pattern_(pattern) {
  view_.rows = rows;
  view_.cols = cols;
  view_.block_cols = kMaxBlockCols / pattern.m * pattern.m;
  view_.block_kept = pattern.kept(view_.block_cols);
  view_.blocks = (cols - 1) / view_.block_cols + 1;
  view_.last_kept = pattern.kept(cols - (view_.blocks - 1) * view_.block_cols);
  // Two rows share kept^2 / cols columns on average; three quarters of them leave 2.4 standard deviations at 2:4.
  max_shared_ = view_.block_kept * view_.block_kept * 3 / (4 * view_.block_cols) / kEight * kEight;
  for (int64_t i = 0; i < view_.block_kept; ++i) {
    group_cols_.push_back(static_cast<uint8_t>(i / pattern.n * pattern.m));
  }
  group_cols_.resize(view_.block_kept + kEight);  // eight are read at a time
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

void RowStream::put_strip(int64_t r, const CompressedRow* rows, Order order, Copy copy) {
  const bool stream = bytes() > kStreamBytes;
  const uint8_t* const group_cols = group_cols_.data();
  visit_weights(dtype_, [&](auto* type) {
    using Weight = std::remove_pointer_t<decltype(type)>;
    // A block of the strip as it will lie in memory.
    alignas(64) float values[kStripRows * kMaxBlockCols];
    alignas(64) uint8_t index[kStripRows * kMaxBlockCols];
    uint8_t cols[kStripRows][kMaxBlockCols] = {};
    StripBlock part;
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const Places places(view_, block, r);
      part.kept = places.kept();
      for (int64_t i = 0; i < kStripRows; ++i) {
        const uint8_t* const in_group = rows[i].index.data() + block * view_.block_kept;
        for (int64_t k = 0; k < part.kept; k += kEight) add_eight(in_group + k, group_cols + k, cols[i] + k);
        part.values[i] = rows[i].values.data() + block * view_.block_kept;
        part.cols[i] = cols[i];
        block_columns(rows[i].mask.data(), block * view_.block_cols, view_.block_cols, view_.cols, part.columns[i]);
      }
      order(part, max_shared_, values, index);
      const int64_t to = places.strip(), count = kStripRows * part.kept;
      if constexpr (std::is_same_v<Weight, float>) {
        copy(values, values_.data() + to * sizeof(Weight), count * sizeof(Weight), stream);
      } else {
        Weight narrowed[kStripRows * kMaxBlockCols];
        for (int64_t k = 0; k < count; ++k) narrow(values[k], &narrowed[k]);
        copy(narrowed, values_.data() + to * sizeof(Weight), count * sizeof(Weight), stream);
      }
      copy(index, index_.data() + to, count, stream);
    }
  });
}

void RowStream::put(int64_t r, const CompressedRow& row) {
  visit_weights(dtype_, [&](auto* type) {
    auto* values = reinterpret_cast<decltype(type)>(values_.data());
    int64_t source = 0;
    for (int64_t block = 0; block < view_.blocks; ++block) {
      const Places places(view_, block, r);
      for (int64_t i = 0; i < places.kept(); ++i, ++source) {
        narrow(row.values[source], &values[places[i]]);
        index_.data()[places[i]] = static_cast<uint8_t>(row.index[source] + group_cols_[i]);
      }
    }
  });
}

void RowStream::order_strip(int64_t strip, Order order, Copy copy) {
  std::vector<CompressedRow> rows(kStripRows, CompressedRow(pattern_, view_.cols));
  for (int64_t i = 0; i < kStripRows; ++i) {
    get(strip * kStripRows + i, &rows[i]);
    decode_mask(rows[i], rows[i].mask.data());
  }
  put_strip(strip * kStripRows, rows.data(), order, copy);
}

void RowStream::get(int64_t r, CompressedRow* row) const {
  int64_t target = 0;
  Part part;
  for (int64_t block = 0; block < view_.blocks; ++block) {
    read(block, r, &part);
    for (int64_t i = 0; i < part.kept; ++i, ++target) {
      row->values[target] = part.values[i];
      row->index[target] = static_cast<uint8_t>(part.index[i] - group_cols_[i]);
    }
  }
}

void RowStream::get_dense(int64_t r, float* dense) const {
  std::fill_n(dense, view_.cols, 0.0f);
  visit_weights(dtype_, [&](auto* type) {
    const auto* values = static_cast<const std::remove_pointer_t<decltype(type)>*>(view_.values);
    for (int64_t block = 0; block < view_.blocks; ++block, dense += view_.block_cols) {
      const Places places(view_, block, r);
      for (int64_t i = 0; i < places.kept(); i += kEight) {
        const int64_t from = places[i], count = std::min(kEight, places.kept() - i);
        for (int64_t j = from; j < from + count; ++j) dense[view_.index[j]] = widen(values[j]);
      }
    }
  });
}

void RowStream::read(int64_t block, int64_t r, Part* part) const {
  visit_weights(dtype_, [&](auto* type) {
    const auto* values = static_cast<const std::remove_pointer_t<decltype(type)>*>(view_.values);
    const Places places(view_, block, r);
    const int64_t kept = places.kept();
    part->first_col = block * view_.block_cols;
    part->kept = kept;
    uint64_t low = 0, high = 0;  // columns as bits; two variables, which stay in registers
    float by_column[kMaxBlockCols];
    for (int64_t i = 0; i < kept; i += kEight) {
      const int64_t from = places[i], count = std::min(kEight, kept - i);
      for (int64_t j = 0; j < count; ++j) {
        const unsigned col = view_.index[from + j];
        low |= uint64_t{col < 64} << col % 64;
        high |= uint64_t{col >= 64} << col % 64;
        by_column[col] = widen(values[from + j]);
      }
    }
    float* to = part->values;
    uint8_t* index = part->index;
    const auto take = [&](uint64_t bits, int first) {
      for (; bits != 0; bits &= bits - 1) {
        const int col = first + __builtin_ctzll(bits);
        *index++ = static_cast<uint8_t>(col);
        *to++ = by_column[col];
      }
    };
    take(low, 0);
    take(high, 64);
  });
}

StripWriter::StripWriter(RowStream* stream, Order order, Copy copy) : stream_(stream), order_(order), copy_(copy) {
  if (!stream->empty()) rows_.resize(RowStream::kStripRows, CompressedRow(stream->pattern(), stream->view().cols));
}

void StripWriter::add(int64_t r, CompressedRow* row) {
  const bool begins = r % RowStream::kStripRows == 0 && r / RowStream::kStripRows < stream_->strips();
  if (count_ == 0 && !begins) return stream_->put(r, *row);
  if (begins) first_ = r;
  std::swap(rows_[count_++], *row);
  if (count_ < RowStream::kStripRows) return;
  stream_->put_strip(first_, rows_.data(), order_, copy_);
  count_ = 0;
}

void StripWriter::finish() {
  for (int64_t i = 0; i < count_; ++i) stream_->put(first_ + i, rows_[i]);
  count_ = 0;
}

}  // namespace nm
