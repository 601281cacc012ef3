// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Large batches of bf16 over lane panels that keep two of each 4 columns. Include inside kernels_avx512bf16.cpp only.
//
// A window of 4 columns can keep 6 pairs of columns. The activations of a window are therefore laid out 6 times, as
// vectors of pairs (x_i, x_j), one pair per batch item: "a cell". Then one window of a row is two weights, broadcast,
// times one vector of the cell: one instruction for 4 columns x 16 items, without a shuffle of activations. The panel
// of cells is three times as large as its activations; it is made anew for every block of columns, stays in L1 while
// the rows of a tile pass, and the sums of the tile stay in L2 meanwhile.
#ifndef NM4J_CPU_LANE_PAIRS_INL_H_
#define NM4J_CPU_LANE_PAIRS_INL_H_

#include "cpu/row_stream-inl.h"
#include "cpu/simd_avx512.h"

namespace nm {
namespace {

constexpr int kStepWords = 16 + 8 * 16;  // controls and weights of 8 windows, see format/lane_panel.h
constexpr int64_t kBlockSteps = 4;       // 128 columns: 36 KiB of cells
constexpr int kLine = 64;
// A pair's vector lies i + 4 j lines into its cell, which is what the packing stores: 4, 8, 9, 12, 13 or 14. These
// numbers differ modulo 7, so that cells 7 lines apart interleave and only one line in 7 is wasted.
constexpr int kCell = 7 * kLine;
constexpr int kMaxPairVectors = 3;
constexpr int64_t kPairPanelFloats = (kBlockSteps * 8 * kMaxPairVectors * kCell + 16 * kLine) / sizeof(float);

// acc += w[0] * x[0] + w[1] * x[1] in each lane. GCC 12 would load x into a register first.
inline void multiply_add_pairs(__m512* acc, __m512i w, const char* x) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(*acc) : "v"(w), "m"(*reinterpret_cast<const __m512i*>(x)));
}

template <int kBits>
uint64_t rotate_right(uint64_t value) {
  constexpr int kRight = kBits & 63;
  return value >> kRight | value << ((64 - kRight) & 63);
}

// One panel: kVectors * 16 items of the batch.
template <int kVectors>
struct PairPanel {
  using Output = RowStreamPanel<Avx512, Bf16, kVectors>;
  static constexpr int kWidth = kVectors * 16;
  static constexpr int kRows = 8;  // at once; 24 sums at most

  // Columns beyond the last and items beyond the batch are zero.
  static void pack(const MultiplyArgs& args, int64_t cols, int64_t col, int64_t steps, int64_t item, int64_t items,
                   char* panel) {
    const Bf16* x = static_cast<const Bf16*>(args.x);
    if (args.layout == NM_FEATURE_MAJOR) {
      pack_rows(x + col * args.ldx + item, args.ldx, cols - col, steps, items, panel);
    } else {
      pack_transposed(x + item * args.ldx + col, args.ldx, cols - col, steps, items, panel);
    }
  }

