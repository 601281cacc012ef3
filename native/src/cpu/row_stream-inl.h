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
#include "cpu/unroll-inl.h"

namespace nm {
namespace {

// One panel: the activations of up to kVectors * kLanes batch items, [cols][kVectors * kLanes], items zero padded.
template <typename V, typename Weight, int kVectors>
struct RowStreamPanel {
  static constexpr int kWidth = kVectors * V::kLanes;
  static constexpr int kStripRows = RowStream::kStripRows;
  static constexpr int kPart = V::stream_part(kVectors);  // vectors at once: as many as registers hold sums of
  static_assert(kVectors % kPart == 0);
  using Reg = typename V::Reg;
  // Sums of kRows rows, each that of kChains chains, between which the columns take turns.
  template <int kRows, int kChains>
  using Sums = Reg[kChains][kRows][kPart];

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

  static int64_t block_cols(const RowStreamView& w) { return w.block_cols; }

  // The products of one block of columns, whose part of the panel is given, for all rows of the tile, added to `sums`
  // ([rows][kWidth]). kOneChain: their bits do not depend on kVectors.
  template <bool kOneChain = false>
  static void multiply_block(const RowStreamView& w, int64_t block, const Tile& tile, const float* panel, float* sums) {
    const int64_t kept = block + 1 == w.blocks ? w.last_kept : w.block_kept;
    const int64_t start = block * w.block_kept * w.rows + tile.row * kept;
    const Stream stream = {static_cast<const Weight*>(w.values) + start, w.index + start, kept};
    const int64_t alone = tile.rows % kStripRows;  // rows that are strips of their own
    int64_t r = 0;
    constexpr int kRows = V::stream_rows(kPart, kOneChain), kRest = kRows < kStripRows ? kRows : kStripRows;
    constexpr int kChains = kOneChain ? 1 : V::stream_chains(kRows, kPart);
    for (; r + kRows <= tile.rows - alone; r += kRows) {
      multiply_parts<kRows, kStripRows, kChains>(stream, r, panel, sums, block == 0);
    }
    for (; r < tile.rows - alone; r += kRest) {
      multiply_parts<kRest, kStripRows, kChains>(stream, r, panel, sums, block == 0);
    }
    for (; r < tile.rows; ++r) multiply_parts<1, 1, 1>(stream, r, panel, sums, block == 0);
  }

  // What a tile's rows keep in a block.
  struct Stream {
    const Weight* values;
    const uint8_t* index;
    int64_t kept;
  };

  template <int kRows, int kHeight, int kChains>
  static void multiply_parts(const Stream& stream, int64_t row, const float* panel, float* sums, bool first) {
    for (int v = 0; v < kVectors; v += kPart) {
      micro_kernel<kRows, kHeight, kChains>(stream, row, panel + v * V::kLanes, sums + row * kWidth + v * V::kLanes,
                                            first);
    }
  }

