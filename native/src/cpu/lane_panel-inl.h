// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Small batches: kernels over the lane-panel packing. Include inside a kernel file only.
//
// The weights pass once, at the speed of memory, one stream per panel of 16 rows; each vector of them serves all items
// of the batch. The activation for a lane comes out of a register, by a permute whose control is the stored index.
#ifndef NM4J_CPU_LANE_PANEL_INL_H_
#define NM4J_CPU_LANE_PANEL_INL_H_

#include "cpu/epilogue-inl.h"
#include "cpu/isa.h"
#include "cpu/kernel.h"
#include "cpu/scratch.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

constexpr int kPanelRows = 16;

// How many words ahead of its use a stream is prefetched: 4 KiB, or 12 KiB if the weights come from memory. Zen 5, 2:4,
// GFLOP/s with 4, 8, 12, 16, 24, 32 KiB: 3072 x 768, batch 4: 276, 274, 265, 250, 196, 189; batch 8: 313, 309, 310,
// 298, 290, 291; 11008 x 4096, batch 4: 122, 147, 150, 145, 141, 130; batch 8: 198, 266, 293, 286, 281, 265.
inline int64_t prefetch_words(const LanePanelView& w) {
  const int64_t words = (w.rows + kPanelRows - 1) / kPanelRows * w.steps * w.step_words;
  return words * static_cast<int64_t>(sizeof(uint32_t)) > kStreamBytes ? 3072 : 1024;
}

// format/value_codec.h is not for the files of the ISAs.
inline float widened(float value) { return value; }
inline float widened(Bf16 value) {
  const uint32_t bits = uint32_t{value.bits} << 16;
  float out;
  __builtin_memcpy(&out, &bits, sizeof out);
  return out;
}

// Items of the batch, [kItems][pitch], zero padded so that windows may be read whole.
struct LaneItems {
  const float* x;
  int64_t pitch;
};

// The kernels' item counts; a tile runs on the next larger one, with zeros for the items it lacks.
inline int64_t kernel_items(int64_t items) {
  for (const int size : {1, 2, 4, 6, 8, 12}) {
    if (items <= size) return size;
  }
  return kMaxLaneItems;
}

template <typename X>
void pack_items(const MultiplyArgs& args, int64_t cols, const Tile& tile, int64_t pitch, float* to) {
  const X* x = static_cast<const X*>(args.x);
  for (int64_t i = 0; i < tile.items; ++i, to += pitch) {
    const bool batch_major = args.layout == NM_BATCH_MAJOR;
    const X* from = batch_major ? x + (tile.item + i) * args.ldx : x + tile.item + i;
    if (batch_major && sizeof(X) == sizeof(float)) {
      __builtin_memcpy(to, from, cols * sizeof(float));
    } else {
      const int64_t step = batch_major ? 1 : args.ldx;
      for (int64_t k = 0; k < cols; ++k) to[k] = widened(from[k * step]);
    }
    __builtin_memset(to + cols, 0, (pitch - cols) * sizeof(float));
  }
  __builtin_memset(to, 0, (kernel_items(tile.items) - tile.items) * pitch * sizeof(float));
}

// kVectors vectors of rows, at most one panel, times kItems items. Each result is the sum of kChains chains, which hide
// the latency of the multiply-add when there are few items; several panels at once would do that too, but their streams
// leave the prefetchers behind. kSlots is the packing's slots per window, or 0 to read it from there.
template <typename V, typename Weight, int kVectors, int kItems, int kChains, int kBits, int kSlots, typename Window>
struct LanePanelKernel {
  static constexpr int kWordSlots = 4 / sizeof(Weight);
  using Reg = typename V::Reg;
  using Control = typename V::Control;
  using Sums = Reg[kVectors][kItems][kChains];

  static void run(const LanePanelView& w, const MultiplyArgs& args, const Tile& tile, int64_t row,
                  const LaneItems& items) {
    Sums sum;
    for (int v = 0; v < kVectors; ++v) {
      for (int i = 0; i < kItems; ++i) {
        for (int c = 0; c < kChains; ++c) sum[v][i][c] = V::zero();
      }
    }
    accumulate(w, row, items, sum);
    const bool batch_major = args.layout == NM_BATCH_MAJOR;
    const int64_t c_row = batch_major ? 1 : args.ldc, c_item = batch_major ? args.ldc : 1;
    const int64_t y_row = batch_major ? 1 : args.ldy, y_item = batch_major ? args.ldy : 1;
    for (int v = 0; v < kVectors; ++v) {
      const int64_t first = row + v * V::kLanes;
      const int n = static_cast<int>(w.rows - first < V::kLanes ? w.rows - first : V::kLanes);
      if (n <= 0) return;
      const Reg factor = factors<V>(args, first, n);
      const Reg bias = args.bias != nullptr ? V::load_n(args.bias + first, n) : V::zero();
      for (int i = 0; i < kItems && i < tile.items; ++i) {
        const int64_t item = tile.item + i;
        for (int c = 1; c < kChains; ++c) sum[v][i][0] = V::add(sum[v][i][0], sum[v][i][c]);
        finish<V>(args, sum[v][i][0], factor, bias,
                  {first * c_row + item * c_item, c_row, first * y_row + item * y_item, y_row, n});
      }
    }
  }

