// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// "Column stream": the transpose of a row stream, for products with W^T. Each row of W^T is a column of W, and how many
// weights it keeps is not known beforehand.
//
// Rows and columns here are those of the packed matrix, W^T. K is cut into blocks of 128 columns, as in a row stream,
// and the rows into sections of 64. Within a section the rows are ordered by how many weights they keep in the block,
// most first, so that groups of 4 successive rows keep nearly the same number; the shorter ones are padded:
//   values:  block 0: section 0: group 0: row, row, row, row; group 1: ...; block 1: ...      index: the same order
// Padding is +0.0 opposite column `cols of the block`, one beyond its last: a kernel must read zeros there.
// 2:4 with random masks: 1 % padding, 5.1 bytes per kept fp32 weight.
#ifndef NM4J_FORMAT_COLUMN_STREAM_H_
#define NM4J_FORMAT_COLUMN_STREAM_H_

#include <cstdint>

#include "format/aligned_array.h"
#include "format/row_stream.h"

namespace nm {

// What a kernel sees. No member functions, see LanePanelView.
struct ColumnStreamView {
  const float* values;
  const uint8_t* index;   // column within the block
  const uint8_t* order;   // [block][sections * 64]: the row within its section, by place
  const uint8_t* kept;    // [block][sections * 16]: values in each row of a group, padding included
  const int64_t* starts;  // [block][section]: where its values start
  int64_t rows, cols;
  int64_t blocks, sections;
};

class ColumnStream {
 public:
  static constexpr int kBlockCols = 128;
  static constexpr int kSectionRows = 64;
  static constexpr int kGroupRows = 4;
  static constexpr int kSectionGroups = kSectionRows / kGroupRows;

  ColumnStream() = default;

  // The transpose of w, in two passes over its weights.
  explicit ColumnStream(const RowStream& w);

  // Row r as dense, +0.0 where nothing is kept.
  void get(int64_t r, float* dense) const;

  bool empty() const { return starts_.size() == 0; }
  int64_t bytes() const;
  const ColumnStreamView& view() const { return view_; }

 private:
  void count(const RowStream& w, int64_t block, uint8_t* counts) const;
  int64_t arrange(int64_t block, const uint8_t* counts, int64_t start);
  void fill(const RowStream& w, int64_t block, int64_t* next);

  int64_t block_cols(int64_t block) const;
  int64_t section_rows(int64_t section) const;

  ColumnStreamView view_ = {};
  AlignedArray<float> values_;
  AlignedArray<uint8_t> index_, order_, kept_;
  AlignedArray<int64_t> starts_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_COLUMN_STREAM_H_
