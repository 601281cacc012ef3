// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cpu/tiling.h"

#include <algorithm>

namespace nm {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// At most max_rows, a multiple of step, and such that the row tiles are about equal.
int64_t even_rows(int64_t rows, int64_t max_rows, int64_t step) {
  return ceil_div(ceil_div(rows, ceil_div(rows, max_rows)), step) * step;
}

Tiling make_tiling(int64_t rows, int64_t max_rows, int64_t step, int64_t batch, int64_t items) {
  const int64_t tile_rows = even_rows(rows, max_rows, step);
  return {rows, batch, tile_rows, items, ceil_div(rows, tile_rows)};
}

}  // namespace

int64_t tile_count(const Tiling& tiling) { return tiling.row_tiles * ceil_div(tiling.batch, tiling.tile_items); }

Tile tile_at(const Tiling& tiling, int64_t tile) {
  const int64_t row = tile % tiling.row_tiles * tiling.tile_rows;
  const int64_t item = tile / tiling.row_tiles * tiling.tile_items;
  return {row, std::min(tiling.tile_rows, tiling.rows - row), item, std::min(tiling.tile_items, tiling.batch - item)};
}

Tiling row_stream_tiling(int64_t rows, int64_t batch) {
  return make_tiling(rows, 512, kStreamRowStep, batch, kPanelItems);
}

Tiling conv2d_tiling(int64_t rows, int64_t pixels) {
  return make_tiling(rows, 128, kStreamRowStep, pixels, kPanelItems);
}

Tiling lane_pairs_tiling(int64_t rows, int64_t cols, int64_t batch) {
  const int64_t max_items = rows > (int64_t{4} << 20) / cols ? 192 : 96;
  return make_tiling(rows, 512, 16, batch, even_rows(std::max<int64_t>(batch, 1), max_items, 16));
}

Tiling lane_panel_tiling(int64_t rows, int64_t batch) { return make_tiling(rows, 64, 16, batch, kMaxLaneItems); }

Tiling integer_tiling(int64_t rows, int64_t batch) { return make_tiling(rows, 128, 64, batch, 192); }

Tiling tile_stream_tiling(int64_t rows, int64_t batch) { return make_tiling(rows, 128, 64, batch, kTileStreamItems); }

}  // namespace nm
