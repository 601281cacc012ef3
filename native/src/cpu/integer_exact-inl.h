// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Integer products where no kernel of an instruction set multiplies integers: exactly, by the fp32 kernels. Include
// inside a kernel file only.
//
// A product of two 8-bit integers is at most 128 * 255, so that fp32, whose integers are exact up to 2^24, sums 512 of
// them without an error, in any order. Columns are therefore cut into chunks of at most 512 kept weights; between them
// the sums are integers.
#ifndef NM4J_CPU_INTEGER_EXACT_INL_H_
#define NM4J_CPU_INTEGER_EXACT_INL_H_

#include "cpu/item_epilogue-inl.h"
#include "cpu/kernel.h"
#include "cpu/lane_panel-inl.h"
#include "cpu/row_stream-inl.h"
#include "cpu/scratch.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

constexpr int64_t kExactSlots = 512;

// Items of X less the zero point, as fp32, to [item][cols].
template <typename T>
void pack_exact(const MultiplyArgs& args, int64_t cols, const Tile& tile, float* to) {
  const bool batch_major = args.layout == NM_BATCH_MAJOR;
  const int64_t line = batch_major ? args.ldx : 1, step = batch_major ? 1 : args.ldx;
  for (int64_t i = 0; i < tile.items; ++i, to += cols) {
    const T* x = static_cast<const T*>(args.x) + (tile.item + i) * line;
    for (int64_t k = 0; k < cols; ++k) to[k] = static_cast<float>(x[k * step] - args.x_zero);
  }
}

// The fp32 product of `items` packed items, batch-major, its results `rows` apart.
inline MultiplyArgs exact_args(const float* x, int64_t cols, int64_t items, float* y, int64_t rows) {
  MultiplyArgs args = {};
  args.layout = NM_BATCH_MAJOR;
  args.batch = items;
  args.x = x;
  args.x_dtype = args.y_dtype = NM_F32;
  args.ldx = cols;
  args.alpha = 1.0f;
  args.y = y;
  args.ldy = rows;
  return args;
}

inline void add_sums(const float* from, int64_t items, int64_t from_pitch, int64_t rows, bool first,
                     const IntegerSums& sums) {
  for (int64_t i = 0; i < items; ++i) {
    int32_t* to = sums.at + i * sums.pitch;
    for (int64_t r = 0; r < rows; ++r) {
      to[r] = (first ? 0 : to[r]) + static_cast<int32_t>(from[i * from_pitch + r]);
    }
  }
}

// Lane panels, one by one: a chunk of a panel is a matrix of 16 rows.
template <typename V>
struct ExactLanePanel {
  static constexpr int64_t kPartRows = kPanelRows;
  static const LanePanelView& view(const PackedWeights& weights) { return weights.lanes; }
  static Tiling tiling(const LanePanelView& w, int64_t batch) { return lane_panel_tiling(w.rows, batch); }

  static void multiply(const LanePanelView& w, const Tile& tile, const float* x, float* part, const IntegerSums& sums) {
    const int64_t step_cols = int64_t{w.windows} * w.window_cols, chunk = kExactSlots / (w.windows * w.slots);
    for (int64_t r = 0; r < tile.rows; r += kPanelRows) {
      const int64_t rows = tile.rows - r < kPanelRows ? tile.rows - r : kPanelRows;
      for (int64_t step = 0; step < w.steps; step += chunk) {
        PackedWeights weights = {};
        LanePanelView& piece = weights.lanes = w;
        piece.data += ((tile.row + r) / kPanelRows * w.steps + step) * w.step_words;
        piece.rows = rows;
        piece.steps = w.steps - step < chunk ? w.steps - step : chunk;
        piece.padded_cols = piece.steps * step_cols;
        const int64_t col = step * step_cols;
        if (col >= w.cols) break;  // padding only
        piece.cols = w.cols - col < piece.padded_cols ? w.cols - col : piece.padded_cols;
        lane_panel_run<V, int8_t>(weights, exact_args(x + col, w.cols, tile.items, part, rows), 0, 1);
        add_sums(part, tile.items, rows, rows, step == 0, {sums.at + r, sums.pitch});
      }
    }
  }
};

// Row streams: a chunk is a matrix of a few blocks of columns.
constexpr int64_t kExactBlocks = kExactSlots / kMaxBlockCols;

inline RowStreamView exact_blocks(const RowStreamView& w, int64_t block) {
  RowStreamView piece = w;
  const int64_t start = block * w.block_kept * w.rows;
  const bool last = w.blocks - block <= kExactBlocks;
  piece.values = static_cast<const int8_t*>(w.values) + start;
  piece.index += start;
  piece.blocks = last ? w.blocks - block : kExactBlocks;
  piece.cols = last ? w.cols - block * w.block_cols : kExactBlocks * w.block_cols;
  if (!last) piece.last_kept = w.block_kept;
  return piece;
}

// A tile is one of the fp32 kernel's, which leaves the rest of `part` (all rows) untouched.
template <typename V>
struct ExactRowStream {
  static const RowStreamView& view(const PackedWeights& weights) { return weights.stream; }
  static Tiling tiling(const RowStreamView& w, int64_t batch) { return row_stream_tiling(w.rows, batch); }

  static void multiply(const RowStreamView& w, const Tile& tile, const float* x, float* part, const IntegerSums& sums) {
    const int64_t inner_tile = tile.row / tiling(w, tile.items).tile_rows;
    for (int64_t block = 0; block < w.blocks; block += kExactBlocks) {
      PackedWeights weights = {};
      weights.stream = exact_blocks(w, block);
      const int64_t col = block * w.block_cols;
      row_stream_run<V, int8_t>(weights, exact_args(x + col, w.cols, tile.items, part, w.rows), inner_tile,
                                inner_tile + 1);
      add_sums(part + tile.row, tile.items, w.rows, tile.rows, block == 0, sums);
    }
  }
};

template <typename V, typename Exact>
void integer_exact_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  const auto& w = Exact::view(weights);
  const Tiling tiling = Exact::tiling(w, args.batch);
  // Whole squares of sums may be read.
  const int64_t items = (tiling.tile_items + V::kLanes - 1) / V::kLanes * V::kLanes;
  float* x = outer_scratch(items * (w.cols + tiling.tile_rows + w.rows));
  const IntegerSums sums = {reinterpret_cast<int32_t*>(x + items * w.cols), tiling.tile_rows};
  float* part = x + items * (w.cols + tiling.tile_rows);
  int64_t packed_item = -1;
  for (int64_t t = tile_begin; t < tile_end; ++t) {
    const Tile tile = tile_at(tiling, t);
    if (tile.item != packed_item)
      (args.x_dtype == NM_S8 ? pack_exact<int8_t> : pack_exact<uint8_t>)(args, w.cols, tile, x);
    packed_item = tile.item;
    Exact::multiply(w, tile, x, part, sums);
    finish_sums<V>(args, tile, sums);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_INTEGER_EXACT_INL_H_
