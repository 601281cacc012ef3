// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// How a product is cut into tiles. Independent of the instruction set, so that tile counts are too.
#ifndef NM4J_CPU_TILING_H_
#define NM4J_CPU_TILING_H_

#include <cstdint>

namespace nm {

struct Tile {
  int64_t row, rows;    // of W
  int64_t item, items;  // of the batch
};

// Rows x batch in tiles of tile_rows x tile_items, the last ones smaller. Consecutive tiles share their part of the
// batch, so that a range of tiles packs it once.
struct Tiling {
  int64_t rows, batch, tile_rows, tile_items, row_tiles;
};

int64_t tile_count(const Tiling& tiling);
Tile tile_at(const Tiling& tiling, int64_t tile);

// Row stream: 64 columns of the batch are the panel that, 128 deep, fits 32 KiB of L1; 512 rows x 64 results are
// 128 KiB of L2 and make the cost of packing the panel small against 512 uses of it.
// Tiles start at multiples of 64 rows, as the sections of column streams do.
constexpr int64_t kPanelItems = 64;
constexpr int64_t kStreamRowStep = 64;
Tiling row_stream_tiling(int64_t rows, int64_t batch);

// Convolution: tiles of fewer rows, because images of one batch have few pixels in the last layers of a network, and
// threads need several tiles. A kernel joins the tiles of a range that share their pixels, up to kMaxConv2dRows.
constexpr int64_t kMaxConv2dRows = 512;
Tiling conv2d_tiling(int64_t rows, int64_t pixels);

// Lane panels: as many batch items as the registers hold accumulators for; 64 rows are 4 panels.
constexpr int64_t kMaxLaneItems = 16;
Tiling lane_panel_tiling(int64_t rows, int64_t batch);

// Integers over lane panels: 192 items repay the expansion of a panel's controls, and their sums for 128 rows take
// 96 KiB of L2.
Tiling integer_tiling(int64_t rows, int64_t batch);

// Lane panels of large batches: 512 rows x 96 results are 192 KiB of L2. Weights too large for the caches pass once for
// 192 items.
Tiling lane_pairs_tiling(int64_t rows, int64_t cols, int64_t batch);

// Tile stream: 128 items of 4096 columns of bf16 are a panel of 1 MiB, which stays in L2. Tiles are of fewer rows, so
// that threads get some each; a kernel joins those of a range, up to kMaxTileStreamRows, and packs their panel once.
constexpr int64_t kTileStreamItems = 128, kMaxTileStreamRows = 2048;
Tiling tile_stream_tiling(int64_t rows, int64_t batch);

}  // namespace nm

#endif  // NM4J_CPU_TILING_H_