 private:
  static void accumulate(const LanePanelView& w, int64_t row, const LaneItems& items, Sums& sum) {
    const uint32_t* stream = w.data + row / kPanelRows * w.steps * w.step_words + row % kPanelRows;
    const float* x = items.x;
    const int64_t ahead = prefetch_words(w);
    for (int64_t step = 0; step < w.steps; ++step) {
      if constexpr (kSlots != 0) {
        known_slots(w, stream, ahead, x, items.pitch, sum);
      } else {
        // All at once: the loops below are short of registers for addresses.
        for (int64_t i = 0; i < w.step_words; i += kPanelRows) __builtin_prefetch(stream + ahead + i);
        any_slots(w, stream, x, items.pitch, sum);
      }
      stream += w.step_words;
      x += w.windows * w.window_cols;
    }
  }

  // All controls of a step lie in one word.
  static void known_slots(const LanePanelView& w, const uint32_t* stream, int64_t ahead, const float* x, int64_t pitch,
                          Sums& sum) {
    // Divides the windows of a step: 16, 8, 5.
    constexpr int kUnroll = kSlots == 1 ? 4 : kSlots == 2 ? (Window::kCols == 4 ? 2 : 4) : 1;
    static_assert(kUnroll == 1 || 4 * kUnroll % Window::kCols == 0, "whole sources");
    static_assert(kUnroll * kSlots % kWordSlots == 0, "whole words");
    const uint32_t* values = stream + kPanelRows;
    Control control[kVectors];
    for (int v = 0; v < kVectors; ++v) control[v] = V::load_control(stream + v * V::kLanes);
    for (int window = 0; window < w.windows; window += kUnroll) {
#pragma GCC unroll 4
      for (int u = 0; u < kUnroll; ++u) {
        const int first = kUnroll == 1 ? 0 : 4 * u % Window::kCols;
        for (int v = 0; v < kVectors; ++v) {
          Reg value[kSlots];
          Control index[kSlots];
          for (int s = 0; s < kSlots; ++s) {
            const int t = u * kSlots + s;
            value[s] = V::template weight<Weight>(values + v * V::kLanes, t);
            if (v == 0 && t % kWordSlots == 0) {
              __builtin_prefetch(values + t / kWordSlots * kPanelRows + ahead);
            }
            index[s] = Window::control(control[v], first);
            control[v] = V::template next_control<kBits>(control[v]);
          }
          for (int i = 0; i < kItems; ++i) {
            const Window columns(x + i * pitch);
            for (int s = 0; s < kSlots; ++s) {
              Reg& chain = sum[v][i][(u * kSlots + s) % kChains];
              chain = V::fma(value[s], columns.select(index[s]), chain);
            }
          }
        }
        if (kUnroll == 1 || Window::kCols == 4) {
          x += w.window_cols;
        } else if (first + 4 == Window::kCols) {
          x += Window::kCols;
        }
      }
      values += kUnroll * kSlots / kWordSlots * kPanelRows;
    }
  }

  static void any_slots(const LanePanelView& w, const uint32_t* stream, const float* x, int64_t pitch, Sums& sum) {
    for (int v = 0; v < kVectors; ++v) {
      const uint32_t* words = stream + v * V::kLanes;
      const uint32_t* values = words + kPanelRows * w.control_words;
      int t = 0;
      Control control = V::load_control(words);
      int left = w.slots_per_word;
      for (int window = 0; window < w.windows; ++window) {
        for (int s = 0; s < w.slots; ++s) {
          if (left == 0) {
            words += kPanelRows;
            control = V::load_control(words);
            left = w.slots_per_word;
          }
          const Reg value = V::template weight<Weight>(values, t);
          const Control index = Window::control(control, 0);
          for (int i = 0; i < kItems; ++i) {
            const Window columns(x + window * w.window_cols + i * pitch);
            sum[v][i][0] = V::fma(value, columns.select(index), sum[v][i][0]);
          }
          control = V::template next_control<kBits>(control);
          ++t;
          --left;
        }
      }
    }
  }
};

