// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// "Tile stream": the packing for matrix tiles (AMX), whose instructions multiply dense ones.
//
// Weights come from memory compressed, and a kernel expands them into dense tiles in L1. A tile is 16 rows of 64 bytes:
// as many whole groups as fit 32 columns of bf16, or 64 of int8. Columns that are left over stay empty. A tile of the
// stream:
//   masks:   for each row, one bit a column of the dense tile (4 bytes for bf16, 8 for int8), lowest column first
//   values:  for each row, `slots` of them: what it keeps, ascending
// rounded up to 64 bytes. Rows do not depend on each other, and any pattern expands by the same instruction.
//   order:   strips 0 and 1 (of 16 rows): their first tiles, their second ones, ...; strips 2 and 3: ...
// so that a kernel that takes two strips, column by column, reads one stream. 2:4: 1.125 bytes for each
// weight of the dense bf16 matrix (which has 2), 0.625 of int8.
#ifndef NM4J_FORMAT_TILE_STREAM_H_
#define NM4J_FORMAT_TILE_STREAM_H_

#include <cstdint>

#include "format/aligned_array.h"
#include "format/row_codec.h"
#include "nm4j/nm4j.h"

namespace nm {

constexpr int kTileRows = 16, kTileRowBytes = 64, kTileBytes = kTileRows * kTileRowBytes;

// What a kernel sees. No member functions, see LanePanelView.
struct TileStreamView {
  const char* data;
  int64_t rows, cols;
  int64_t strips;      // of 16 rows
  int64_t blocks;      // of columns
  int64_t block_cols;  // columns of every block but perhaps the last
  int64_t slots;       // values of a row in a tile of the stream
  int64_t tile_bytes;  // of a tile of the stream
};

// The number of the tile of a strip and a block of columns.
inline int64_t tile_index(const TileStreamView& w, int64_t strip, int64_t block) {
  const int64_t first = strip / 2 * 2;
  return first * w.blocks + block * (w.strips - first < 2 ? 1 : 2) + strip - first;
}

class TileStream {
 public:
  TileStream() = default;
  TileStream(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols);  // NM_BF16 or NM_S8

  // Rows may be put from several threads at once.
  void put(int64_t r, const CompressedRow& row);

  bool empty() const { return data_.size() == 0; }
  int64_t bytes() const { return data_.bytes(); }
  const TileStreamView& view() const { return view_; }

 private:
  template <typename Weight>
  void put_as(int64_t r, const CompressedRow& row);

  nm_dtype dtype_ = NM_BF16;
  TileStreamView view_ = {};
  AlignedArray<char> data_;
};

}  // namespace nm

#endif  // NM4J_FORMAT_TILE_STREAM_H_
