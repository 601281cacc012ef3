// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AMX: tiles of bf16 and of integers.
#include <algorithm>
#include <type_traits>

#include "cpu/item_epilogue-inl.h"
#include "cpu/joined_tiles-inl.h"
#include "cpu/kernels.h"
#include "cpu/row_stream-inl.h"
#include "cpu/tile_stream-inl.h"

namespace nm {
namespace {

// Sums of [32 rows][16 items][32][16] to items with their rows side by side; of integers, less what the zero point of
// the activations contributes.
template <typename Sum>
void turn_sums(const MultiplyArgs& args, const Tile& part, const char* sums, const ItemSums<Sum>& to) {
  const int64_t vectors = tile_vectors(part);
  for (int64_t r = 0; r < part.rows; r += kLanes) {
    __m512i offset = _mm512_setzero_si512();
    if constexpr (std::is_same_v<Sum, int32_t>) {
      const int64_t left = part.rows - r;
      const auto some = static_cast<__mmask16>(left < kLanes ? (1u << left) - 1 : 0xffffu);
      offset = _mm512_mullo_epi32(_mm512_set1_epi32(-args.x_zero),
                                  _mm512_maskz_loadu_epi32(some, args.weight_sum + part.row + r));
    }
    for (int64_t i = 0; i < part.items; i += kLanes) {
      const char* const from =
          sums + (r / kPairRows * vectors + i / kLanes) * kPairBytes + r % kPairRows * kTileRowBytes;
      __m512 square[kLanes];
      for (int j = 0; j < kLanes; ++j) square[j] = _mm512_load_ps(from + j * kTileRowBytes);
      Avx512::transpose(square);
      for (int j = 0; j < kLanes; ++j) {
        if constexpr (std::is_same_v<Sum, int32_t>) {
          square[j] = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(square[j]), offset));
        }
        _mm512_store_ps(to.at + (i + j) * to.pitch + r, square[j]);
      }
    }
  }
}

// Finishes sums by way of turned ones, behind the memory of the product.
template <typename Sum>
void finish_turned(const MultiplyArgs& args, const Tile& part, const char* sums, const TileMemory& memory) {
  // No power of two from one item to the next, so that they do not share cache sets.
  const ItemSums<Sum> turned = {reinterpret_cast<Sum*>(memory.turned), group_rows(tile_vectors(part)) + kLanes};
  turn_sums(args, part, sums, turned);
  finish_sums<Avx512>(args, part, turned);
}

void finish_rows(const MultiplyArgs& args, const Tile& part, const char* sums) {
  for (int64_t r = 0; r < part.rows; r += kPairRows) {
    for (int64_t i = 0; i < part.items; i += kLanes, sums += kPairBytes) {
      const Tile rows = {part.row + r, std::min<int64_t>(kPairRows, part.rows - r), part.item + i,
                         std::min<int64_t>(kLanes, part.items - i)};
      RowStreamPanel<Avx512, Bf16, 1>::finish_rows(args, rows, reinterpret_cast<const float*>(sums));
    }
  }
}

template <typename T>
void tile_stream_integer_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                             int64_t tile_end) {
  const Tiling tiling = tile_stream_tiling(weights.tiles.rows, args.batch);
  const TileMemory memory = tile_memory();
  for_each_joined(tiling, tile_begin, tile_end, kMaxTileStreamRows, [&](const Tile& tile) {
    TileProduct(weights.tiles, args, tile, memory).run<T>([&](const Tile& part, const char* sums) {
      finish_turned<int32_t>(args, part, sums, memory);
    });
  });
}

}  // namespace

// Activations that are not finite go to the row stream, which does not multiply them by weights that were pruned.
void tile_stream_bf16_amx(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                          int64_t tile_end) {
  const Tiling tiling = tile_stream_tiling(weights.tiles.rows, args.batch);
  const TileMemory memory = tile_memory();
  for_each_joined(tiling, tile_begin, tile_end, kMaxTileStreamRows, [&](const Tile& tile) {
    TileProduct product(weights.tiles, args, tile, memory);
    const bool finite = product.run<Bf16Tiles>([&](const Tile& part, const char* sums) {
      args.layout == NM_FEATURE_MAJOR ? finish_rows(args, part, sums) : finish_turned<float>(args, part, sums, memory);
    });
    if (!finite) row_stream_bf16_part_avx512(weights, args, tile);
  });
}

void tile_stream_s8_integer_amx(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                                int64_t tile_end) {
  (args.x_dtype == NM_U8 ? tile_stream_integer_run<UnsignedTiles>
                         : tile_stream_integer_run<SignedTiles>)(weights, args, tile_begin, tile_end);
}

}  // namespace nm