  // kRows rows at once, in strips of kHeight rows: many independent sums hide the latency of the multiply-add. Where
  // both rows of a pair keep the same eight columns (the packing sees to that for as many as it can), each row of the
  // panel is loaded once for the two.
  template <int kRows, int kHeight, int kChains>
  static void micro_kernel(const Stream& stream, int64_t row, const float* panel, float* sums, bool first) {
    const int64_t strip = row / kHeight * kHeight * stream.kept;
    const int64_t in_strip = row % kHeight;
    const int64_t kept = stream.kept, strip_size = kHeight * kept;
    const Weight* values = stream.values + strip + 8 * in_strip;
    const uint8_t* index = stream.index + strip + 8 * in_strip;
    Sums<kRows, kChains> sum;
    unroll<kRows>([&](auto r) {
      unroll<kPart>([&](auto v) {
        float* p = sums + r.value * kWidth + v.value * V::kLanes;
        sum[0][r.value][v.value] = first ? V::zero() : V::load(p);
        unroll<kChains - 1>([&](auto chain) { sum[chain.value + 1][r.value][v.value] = V::zero(); });
        __builtin_prefetch(p + kRows * kWidth);
      });
    });
    // The offset of the r-th row's next eight values.
    const auto eight = [&](int r) { return r / kHeight * strip_size + r % kHeight * 8; };
    int64_t left = kept;
    if constexpr (kRows % 2 == 0) {
      for (; left >= 8 && pairs_share<kRows>(index, eight); left -= 8) {
        multiply_pairs<kRows, kChains>(values, index, eight, panel, sum);
        values += 8 * kHeight;
        index += 8 * kHeight;
      }
    }
    for (; left >= 8; left -= 8) {
      multiply_rows<kRows, kChains>(values, index, eight, panel, sum);
      values += 8 * kHeight;
      index += 8 * kHeight;
    }
    values -= 8 * in_strip;
    index -= 8 * in_strip;
    for (int64_t i = 0; i < left; ++i) {
      unroll<kRows>([&](auto r) {
        const int64_t at = r.value / kHeight * strip_size + (in_strip + r.value % kHeight) * left + i;
        const Reg weight = V::template broadcast<0>(V::eight_weights(values + at));
        multiply(weight, panel + static_cast<int64_t>(index[at]) * kWidth, sum[0][r.value]);
      });
    }
    unroll<kRows>([&](auto r) {
      unroll<kPart>([&](auto v) {
        Reg total = sum[0][r.value][v.value];
        unroll<kChains - 1>([&](auto chain) { total = V::add(total, sum[chain.value + 1][r.value][v.value]); });
        V::store(sums + r.value * kWidth + v.value * V::kLanes, total);
      });
    });
  }

  template <int kRows, typename Offset>
  NM4J_INLINE static bool pairs_share(const uint8_t* index, const Offset& eight) {
    uint64_t differ = 0;
    unroll<kRows / 2>([&](auto pair) {
      differ |= eight_columns(index + eight(2 * pair.value)) ^ eight_columns(index + eight(2 * pair.value + 1));
    });
    return differ == 0;
  }

  template <int kRows, int kChains, typename Offset>
  NM4J_INLINE static void multiply_pairs(const Weight* values, const uint8_t* index, const Offset& eight,
                                         const float* panel, Sums<kRows, kChains>& sums) {
    decltype(V::eight_weights(values)) weights[kRows];
    uint64_t columns[kRows / 2];
    unroll<kRows>([&](auto r) { weights[r.value] = V::eight_weights(values + eight(r.value)); });
    unroll<kRows / 2>([&](auto pair) { columns[pair.value] = eight_columns(index + eight(2 * pair.value)); });
    prefetch<kRows>(values, index, eight);
    unroll<8>([&](auto j) {
      auto& sum = sums[decltype(j)::value % kChains];
      unroll<kRows / 2>([&](auto pair) {
        constexpr int kUpper = 2 * decltype(pair)::value, kLower = kUpper + 1;
        const float* x = panel_row<decltype(j)::value>(panel, columns[pair.value]);
        const Reg upper = V::template broadcast<decltype(j)::value>(weights[kUpper]);
        const Reg lower = V::template broadcast<decltype(j)::value>(weights[kLower]);
        unroll<kPart>([&](auto v) {
          Reg activations = V::load(x + v.value * V::kLanes);
          V::pin(&activations);
          sum[kUpper][v.value] = V::fma(upper, activations, sum[kUpper][v.value]);
          sum[kLower][v.value] = V::fma(lower, activations, sum[kLower][v.value]);
        });
      });
    });
  }

  template <int kRows, int kChains, typename Offset>
  NM4J_INLINE static void multiply_rows(const Weight* values, const uint8_t* index, const Offset& eight,
                                        const float* panel, Sums<kRows, kChains>& sums) {
    decltype(V::eight_weights(values)) weights[kRows];
    uint64_t columns[kRows];
    unroll<kRows>([&](auto r) {
      weights[r.value] = V::eight_weights(values + eight(r.value));
      columns[r.value] = eight_columns(index + eight(r.value));
    });
    prefetch<kRows>(values, index, eight);
    unroll<8>([&](auto j) {
      auto& sum = sums[decltype(j)::value % kChains];
      unroll<kRows>([&](auto r) {
        multiply(V::template broadcast<decltype(j)::value>(weights[r.value]),
                 panel_row<decltype(j)::value>(panel, columns[r.value]), sum[r.value]);
      });
    });
  }

