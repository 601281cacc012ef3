// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// "Row stream": the packing for large batches.
//
// K is cut into blocks of at most 128 columns (whole groups), so that a block of activations, 64 wide, fits the L1
// cache. Per block, the rows come in strips of 4, whose kept values are interleaved by eights, so that a kernel reads
// one stream for 4 rows; per value one byte, its column within the block.
//   values:  block 0: strip 0: 8 values of row 0, 8 of row 1, 8 of row 2, 8 of row 3, the next 8 of row 0, ...;
//                     what is left below eight, row by row; strip 1: ...; block 1: ...
//   index:   the same order
// Rows beyond the last whole strip are strips of one row. Each row of a block has the same number of values, so trip
// counts are constant. 5 bytes per kept fp32 weight, 3 for bf16, 2 for int8.
//
// Within a block a row's values come in an order that suits its pair (rows 0 and 1, 2 and 3 of a strip): first eights
// of columns that both rows keep, so that a kernel that finds the same eight columns in both loads activations once for
// the two rows; then the rest, ascending. How many columns come first is limited to what nearly all pairs of random
// rows share: a number that varies from pair to pair would cost a mispredicted branch each.
#ifndef NM4J_FORMAT_ROW_STREAM_H_
#define NM4J_FORMAT_ROW_STREAM_H_

#include <cstdint>

#include "format/aligned_array.h"
#include "format/row_codec.h"
#include "nm4j/nm4j.h"

namespace nm {

// What a kernel sees. No member functions, see LanePanelView.
struct RowStreamView {
  const void* values;  // in the matrix's type
  const uint8_t* index;
  int64_t rows, cols;
  int64_t block_cols;  // columns of every block but perhaps the last
  int64_t block_kept;  // kept weights per row in such a block
  int64_t blocks;      // number of blocks
  int64_t last_kept;   // kept weights per row in the last block
};

class RowStream {
 public:
  // Kernels may read up to this many values and indices past the end of a row, never use them.
  static constexpr int64_t kSlack = 16;
  static constexpr int64_t kMaxBlockCols = 128;
  static constexpr int64_t kStripRows = 4;

  RowStream() = default;
  RowStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols);

  // Rows may be put from several threads at once, and pairs ordered, as long as no two touch the same pair.
  void put(int64_t r, const CompressedRow& row);
  // Orders the values of rows 2 * pair and 2 * pair + 1, which have been put. Once or many times: the order is the
  // same.
  void order_pair(int64_t pair);
  void get(int64_t r, CompressedRow* row) const;

  // What a row keeps in a block: values, widened, and their columns within the block, ascending.
  struct Part {
    int64_t first_col;  // of the block
    int64_t kept;
    float values[kMaxBlockCols];
    uint8_t index[kMaxBlockCols];
  };
  void read(int64_t block, int64_t r, Part* part) const;

  int64_t pairs() const { return view_.rows / kStripRows * (kStripRows / 2); }
  nm_dtype dtype() const { return dtype_; }
  bool empty() const { return values_.size() == 0; }
  int64_t bytes() const { return values_.bytes() + index_.bytes(); }
  const RowStreamView& view() const { return view_; }

 private:
  template <typename Weight>
  void order_values(int64_t block, int64_t r);

  nm_dtype dtype_ = NM_F32;
  int64_t max_shared_ = 0;  // of a block's columns
  RowStreamView view_ = {};
  AlignedArray<char> values_;
  AlignedArray<uint8_t> index_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_STREAM_H_