template <typename V, typename Weight, int kItems, int kBits, int kSlots, typename Window>
void lane_panel_rows_by(const LanePanelView& w, const MultiplyArgs& args, const Tile& tile, const LaneItems& items) {
  constexpr int kFit = V::kAccumulators / kItems;
  constexpr int kVectorsPerPanel = kPanelRows / V::kLanes;
  constexpr int kVectors = kVectorsPerPanel <= kFit ? kVectorsPerPanel : kFit;
  constexpr int kFitChains = kFit / kVectors;
  constexpr int kChains = kSlots == 0 ? 1 : kFitChains >= 4 ? 4 : kFitChains >= 2 ? 2 : 1;
  for (int64_t row = tile.row; row < tile.row + tile.rows; row += kVectors * V::kLanes) {
    LanePanelKernel<V, Weight, kVectors, kItems, kChains, kBits, kSlots, Window>::run(w, args, tile, row, items);
  }
}

template <typename V, typename Weight, int kItems, int kBits, int kSlots>
void lane_panel_rows(const LanePanelView& w, const MultiplyArgs& args, const Tile& tile, const LaneItems& items) {
  using Window = typename V::template Window<kBits, kSlots, kItems>;
  using ByUnpacking = typename V::template WindowByUnpacking<kBits, kSlots, kItems>;
  (is_intel() ? lane_panel_rows_by<V, Weight, kItems, kBits, kSlots, Window>
              : lane_panel_rows_by<V, Weight, kItems, kBits, kSlots, ByUnpacking>)(w, args, tile, items);
}

template <typename V, typename Weight, int kBits, int kSlots>
void lane_panel_tile(const LanePanelView& w, const MultiplyArgs& args, Tile tile, LaneItems items) {
  for (; tile.items > V::kAccumulators; tile.items -= V::kAccumulators) {
    Tile part = tile;
    part.items = V::kAccumulators;
    lane_panel_rows<V, Weight, V::kAccumulators, kBits, kSlots>(w, args, part, items);
    tile.item += V::kAccumulators;
    items.x += V::kAccumulators * items.pitch;
  }
  switch (kernel_items(tile.items)) {
    case 1:
      return lane_panel_rows<V, Weight, 1, kBits, kSlots>(w, args, tile, items);
    case 2:
      return lane_panel_rows<V, Weight, 2, kBits, kSlots>(w, args, tile, items);
    case 4:
      return lane_panel_rows<V, Weight, 4, kBits, kSlots>(w, args, tile, items);
    case 6:
      return lane_panel_rows<V, Weight, 6, kBits, kSlots>(w, args, tile, items);
    case 8:
      return lane_panel_rows<V, Weight, 8, kBits, kSlots>(w, args, tile, items);
    case 12:
      if constexpr (V::kAccumulators >= 12) return lane_panel_rows<V, Weight, 12, kBits, kSlots>(w, args, tile, items);
      return;
    default:
      if constexpr (V::kAccumulators >= 16) return lane_panel_rows<V, Weight, 16, kBits, kSlots>(w, args, tile, items);
      return;
  }
}

template <typename V, typename Weight>
void lane_panel_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  const LanePanelView& w = weights.lanes;
  const Tiling tiling = lane_panel_tiling(w.rows, args.batch);
  // 16 columns more than the windows: a permute's source may reach beyond, and items do not share cache sets.
  const int64_t pitch = w.padded_cols + 16;
  float* packed = scratch(kMaxLaneItems * pitch);
  int64_t packed_item = -1;
  for (int64_t t = tile_begin; t < tile_end; ++t) {
    const Tile tile = tile_at(tiling, t);
    if (tile.item != packed_item) {
      args.x_dtype == NM_BF16 ? pack_items<Bf16>(args, w.cols, tile, pitch, packed)
                              : pack_items<float>(args, w.cols, tile, pitch, packed);
    }
    packed_item = tile.item;
    const LaneItems items = {packed, pitch};
    if (w.index_bits == 4) {
      lane_panel_tile<V, Weight, 4, 0>(w, args, tile, items);
    } else if (w.slots == 1) {
      lane_panel_tile<V, Weight, 2, 1>(w, args, tile, items);
    } else if (w.slots == 2) {
      lane_panel_tile<V, Weight, 2, 2>(w, args, tile, items);
    } else {  // 3:4; its slots do not fill the words of narrower types
      lane_panel_tile<V, Weight, 2, sizeof(Weight) == 4 ? 3 : 0>(w, args, tile, items);
    }
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_LANE_PANEL_INL_H_
