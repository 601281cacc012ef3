// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// "Column stream": the transpose of a row stream, for products with W^T. Each row of W^T is a column of W, and how many
// weights it keeps is not known beforehand. But four neighbouring rows keep the same number in (nearly) each column: at
// 2:4 two, so a kernel can load a row of activations once for both.
//
// Rows and columns here are those of the packed matrix, W^T. K is cut into blocks of 128 columns, as in a row stream,
// and the rows into groups of 4. Per block and group, the columns are sorted by which of the 4 rows keep them: class
// c = 1 .. 15 holds the columns kept by row i for each bit i of c and by no other. Nothing is padded.
//   index:   block 0: group 0: columns of class 1, of class 2, ...; group 1: ...; block 1, at a place of its own, so
//            that blocks are set independently of each other: ...
//   values:  the same order; per column one value for each row of the class, ascending
//   counts:  16 bytes per block and group, columns in each class (the first byte is 0)
// 2:4: an index for two values and 16 bytes per 256 values, 4.6 bytes per kept fp32 weight.
#ifndef NM4J_FORMAT_COLUMN_STREAM_H_
#define NM4J_FORMAT_COLUMN_STREAM_H_

#include <cstdint>

#include "format/aligned_array.h"
#include "format/packed_store.h"
#include "format/pattern.h"

namespace nm {

// Where a section starts.
struct ColumnStreamStart {
  int64_t value, column;
};

// What a kernel sees. No member functions, see LanePanelView.
struct ColumnStreamView {
  const float* values;
  const uint8_t* index;
  const uint8_t* counts;            // [block][sections * 16][16]
  const ColumnStreamStart* starts;  // [block][section]: every 16 groups a place to begin
  int64_t rows, cols;
  int64_t blocks, sections;
};

class ColumnStream {
 public:
  static constexpr int kBlockCols = kColumnBlock;
  static constexpr int kGroupRows = kColumnRows;
  static constexpr int kClasses = kColumnClasses;
  static constexpr int kSectionGroups = 16;
  static constexpr int kSectionRows = kSectionGroups * kGroupRows;

  ColumnStream() = default;

  // Room for the transpose of w_rows x w_cols weights that keep what the pattern says.
  ColumnStream(Pattern pattern, int64_t w_rows, int64_t w_cols);

  // Sets a block: 128 rows of W, or those that are left. mask: their masks, with exactly min(N, length) bits a group.
  // Returns whether there is a NaN among the weights kept. Blocks may be set again, several at once.
  bool set_block(int64_t block, const float* w, int64_t ld, const uint8_t* mask, SortColumns sort);

  // Row r as dense, +0.0 where nothing is kept.
  void get(int64_t r, float* dense) const;

  Pattern pattern() const { return pattern_; }  // of W
  bool empty() const { return starts_.size() == 0; }
  int64_t bytes() const { return values_.bytes() + index_.bytes() + counts_.bytes() + starts_.bytes(); }
  const ColumnStreamView& view() const { return view_; }

 private:
  uint8_t* counts(int64_t block, int64_t group) {
    return counts_.data() + (block * view_.sections * kSectionGroups + group) * kClasses;
  }

  Pattern pattern_ = {};
  int64_t block_values_ = 0, block_columns_ = 0;  // from a block's first to the next one's
  ColumnStreamView view_ = {};
  AlignedArray<float> values_;
  AlignedArray<uint8_t> index_, counts_;
  AlignedArray<ColumnStreamStart> starts_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_COLUMN_STREAM_H_
