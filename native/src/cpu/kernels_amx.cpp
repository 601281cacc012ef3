// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernels for AMX: tiles of bf16 and of integers.
#include "cpu/integer_epilogue-inl.h"
#include "cpu/kernels.h"
#include "cpu/row_stream-inl.h"
#include "cpu/tile_stream-inl.h"

namespace nm {
namespace {

// Sums of [rows][32] to items with their rows side by side, less what the zero point of the activations contributes.
void turn_sums(const MultiplyArgs& args, const Tile& part, const char* sums, const IntegerSums& to) {
  const __m512i zero = _mm512_set1_epi32(-args.x_zero);
  for (int64_t r = 0; r < part.rows; r += kLanes) {
    const int64_t left = part.rows - r;
    const auto some = static_cast<__mmask16>(left < kLanes ? (1u << left) - 1 : 0xffffu);
    const __m512i offset = _mm512_mullo_epi32(zero, _mm512_maskz_loadu_epi32(some, args.weight_sum + part.row + r));
    for (int64_t i = 0; i < part.items; i += kLanes) {
      __m512 square[kLanes];
      for (int j = 0; j < kLanes; ++j) {
        square[j] = _mm512_castsi512_ps(_mm512_load_si512(sums + ((r + j) * kPairItems + i) * 4));
      }
      Avx512::transpose(square);
      for (int j = 0; j < kLanes; ++j) {
        _mm512_storeu_si512(to.at + (i + j) * to.pitch + r, _mm512_add_epi32(_mm512_castps_si512(square[j]), offset));
      }
    }
  }
}

template <typename T>
void tile_stream_integer_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                             int64_t tile_end) {
  constexpr int64_t kPitch = kMaxTileStreamRows + kLanes;  // no power of two: items do not share cache sets
  const Tiling tiling = tile_stream_tiling(weights.tiles.rows, args.batch);
  char* const at = reinterpret_cast<char*>(outer_scratch(kTileMemory / 4 + kPairItems * kPitch));
  const TileMemory memory = tile_memory(at);
  const IntegerSums turned = {reinterpret_cast<int32_t*>(at + kTileMemory), kPitch};
  for_each_joined(tiling, tile_begin, tile_end, [&](const Tile& tile) {
    multiply_tile<T>(weights.tiles, args, tile, memory);
    for_each_pair(tile, memory, [&](const Tile& part, const char* sums) {
      turn_sums(args, part, sums, turned);
      finish_sums<Avx512>(args, part, turned);
    });
  });
}

}  // namespace

// Activations that are not finite go to the row stream, which does not multiply them by weights that were pruned.
void tile_stream_bf16_amx(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                          int64_t tile_end) {
  using Output = RowStreamPanel<Avx512, Bf16, kPairItems / Avx512::kLanes>;
  const Tiling tiling = tile_stream_tiling(weights.tiles.rows, args.batch);
  const TileMemory memory = tile_memory(reinterpret_cast<char*>(outer_scratch(kTileMemory / 4)));
  for_each_joined(tiling, tile_begin, tile_end, [&](const Tile& tile) {
    if (!multiply_tile<Bf16Tiles>(weights.tiles, args, tile, memory)) {
      return row_stream_bf16_part_avx512(weights, args, tile);
    }
    for_each_pair(tile, memory, [&](const Tile& part, const char* sums) {
      const auto* from = reinterpret_cast<const float*>(sums);
      args.layout == NM_FEATURE_MAJOR ? Output::finish_rows(args, part, from)
                                      : Output::finish_transposed(args, part, from);
    });
  });
}

void tile_stream_s8_integer_amx(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                                int64_t tile_end) {
  (args.x_dtype == NM_U8 ? tile_stream_integer_run<UnsignedTiles>
                         : tile_stream_integer_run<SignedTiles>)(weights, args, tile_begin, tile_end);
}

}  // namespace nm
