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
#include <vector>

#include "format/aligned_array.h"
#include "format/packed_store.h"
#include "format/row_codec.h"
#include "nm4j/nm4j.h"

namespace nm {

constexpr int64_t kMaxBlockCols = 128;

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
  static constexpr int64_t kStripRows = nm::kStripRows;

  RowStream() = default;
  RowStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols);

  // A whole strip, whose first row is r.
  void put_strip(int64_t r, const CompressedRow* rows, Order order, Copy copy);
  // One row. Rows of a strip that come one by one are to be ordered once they are all there.
  void put(int64_t r, const CompressedRow& row);
  void order_strip(int64_t strip, Order order, Copy copy);
  // The row, but for its mask.
  void get(int64_t r, CompressedRow* row) const;
  // The row as dense, +0.0 where nothing is kept.
  void get_dense(int64_t r, float* dense) const;

  // What a row keeps in a block: values, widened, and their columns within the block, ascending.
  struct Part {
    int64_t first_col;  // of the block
    int64_t kept;
    float values[kMaxBlockCols];
    uint8_t index[kMaxBlockCols];
  };
  void read(int64_t block, int64_t r, Part* part) const;

  int64_t strips() const { return view_.rows / kStripRows; }
  nm_dtype dtype() const { return dtype_; }
  Pattern pattern() const { return pattern_; }
  bool empty() const { return values_.size() == 0; }
  int64_t bytes() const { return values_.bytes() + index_.bytes(); }
  const RowStreamView& view() const { return view_; }

 private:
  nm_dtype dtype_ = NM_F32;
  Pattern pattern_ = {};
  int64_t max_shared_ = 0;  // columns of a block that come first
  RowStreamView view_ = {};
  std::vector<uint8_t> group_cols_;  // by kept weight of a block: the first column of its group
  AlignedArray<char> values_;
  AlignedArray<uint8_t> index_;
};

// Collects rows that come in order into strips. Rows of strips that are not whole are put one by one.
class StripWriter {
 public:
  StripWriter(RowStream* stream, Order order, Copy copy);

  // Rows come by ascending number, without a gap. Takes the row and leaves another one of the same shape.
  void add(int64_t r, CompressedRow* row);
  void finish();

 private:
  RowStream* stream_;
  Order order_;
  Copy copy_;
  std::vector<CompressedRow> rows_;
  int64_t first_ = 0, count_ = 0;
};

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_STREAM_H_
