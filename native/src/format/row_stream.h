// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// "Row stream": the packing for large batches.
//
// K is cut into blocks of at most 128 columns (whole groups), so that a block of activations, 64 wide, fits the L1
// cache. Per block, per row: the kept values in order, and per value one byte, its column within the block.
//   values:  block 0: row 0, row 1, ...; block 1: row 0, ...      index: the same order
// Each row of a block has the same number of values, so trip counts are constant. 5 bytes per kept fp32 weight, 3 for
// bf16, 2 for int8.
#ifndef NM4J_FORMAT_ROW_STREAM_H_
#define NM4J_FORMAT_ROW_STREAM_H_

#include <cstdint>
#include <vector>

#include "format/aligned_array.h"
#include "format/packed_store.h"
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

  RowStream() = default;
  RowStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols);

  void put(int64_t r, const CompressedRow& row, Copy copy);
  void get(int64_t r, CompressedRow* row) const;

  // What a row keeps in a block.
  struct Part {
    int64_t start;  // of its values and indices in the view
    int64_t kept;
    int64_t first_col;  // of the block
  };
  Part part(int64_t block, int64_t r) const;

  nm_dtype dtype() const { return dtype_; }
  bool empty() const { return values_.size() == 0; }
  int64_t bytes() const { return values_.bytes() + index_.bytes(); }
  const RowStreamView& view() const { return view_; }

 private:
  nm_dtype dtype_ = NM_F32;
  RowStreamView view_ = {};
  std::vector<uint8_t> group_cols_;  // by kept weight of a block: the first column of its group
  AlignedArray<char> values_;
  AlignedArray<uint8_t> index_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_STREAM_H_
