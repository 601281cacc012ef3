// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Small batches of bf16 over lane panels whose words hold two weights of 4 or of 8 columns (2 of 4, 1 of 2, 1 of 4).
// Include inside kernels_avx512bf16.cpp only.
//
// As in lane_panel-inl.h, with pairs: a word of 32 bits holds two weights of a row, 4 bits of control say which two of
// the columns they belong to. A permute turns the controls of 16 rows into the control of a byte shuffle, which serves
// all items of the batch; the shuffle picks the pair of activations for each row.
#ifndef NM4J_CPU_LANE_PANEL_BF16_INL_H_
#define NM4J_CPU_LANE_PANEL_BF16_INL_H_

#include <type_traits>

#include "cpu/lane_panel-inl.h"
#include "cpu/simd_avx512.h"

namespace nm {
namespace {

// For control i + 4 j, the bytes of columns i and j; j counts from column `second`, both from `first`.
inline __m512i pair_shuffles(int first, int second) {
  alignas(64) uint8_t bytes[64];
  for (int control = 0; control < 16; ++control) {
    const int columns[] = {first + control % 4, first + second + control / 4};
    for (int b = 0; b < 4; ++b) bytes[4 * control + b] = static_cast<uint8_t>(2 * columns[b / 2] + b % 2);
  }
  return _mm512_load_si512(bytes);
}

// Items of the batch, [padded columns / 8][kernel items][8], zero padded: what one shuffle sees of each item is 16
// bytes at a constant distance from the next item's.
inline void pack_octets(const MultiplyArgs& args, const LanePanelView& w, const Tile& tile, Bf16* to) {
  const Bf16* x = static_cast<const Bf16*>(args.x);
  const bool batch_major = args.layout == NM_BATCH_MAJOR;
  const int64_t step = batch_major ? 1 : args.ldx, items = kernel_items(tile.items);
  __builtin_memset(to, 0, w.padded_cols * items * sizeof(Bf16));
  for (int64_t i = 0; i < tile.items; ++i) {
    const Bf16* from = x + (tile.item + i) * (batch_major ? args.ldx : 1);
    Bf16* octet = to + i * 8;
    for (int64_t col = 0; col < w.cols; col += 8, octet += items * 8) {
      const int64_t n = w.cols - col < 8 ? w.cols - col : 8;
      for (int64_t k = 0; k < n; ++k) octet[k] = from[(col + k) * step];
    }
  }
}

// 16 rows times kItems items, each the sum of kChains chains. kSlots weights of each window of 4 columns.
template <int kItems, int kSlots, bool kUnpack>
struct LanePanelBf16 {
  static constexpr int kChains = kItems <= 2 ? 4 : kItems <= 8 ? 2 : 1;
  static constexpr int kWords = 8;  // of weights, per step and row
  using Sums = __m512[kItems][kChains];

  static void run(const LanePanelView& w, const MultiplyArgs& args, const Tile& tile, int64_t row, const Bf16* items) {
    Sums sum;
    for (int i = 0; i < kItems; ++i) {
      for (int c = 0; c < kChains; ++c) sum[i][c] = Avx512::zero();
    }
    accumulate(w, row, items, sum);
    const bool batch_major = args.layout == NM_BATCH_MAJOR;
    const int64_t c_row = batch_major ? 1 : args.ldc, c_item = batch_major ? args.ldc : 1;
    const int64_t y_row = batch_major ? 1 : args.ldy, y_item = batch_major ? args.ldy : 1;
    const int n = static_cast<int>(w.rows - row < kPanelRows ? w.rows - row : kPanelRows);
    const __m512 factor = factors<Avx512>(args, row, n);
    const __m512 bias = args.bias != nullptr ? Avx512::load_n(args.bias + row, n) : Avx512::zero();
    for (int i = 0; i < kItems && i < tile.items; ++i) {
      const int64_t item = tile.item + i;
      for (int c = 1; c < kChains; ++c) sum[i][0] = Avx512::add(sum[i][0], sum[i][c]);
      finish<Avx512>(args, sum[i][0], factor, bias,
                     {row * c_row + item * c_item, c_row, row * y_row + item * y_item, y_row, n});
    }
  }

