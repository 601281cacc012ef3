// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Large batches: kernels over the row-stream packing. Include inside a kernel file only.
//
// Each non-zero is a broadcast times one row of a packed panel of activations, addressed by the non-zero's index: no
// gather, no shuffle of activations, any pattern. The panel is cut into the blocks of the packing (at most 128 x 64
// floats, 32 KiB of L1); a tile of results stays in L2 while the blocks pass.
#ifndef NM4J_CPU_ROW_STREAM_INL_H_
#define NM4J_CPU_ROW_STREAM_INL_H_

#include "cpu/epilogue-inl.h"
#include "cpu/kernel.h"
#include "cpu/scratch.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

// One panel: the activations of up to kVectors * kLanes batch items, [cols][kVectors * kLanes], items zero padded.
template <typename V, typename Weight, int kVectors>
struct RowStreamPanel {
  static constexpr int kWidth = kVectors * V::kLanes;
  using Reg = typename V::Reg;

  static void pack(const MultiplyArgs& args, int64_t cols, int64_t item, int64_t items, float* panel) {
    args.x_dtype == NM_BF16 ? pack_as<Bf16>(args, cols, item, items, panel)
                            : pack_as<float>(args, cols, item, items, panel);
  }

  // bf16 activations are widened here, once, and multiplied as fp32.
  template <typename X>
  static void pack_as(const MultiplyArgs& args, int64_t cols, int64_t item, int64_t items, float* panel) {
    const X* x = static_cast<const X*>(args.x);
    if (args.layout == NM_FEATURE_MAJOR) {
      pack_rows(x + item, args.ldx, cols, items, panel);
    } else {
      pack_transposed(x + item * args.ldx, args.ldx, cols, items, panel);
    }
  }

  // X is [cols][batch].
  template <typename X>
  static void pack_rows(const X* x, int64_t ldx, int64_t cols, int64_t items, float* panel) {
    for (int64_t k = 0; k < cols; ++k) {
      for (int v = 0; v < kVectors; ++v) {
        V::store(panel + v * V::kLanes, load_some(x + v * V::kLanes, lanes_left(items, v)));
      }
      x += ldx;
      panel += kWidth;
    }
  }

  // X is [batch][cols]: transpose squares of kLanes x kLanes.
  template <typename X>
  static void pack_transposed(const X* x, int64_t ldx, int64_t cols, int64_t items, float* panel) {
    for (int64_t k = 0; k < cols; k += V::kLanes) {
      const int depth = static_cast<int>(cols - k < V::kLanes ? cols - k : V::kLanes);
      for (int v = 0; v < kVectors; ++v) {
        Reg square[V::kLanes];
        const int n = lanes_left(items, v);
        for (int i = 0; i < V::kLanes; ++i) {
          square[i] = i < n ? load_some(x + (v * V::kLanes + i) * ldx + k, depth) : V::zero();
        }
        V::transpose(square);
        for (int i = 0; i < depth; ++i) V::store(panel + (k + i) * kWidth + v * V::kLanes, square[i]);
      }
    }
  }

  // The products of one block of columns, for all rows of the tile, added to `sums` ([rows][kWidth]).
  static void multiply_block(const RowStreamView& w, int64_t block, const Tile& tile, const float* panel, float* sums) {
    const int64_t kept = block + 1 == w.blocks ? w.last_kept : w.block_kept;
    const int64_t start = block * w.block_kept * w.rows + tile.row * kept;
    const Weight* values = static_cast<const Weight*>(w.values) + start;
    const uint8_t* index = w.index + start;
    const float* source = panel + block * w.block_cols * kWidth;
    int64_t r = 0;
    constexpr int kRows = V::stream_rows(kVectors);
    for (; r + kRows <= tile.rows; r += kRows) {
      micro_kernel<kRows>(values + r * kept, index + r * kept, kept, source, sums + r * kWidth, block == 0);
    }
    for (; r < tile.rows; ++r) {
      micro_kernel<1>(values + r * kept, index + r * kept, kept, source, sums + r * kWidth, block == 0);
    }
  }