  // X is [cols][batch]. The next block is prefetched into L2, here and below: its rows are too
  // short for the hardware to do it.
  static void pack_rows(const Bf16* x, int64_t ldx, int64_t cols, int64_t steps, int64_t items, char* panel) {
    for (int64_t k = 0; k < steps * 32; k += 4) {
      for (int v = 0; v < kVectors; ++v, panel += kCell) {
        const __mmask16 some = static_cast<__mmask16>(first_bits(items - v * 16));
        __m512i column[4];
        for (int i = 0; i < 4; ++i) {
          const Bf16* from = x + (k + i) * ldx + v * 16;
          column[i] =
              k + i < cols ? _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, from)) : _mm512_setzero_si512();
          __builtin_prefetch(from + steps * 32 * ldx, 0, 2);
        }
        store_cell(_mm512_or_si512(column[0], _mm512_slli_epi32(column[1], 16)),
                   _mm512_or_si512(column[2], _mm512_slli_epi32(column[3], 16)), panel);
      }
    }
  }

  // X is [batch][cols]: transpose squares of 16 items x 16 pairs of columns.
  static void pack_transposed(const Bf16* x, int64_t ldx, int64_t cols, int64_t steps, int64_t items, char* panel) {
    for (int64_t k = 0; k < steps * 32; k += 32) {
      const __mmask32 some = first_bits(cols - k);
      for (int v = 0; v < kVectors; ++v) {
        __m512 square[16];
        for (int i = 0; i < 16; ++i) {
          const Bf16* from = x + (v * 16 + i) * ldx + k;
          square[i] = v * 16 + i < items ? _mm512_castsi512_ps(_mm512_maskz_loadu_epi16(some, from)) : Avx512::zero();
          __builtin_prefetch(from + steps * 32, 0, 2);
        }
        Avx512::transpose(square);
        for (int window = 0; window < 8; ++window) {
          store_cell(_mm512_castps_si512(square[2 * window]), _mm512_castps_si512(square[2 * window + 1]),
                     panel + (window * kVectors + v) * kCell);
        }
      }
      panel += 8 * kVectors * kCell;
    }
  }

  // The products of one block of columns, for `panels` panels of 16 rows, added to `sums` ([rows][kWidth]).
  __attribute__((noinline)) static void multiply_block(const uint32_t* weights, int64_t panel_words, int64_t panels,
                                                       int64_t steps, const char* cells, float* sums, bool first) {
    // Each product loads its activations, 2 a cycle, and the queue of loads is always full. An index loaded just before
    // its use would wait at its end while the loads that need it follow right behind. So indices and weights are loaded
    // a step or two windows ahead (Zen 5, in L1: 1.66 products a cycle instead of 1.50; the peak is 2).
    Ahead ahead;
    ahead.start(weights);
    for (int64_t half = 0; half < 2 * panels; ++half) {
      const uint32_t* from = half_panel(weights, panel_words, half);
      const uint32_t* next = half + 1 < 2 * panels ? half_panel(weights, panel_words, half + 1) : from;
      const uint32_t* later = from + panel_words;
      const char* cell = cells;
      __m512 sum[kRows][kVectors];
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 3
        for (int v = 0; v < kVectors; ++v) sum[r][v] = _mm512_setzero_ps();
      }
      for (int64_t step = 0; step < steps; ++step) {
        const uint32_t* following = step + 1 < steps ? from + kStepWords : next;
        const Indices index = ahead.indices(following);
        multiply_window<0>(index, ahead.weights(from + 16 + 2 * 16), cell, sum);
        multiply_window<1>(index, ahead.weights(from + 16 + 3 * 16), cell, sum);
        multiply_window<2>(index, ahead.weights(from + 16 + 4 * 16), cell, sum);
        multiply_window<3>(index, ahead.weights(from + 16 + 5 * 16), cell, sum);
        multiply_window<4>(index, ahead.weights(from + 16 + 6 * 16), cell, sum);
        multiply_window<5>(index, ahead.weights(from + 16 + 7 * 16), cell, sum);
        multiply_window<6>(index, ahead.weights(following + 16), cell, sum);
        multiply_window<7>(index, ahead.weights(following + 16 + 16), cell, sum);
        // Half of the next panel's step each time.
        for (int i = 0; i < kStepWords / 2; i += 16) __builtin_prefetch(later + half % 2 * (kStepWords / 2) + i);
        later += kStepWords;
        from = following;
        cell += 8 * kVectors * kCell;
      }
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 3
        for (int v = 0; v < kVectors; ++v) {
          float* to = sums + (r * kVectors + v) * 16;
          Avx512::store(to, first ? sum[r][v] : Avx512::add(sum[r][v], Avx512::load(to)));
        }
      }
      sums += kRows * kWidth;
    }
  }

 private:
  static uint32_t first_bits(int64_t n) { return n >= 32 ? ~0u : n <= 0 ? 0u : (1u << n) - 1; }

  // Of vectors of pairs (0, 1) and (2, 3), all six.
  static void store_cell(__m512i first, __m512i second, char* cell) {
    constexpr __mmask32 kOdd = 0xaaaaaaaa;
    const __m512i first_down = _mm512_srli_epi32(first, 16), second_up = _mm512_slli_epi32(second, 16);
    const auto store = [&](int i, int j, __m512i pairs) { _mm512_store_si512(cell + (i + 4 * j) * kLine, pairs); };
    store(0, 1, first);
    store(0, 2, _mm512_mask_blend_epi16(kOdd, first, second_up));
    store(0, 3, _mm512_mask_blend_epi16(kOdd, first, second));
    store(1, 2, _mm512_or_si512(first_down, second_up));
    store(1, 3, _mm512_mask_blend_epi16(kOdd, first_down, second));
    store(2, 3, second);
  }

  static const uint32_t* half_panel(const uint32_t* weights, int64_t panel_words, int64_t half) {
    return weights + half / 2 * panel_words + half % 2 * kRows;
  }

  // The indices of 8 windows of 8 rows, 4 bits each; two rows to a word.
  struct Indices {
    uint64_t rows[kRows / 2];
  };

  // What is loaded ahead: the indices of the next step, the weights of the next two windows.
  struct Ahead {
    Indices next_indices;
    __m512i next_weights[2];

    void start(const uint32_t* from) {
      __builtin_memcpy(&next_indices, from, sizeof next_indices);
      for (int i = 0; i < 2; ++i) next_weights[i] = load_weights(from + 16 + i * 16);
    }
    Indices indices(const uint32_t* following) {
      const Indices now = next_indices;
      __builtin_memcpy(&next_indices, following, sizeof next_indices);
      for (uint64_t& rows : next_indices.rows) asm volatile("" : "+r"(rows));  // loads here, not at their use
      return now;
    }
    __m512i weights(const uint32_t* following) {
      const __m512i now = next_weights[0];
      next_weights[0] = next_weights[1];
      next_weights[1] = load_weights(following);
      asm volatile("" : "+v"(next_weights[1]));
      return now;
    }
  };

  static __m512i load_weights(const uint32_t* from) {
    return _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }

  template <int kWindow, int kRow>
  __attribute__((always_inline)) static void multiply_row(const Indices& index, __m512i four_weights, const char* cell,
                                                          __m512 (&sum)[kRows][kVectors]) {
    const __m512i weight = _mm512_shuffle_epi32(four_weights, static_cast<_MM_PERM_ENUM>(kRow % 4 * 0x55));
    constexpr int kShift = 32 * (kRow % 2) + 4 * kWindow - __builtin_ctz(kLine);
    const char* x = cell + (rotate_right<kShift>(index.rows[kRow / 2]) & 15 * kLine);
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) multiply_add_pairs(&sum[kRow][v], weight, x + (kWindow * kVectors + v) * kCell);
  }

  // Broadcasts are a shuffle of 128-bit quarters, then one within each: any of the four pipes does the latter, while a
  // permute would compete with the products for theirs.
  template <int kWindow>
  __attribute__((always_inline)) static void multiply_window(const Indices& index, __m512i weights, const char* cell,
                                                             __m512 (&sum)[kRows][kVectors]) {
    const __m512i low = _mm512_shuffle_i32x4(weights, weights, 0x00);
    multiply_row<kWindow, 0>(index, low, cell, sum);
    multiply_row<kWindow, 1>(index, low, cell, sum);
    multiply_row<kWindow, 2>(index, low, cell, sum);
    multiply_row<kWindow, 3>(index, low, cell, sum);
    const __m512i high = _mm512_shuffle_i32x4(weights, weights, 0x55);
    multiply_row<kWindow, 4>(index, high, cell, sum);
    multiply_row<kWindow, 5>(index, high, cell, sum);
    multiply_row<kWindow, 6>(index, high, cell, sum);
    multiply_row<kWindow, 7>(index, high, cell, sum);
  }
};