 private:
  static void accumulate(const LanePanelView& w, int64_t row, const Bf16* x, Sums& sum) {
    // A shuffle sees 8 columns: two windows, of which a word has one (2 slots) or both (1 slot).
    constexpr int kShared = kSlots;  // words per 8 columns
    const __m512i shuffles[] = {kSlots == 2 ? pair_shuffles(0, 0) : pair_shuffles(0, 4), pair_shuffles(4, 0)};
    const uint32_t* stream = w.data + row / kPanelRows * w.steps * w.step_words;
    const int64_t ahead = prefetch_words(w);
    for (int64_t step = 0; step < w.steps; ++step) {
      __m512i control = _mm512_loadu_si512(stream);
      stream += kPanelRows;
#pragma GCC unroll 8
      for (int word = 0; word < kWords; ++word) {
        const __m512i weights = _mm512_loadu_si512(stream);
        __builtin_prefetch(stream + ahead);
        const __m512i shuffle = _mm512_permutexvar_epi32(control, shuffles[word % kShared]);  // reads the low 4 bits
        control = _mm512_srli_epi32(control, 4);
        stream += kPanelRows;
        const Bf16* octets = x + word / kShared * kItems * 8;
        for (int i = 0; i < kItems; ++i) {
          const __m512i pairs = _mm512_shuffle_epi8(load_octet(octets + i * 8), shuffle);
          __m512& chain = sum[i][word % kChains];
          chain = _mm512_dpbf16_ps(chain, (__m512bh)weights, (__m512bh)pairs);
        }
      }
      x += kWords / kShared * kItems * 8;
    }
  }

  // As Avx512::FourColumns.
  static __m512i load_octet(const Bf16* x) {
    if constexpr (!kUnpack) return _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(x)));
    int64_t halves[2];
    __builtin_memcpy(halves, x, sizeof halves);
    return _mm512_unpacklo_epi64(_mm512_set1_epi64(halves[0]), _mm512_set1_epi64(halves[1]));
  }
};

template <typename Visit>
void with_kernel_items(int64_t items, Visit&& visit) {
  switch (kernel_items(items)) {
    case 1:
      return visit(std::integral_constant<int, 1>());
    case 2:
      return visit(std::integral_constant<int, 2>());
    case 4:
      return visit(std::integral_constant<int, 4>());
    case 6:
      return visit(std::integral_constant<int, 6>());
    case 8:
      return visit(std::integral_constant<int, 8>());
    case 12:
      return visit(std::integral_constant<int, 12>());
    default:
      return visit(std::integral_constant<int, kMaxLaneItems>());
  }
}

template <int kItems, int kSlots, bool kUnpack>
void lane_panel_bf16_rows(const LanePanelView& w, const MultiplyArgs& args, const Tile& tile, const Bf16* items) {
  for (int64_t row = tile.row; row < tile.row + tile.rows; row += kPanelRows) {
    LanePanelBf16<kItems, kSlots, kUnpack>::run(w, args, tile, row, items);
  }
}

template <int kSlots>
void lane_panel_bf16_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  const LanePanelView& w = weights.lanes;
  const Tiling tiling = lane_panel_tiling(w.rows, args.batch);
  Bf16* packed = reinterpret_cast<Bf16*>(scratch(kMaxLaneItems * w.padded_cols / 2));
  int64_t packed_item = -1;
  for (int64_t t = tile_begin; t < tile_end; ++t) {
    const Tile tile = tile_at(tiling, t);
    if (tile.item != packed_item) pack_octets(args, w, tile, packed);
    packed_item = tile.item;
    with_kernel_items(tile.items, [&](auto items) {
      is_intel() ? lane_panel_bf16_rows<items, kSlots, false>(w, args, tile, packed)
                 : lane_panel_bf16_rows<items, kSlots, true>(w, args, tile, packed);
    });
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_LANE_PANEL_BF16_INL_H_