  // kRows rows at once: kRows * kVectors independent sums hide the latency of the multiply-add. The next rows are
  // prefetched meanwhile. More chains per sum for narrow panels gained nothing on Zen 5, nor did pairs of rows that
  // share the loads of common columns: with the indices in registers, loads are not what binds.
  template <int kRows>
  static void micro_kernel(const Weight* values, const uint8_t* index, int64_t kept, const float* panel, float* sums,
                           bool first) {
    Reg sum[kRows][kVectors];
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) {
        sum[r][v] = first ? V::zero() : V::load(sums + r * kWidth + v * V::kLanes);
        __builtin_prefetch(sums + (kRows + r) * kWidth + v * V::kLanes);
      }
    }
    const auto add = [&](int r, Reg weight, const float* x) {
      for (int v = 0; v < kVectors; ++v) sum[r][v] = V::fma(weight, V::load(x + v * V::kLanes), sum[r][v]);
    };
    int64_t i = 0;
    for (; i + 8 <= kept; i += 8) {
      decltype(V::eight_weights(values)) weights[kRows];
      uint64_t offsets[kRows];
      for (int r = 0; r < kRows; ++r) {
        weights[r] = V::eight_weights(values + r * kept + i);
        __builtin_memcpy(&offsets[r], index + r * kept + i, sizeof offsets[r]);
        __builtin_prefetch(values + (kRows + r) * kept + i);
      }
#pragma GCC unroll 8
      for (int j = 0; j < 8; ++j) {
        for (int r = 0; r < kRows; ++r) add(r, V::broadcast(weights[r], j), panel_row(panel, offsets[r], j));
      }
    }
    for (; i < kept; ++i) {
      for (int r = 0; r < kRows; ++r) {
        add(r, V::broadcast(V::eight_weights(values + r * kept + i), 0),
            panel + static_cast<int64_t>(index[r * kept + i]) * kWidth);
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) V::store(sums + r * kWidth + v * V::kLanes, sum[r][v]);
    }
  }

  // Row of the panel given by byte j of eight indices. One 64-bit load and two operations per index instead of a byte
  // load each: the load ports feed the multiply-adds (Zen 5: 374 against 287 GFLOP/s in this kernel alone).
  static const float* panel_row(const float* panel, uint64_t eight, int j) {
    constexpr int kShift = __builtin_ctz(kWidth * sizeof(float));
    static_assert(kWidth * sizeof(float) == 1u << kShift, "a panel row is a power of two");
    const uint64_t shifted = 8 * j < kShift ? eight << (kShift - 8 * j) : eight >> (8 * j - kShift);
    return reinterpret_cast<const float*>(reinterpret_cast<const char*>(panel) + (shifted & 255u << kShift));
  }

  // Y is [rows][batch].
  static void finish_rows(const MultiplyArgs& args, const Tile& tile, const float* sums) {
    for (int64_t r = 0; r < tile.rows; ++r) {
      const int64_t row = tile.row + r;
      const Reg factor = V::set1(factor_of(args, row));
      const Reg bias = V::set1(args.bias != nullptr ? args.bias[row] : 0.0f);
      for (int v = 0; v < kVectors; ++v) {
        const int n = lanes_left(tile.items, v);
        const int64_t item = tile.item + v * V::kLanes;
        if (n > 0) {
          finish<V>(args, V::load(sums + r * kWidth + v * V::kLanes), factor, bias,
                    {row * args.ldc + item, 1, row * args.ldy + item, 1, n});
        }
      }
    }
  }

  // Y is [batch][rows]: transpose squares back. Along the rows first, so that few lines of Y are written at a time, and
  // from where Y begins a cache line on (Zen 5, rows of Y 12 KiB apart: 10 cycles a line instead of 36).
  static void finish_transposed(const MultiplyArgs& args, const Tile& tile, const float* sums) {
    const int64_t before = rows_before_line(args, tile);
    for (int v = 0; v < kVectors; ++v) {
      const int n = lanes_left(tile.items, v);
      int64_t depth = before;
      for (int64_t r = 0; r < tile.rows; r += depth, depth = V::kLanes) {
        if (depth == 0 || depth > tile.rows - r) depth = tile.rows - r < V::kLanes ? tile.rows - r : V::kLanes;
        const int64_t row = tile.row + r;
        const Reg factor = factors<V>(args, row, static_cast<int>(depth));
        const Reg bias = args.bias != nullptr ? load_some(args.bias + row, static_cast<int>(depth)) : V::zero();
        Reg square[V::kLanes];
        for (int i = 0; i < V::kLanes; ++i) {
          square[i] = i < depth ? V::load(sums + (r + i) * kWidth + v * V::kLanes) : V::zero();
        }
        V::transpose(square);
        for (int i = 0; i < n; ++i) {
          const int64_t item = tile.item + v * V::kLanes + i;
          finish<V>(args, square[i], factor, bias,
                    {item * args.ldc + row, 1, item * args.ldy + row, 1, static_cast<int>(depth)});
        }
      }
    }
  }

 private:
  // Rows of a tile before the first vector of results that does not straddle a vector's own alignment; 0 when the rows
  // of Y lie differently.
  static int64_t rows_before_line(const MultiplyArgs& args, const Tile& tile) {
    if (args.y_dtype != NM_F32 || args.ldy % V::kLanes != 0) return 0;
    const auto floats = reinterpret_cast<uintptr_t>(static_cast<const float*>(args.y) + tile.row) / sizeof(float);
    return static_cast<int64_t>(-floats % V::kLanes);
  }
  static int lanes_left(int64_t items, int v) {
    const int64_t left = items - v * V::kLanes;
    return static_cast<int>(left < 0 ? 0 : left < V::kLanes ? left : V::kLanes);
  }
  template <typename X>
  static Reg load_some(const X* p, int n) {
    return n > 0 ? load_strided<V>(p, 1, n) : V::zero();
  }
};

