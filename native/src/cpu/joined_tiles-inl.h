// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Tiles that share what a kernel packs. Include inside a kernel file only.
#ifndef NM4J_CPU_JOINED_TILES_INL_H_
#define NM4J_CPU_JOINED_TILES_INL_H_

#include "cpu/tiling.h"

namespace nm {
namespace {

// Calls each(tile) for the tiles of a range, those that share their items joined up to max_rows: these are packed once.
template <typename Each>
void for_each_joined(const Tiling& tiling, int64_t tile_begin, int64_t tile_end, int64_t max_rows, Each&& each) {
  for (int64_t t = tile_begin; t < tile_end;) {
    Tile joined = tile_at(tiling, t);
    for (++t; t < tile_end; ++t) {
      const Tile next = tile_at(tiling, t);
      if (next.item != joined.item || joined.rows + next.rows > max_rows) break;
      joined.rows += next.rows;
    }
    each(joined);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_JOINED_TILES_INL_H_