// Calls visit(panel type, first item, items) for the panels of a tile.
template <typename Visit>
void for_each_pair_panel(const Tile& tile, Visit&& visit) {
  for (int64_t item = 0; item < tile.items;) {
    const int64_t left = tile.items - item;
    const auto panel = [&](auto type) {
      const int64_t items = left < type.kWidth ? left : type.kWidth;
      visit(type, item, items);
      item += items;
    };
    if (left > 64 || (left > 32 && left <= 48)) {
      panel(PairPanel<3>());
    } else if (left > 16) {
      panel(PairPanel<2>());
    } else {
      panel(PairPanel<1>());
    }
  }
}

// The panels of a tile take turns at each block of columns, so that the weights come from L2 for all but the first.
inline void lane_pairs_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin,
                           int64_t tile_end) {
  const LanePanelView& w = weights.lanes;
  const Tiling tiling = lane_pairs_tiling(w.rows, w.cols, args.batch);
  float* cells = scratch(kPairPanelFloats + tiling.tile_rows * tiling.tile_items);
  float* sums = cells + kPairPanelFloats;
  const int64_t panel_words = w.steps * kStepWords;
  for (int64_t t = tile_begin; t < tile_end; ++t) {
    const Tile tile = tile_at(tiling, t);
    const int64_t panels = (tile.rows + 15) / 16;
    const uint32_t* stream = w.data + tile.row / 16 * panel_words;
    for (int64_t step = 0; step < w.steps; step += kBlockSteps) {
      const int64_t steps = w.steps - step < kBlockSteps ? w.steps - step : kBlockSteps;
      for_each_pair_panel(tile, [&](auto type, int64_t item, int64_t items) {
        using Panel = decltype(type);
        char* panel = reinterpret_cast<char*>(cells);
        Panel::pack(args, w.cols, step * 32, steps, tile.item + item, items, panel);
        Panel::multiply_block(stream + step * kStepWords, panel_words, panels, steps, panel,
                              sums + item * tiling.tile_rows, step == 0);
      });
    }
    for_each_pair_panel(tile, [&](auto type, int64_t item, int64_t items) {
      using Output = typename decltype(type)::Output;
      const Tile part = {tile.row, tile.rows, tile.item + item, items};
      const float* from = sums + item * tiling.tile_rows;
      args.layout == NM_FEATURE_MAJOR ? Output::finish_rows(args, part, from)
                                      : Output::finish_transposed(args, part, from);
    });
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_LANE_PAIRS_INL_H_