  NM4J_INLINE static void multiply(Reg weight, const float* x, Reg (&sum)[kPart]) {
    unroll<kPart>([&](auto v) { sum[v.value] = V::fma(weight, V::load(x + v.value * V::kLanes), sum[v.value]); });
  }

  // Weights come from beyond L2 in as many passes as there are panels, index and values in streams of their own. Narrow
  // panels pass over them faster. Zen 5, GFLOP/s with 1, 2, 4, 8, 16 KiB ahead: 4096 x 4096, batch 16: 120, 217, 252,
  // 253, 233; batch 64: 374, 389, 380, 378, 375.
  template <int kRows, typename Offset>
  NM4J_INLINE static void prefetch(const Weight* values, const uint8_t* index, const Offset& eight) {
    constexpr int kAhead = kWidth <= 16 ? 4096 : 2048;
    unroll<kRows>([&](auto r) {
      if (r.value * 8 * sizeof(Weight) % 64 == 0 || kRows == 1) {
        __builtin_prefetch(reinterpret_cast<const char*>(values + eight(r.value)) + kAhead);
      }
      if (r.value % 4 == 0) __builtin_prefetch(index + eight(r.value) + kAhead / 4);
    });
  }

  NM4J_INLINE static uint64_t eight_columns(const uint8_t* index) {
    uint64_t eight;
    __builtin_memcpy(&eight, index, sizeof eight);
    return eight;
  }

  // Row of the panel given by byte j of eight indices. One 64-bit load and two operations per index instead of a byte
  // load each: the load ports feed the multiply-adds (Zen 5: 374 against 287 GFLOP/s in this kernel alone).
  template <int kByte>
  NM4J_INLINE static const float* panel_row(const float* panel, uint64_t eight) {
    if constexpr ((kWidth & (kWidth - 1)) == 0) {
      constexpr int kShift = __builtin_ctz(kWidth * sizeof(float));
      const uint64_t shifted = 8 * kByte < kShift ? eight << (kShift - 8 * kByte) : eight >> (8 * kByte - kShift);
      return reinterpret_cast<const float*>(reinterpret_cast<const char*>(panel) + (shifted & 255u << kShift));
    } else {
      return panel + (eight >> 8 * kByte & 255u) * kWidth;
    }
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
      if (n == 0) break;
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
  for (int64_t block = 0; block < w.blocks; ++block) {
    P::multiply_block(w, block, tile, panel + block * P::block_cols(w) * P::kWidth, sums);
  }
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
    constexpr int kLess = V::narrower(kVectors);
    if (tile.items <= kLess * V::kLanes) {
      return stream_narrow<Panel, V, Weight, kLess>(w, args, tile, new_panel, panel, sums);
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

// Rows, from the first of a strip on, times any items.
template <typename V, typename Weight>
void row_stream_part(const PackedWeights& weights, const MultiplyArgs& args, const Tile& part) {
  const RowStreamView& w = weights.stream;
  float* panel = scratch((w.cols + part.rows) * kPanelItems);
  for (int64_t i = 0; i < part.items; i += kPanelItems) {
    const int64_t items = part.items - i < kPanelItems ? part.items - i : kPanelItems;
    stream_narrow<RowStreamPanel, V, Weight, V::kPanelVectors>(w, args, {part.row, part.rows, part.item + i, items},
                                                               true, panel, panel + w.cols * kPanelItems);
  }
}

template <typename V, typename Weight>
void row_stream_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  stream_run<RowStreamPanel, V, Weight>(weights.stream, args, tile_begin, tile_end);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_ROW_STREAM_INL_H_
