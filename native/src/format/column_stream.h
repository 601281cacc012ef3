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
//   index:   block 0: group 0: columns of class 1, of class 2, ...; group 1: ...; block 1: ...
//   values:  the same order; per column one value for each row of the class, ascending
//   counts:  16 bytes per block and group, columns in each class (the first byte is 0)
// 2:4: an index for two values and 16 bytes per 256 values, 4.6 bytes per kept fp32 weight.
#ifndef NM4J_FORMAT_COLUMN_STREAM_H_
#define NM4J_FORMAT_COLUMN_STREAM_H_

#include <cstdint>
#include <vector>

#include "format/aligned_array.h"
#include "format/row_stream.h"

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
  static constexpr int kBlockCols = 128;
  static constexpr int kGroupRows = 4;
  static constexpr int kClasses = 1 << kGroupRows;
  static constexpr int kSectionGroups = 16;
  static constexpr int kSectionRows = kSectionGroups * kGroupRows;

  ColumnStream() = default;

  // The transpose of w, which is fp32, in two passes over its weights.
  explicit ColumnStream(const RowStream& w);

  // Row r as dense, +0.0 where nothing is kept.
  void get(int64_t r, float* dense) const;

  bool empty() const { return starts_.size() == 0; }
  int64_t bytes() const { return values_.bytes() + index_.bytes() + counts_.bytes() + starts_.bytes(); }
  const ColumnStreamView& view() const { return view_; }

 private:
  void fill(const RowStream& w, int64_t block, std::vector<ColumnStreamStart>* next);

  uint8_t* counts(int64_t block, int64_t group) {
    return counts_.data() + (block * view_.sections * kSectionGroups + group) * kClasses;
  }

  ColumnStreamView view_ = {};
  AlignedArray<float> values_;
  AlignedArray<uint8_t> index_, counts_;
  AlignedArray<ColumnStreamStart> starts_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_COLUMN_STREAM_H_