// The drivers serve every packing whose Panel is used like RowStreamPanel, with its view of the weights.
template <template <typename, typename, int> class Panel, typename V, typename Weight, int kVectors, typename View>
void stream_tile(const View& w, const MultiplyArgs& args, const Tile& tile, bool new_panel, float* panel, float* sums) {
  using P = Panel<V, Weight, kVectors>;
  if (new_panel) P::pack(args, w.cols, tile.item, tile.items, panel);
  for (int64_t block = 0; block < w.blocks; ++block) P::multiply_block(w, block, tile, panel, sums);
  if (args.layout == NM_FEATURE_MAJOR) {
    P::finish_rows(args, tile, sums);
  } else {
    P::finish_transposed(args, tile, sums);
  }
}

// The narrowest panel that holds the tile's items.
template <template <typename, typename, int> class Panel, typename V, typename Weight, int kVectors, typename View>
void stream_narrow(const View& w, const MultiplyArgs& args, const Tile& tile, bool new_panel, float* panel,
                   float* sums) {
  if constexpr (kVectors > 1) {
    constexpr int kHalf = kVectors / 2;
    if (tile.items <= kHalf * V::kLanes) {
      return stream_narrow<Panel, V, Weight, kHalf>(w, args, tile, new_panel, panel, sums);
    }
  }
  stream_tile<Panel, V, Weight, kVectors>(w, args, tile, new_panel, panel, sums);
}

template <template <typename, typename, int> class Panel, typename V, typename Weight, typename View>
void stream_run(const View& w, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  static_assert(V::kPanelVectors * V::kLanes == kPanelItems, "the tiling's panel");
  const Tiling tiling = row_stream_tiling(w.rows, args.batch);
  float* panel = scratch((w.cols + tiling.tile_rows) * kPanelItems);
  float* sums = panel + w.cols * kPanelItems;
  int64_t packed_item = -1;
  for (int64_t t = tile_begin; t < tile_end; ++t) {
    const Tile tile = tile_at(tiling, t);
    stream_narrow<Panel, V, Weight, V::kPanelVectors>(w, args, tile, tile.item != packed_item, panel, sums);
    packed_item = tile.item;
  }
}

template <typename V, typename Weight>
void row_stream_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  stream_run<RowStreamPanel, V, Weight>(weights.stream, args, tile_begin, tile_end);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_ROW_STREAM_INL_H_
