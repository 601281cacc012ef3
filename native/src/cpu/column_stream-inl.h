// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposed weights: kernels over the column-stream packing. Include inside a kernel file only.
//
// As row streams, with two differences. The rows of a section come in the packing's order, so the kernel looks up where
// their sums are. Padded slots must add nothing, even if an activation is infinite or NaN: behind each block of the
// panel stands a row of zeros, to which they point.
#ifndef NM4J_CPU_COLUMN_STREAM_INL_H_
#define NM4J_CPU_COLUMN_STREAM_INL_H_

#include "cpu/row_stream-inl.h"

namespace nm {
namespace {

template <typename V, int kVectors>
struct ColumnStreamPanel : RowStreamPanel<V, kVectors> {
  using Base = RowStreamPanel<V, kVectors>;
  static constexpr int kWidth = Base::kWidth;
  static constexpr int64_t kBlockCols = ColumnStream::kBlockCols, kSectionRows = ColumnStream::kSectionRows;

  static void pack(const MultiplyArgs& args, int64_t cols, int64_t item, int64_t items, float* panel) {
    MultiplyArgs part = args;
    for (int64_t k = 0; k < cols; k += kBlockCols) {
      const int64_t depth = cols - k < kBlockCols ? cols - k : kBlockCols;
      Base::pack(part, depth, item, items, panel);
      part.x += args.layout == NM_FEATURE_MAJOR ? depth * args.ldx : depth;
      panel += depth * kWidth;
      for (int v = 0; v < kVectors; ++v) V::store(panel + v * V::kLanes, V::zero());
      panel += kWidth;
    }
  }

  static int64_t depth(const ColumnStreamView& w) { return w.cols + w.blocks; }

  static void multiply_block(const ColumnStreamView& w, int64_t block, const Tile& tile, const float* panel,
                             float* sums) {
    static_assert(kStreamRowStep % kSectionRows == 0, "sections belong to one tile");
    const float* source = panel + block * (kBlockCols + 1) * kWidth;
    // Tiles start where a section does.
    const int64_t first = block * w.sections + tile.row / kSectionRows;
    const uint8_t* order = w.order + first * kSectionRows;
    const uint8_t* kept = w.kept + first * ColumnStream::kSectionGroups;
    int64_t start = w.starts[first];
    for (int64_t r = 0; r < tile.rows; r += ColumnStream::kGroupRows) {
      const int64_t rows = tile.rows - r < ColumnStream::kGroupRows ? tile.rows - r : int64_t{ColumnStream::kGroupRows};
      multiply_group(w.values + start, w.index + start, *kept, source, order, r, rows, sums, block == 0);
      start += rows * *kept++;
    }
  }

 private:
  // Rows r .. r + rows - 1 of the tile, in the packing's order.
  static void multiply_group(const float* values, const uint8_t* index, int64_t kept, const float* panel,
                             const uint8_t* order, int64_t r, int64_t rows, float* sums, bool first) {
    constexpr int kRows =
        V::stream_rows(kVectors) < ColumnStream::kGroupRows ? V::stream_rows(kVectors) : ColumnStream::kGroupRows;
    const auto sums_of = [&](int64_t i) { return sums + (((r + i) & -kSectionRows) + order[r + i]) * kWidth; };
    int64_t done = 0;
    const auto next = [&](int i) { return sums_of(done + i); };
    for (; done + kRows <= rows; done += kRows) {
      Base::template micro_kernel<kRows>(values + done * kept, index + done * kept, kept, panel, next, first);
    }
    for (; done < rows; ++done) {
      Base::template micro_kernel<1>(values + done * kept, index + done * kept, kept, panel, next, first);
    }
  }
};

template <typename V>
void column_stream_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  stream_run<ColumnStreamPanel, V>(weights.columns, args, tile_begin, tile_end);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_COLUMN_STREAM_INL_H_
