// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposed weights: kernels over the column-stream packing. Include inside a kernel file only.
//
// As row streams, but four rows at a time, column by column: a row of the panel is loaded once for all of the four rows
// that keep its column. Which rows those are is fixed within a class of columns, so that the code for each class has
// the sums in registers.
#ifndef NM4J_CPU_COLUMN_STREAM_INL_H_
#define NM4J_CPU_COLUMN_STREAM_INL_H_

#include "cpu/row_stream-inl.h"

namespace nm {
namespace {

template <typename V, typename Weight, int kVectors>
struct ColumnStreamPanel : RowStreamPanel<V, Weight, kVectors> {
  static constexpr int kWidth = kVectors * V::kLanes;
  static constexpr int kRows = ColumnStream::kGroupRows, kClasses = ColumnStream::kClasses;
  // Vectors at once: kRows * kPart sums are in registers.
  static constexpr int kPart = V::class_vectors(kVectors);
  static_assert(kVectors % kPart == 0 && kStreamRowStep % ColumnStream::kSectionRows == 0);
  using Reg = typename V::Reg;

  static int64_t block_cols(const ColumnStreamView&) { return ColumnStream::kBlockCols; }

  // Sums beyond the last row are computed, as zeros, and not used: tiles have room for whole groups.
  static void multiply_block(const ColumnStreamView& w, int64_t block, const Tile& tile, const float* panel,
                             float* sums) {
    const int64_t section = block * w.sections + tile.row / ColumnStream::kSectionRows;
    const uint8_t* counts = w.counts + section * ColumnStream::kSectionGroups * kClasses;
    const float* values = w.values + w.starts[section].value;
    const uint8_t* index = w.index + w.starts[section].column;
    for (int64_t r = 0; r < tile.rows; r += kRows, counts += kClasses) {
      Stream end = {values, index};
      for (int v = 0; v < kVectors; v += kPart) {
        end = multiply_group({values, index}, counts, panel + v * V::kLanes, sums + r * kWidth + v * V::kLanes,
                             block == 0);
      }
      values = end.values;
      index = end.index;
    }
  }

 private:
  struct Stream {
    const float* values;
    const uint8_t* index;
  };

  static Stream multiply_group(Stream at, const uint8_t* counts, const float* panel, float* sums, bool first) {
    Reg sum[kRows][kPart];
    unroll<kRows>([&](auto r) {
      unroll<kPart>([&](auto v) {
        float* p = sums + r.value * kWidth + v.value * V::kLanes;
        sum[r.value][v.value] = first ? V::zero() : V::load(p);
        __builtin_prefetch(p + kRows * kWidth);
      });
    });
    // Weights come from beyond L2 in as many passes as there are panels; a group at 2:4 has 1 KiB of them.
    for (int i = 0; i < 16; ++i) __builtin_prefetch(at.values + 512 + 16 * i);
    multiply_classes<1>(&at, counts, panel, sum);
    unroll<kRows>([&](auto r) {
      unroll<kPart>([&](auto v) { V::store(sums + r.value * kWidth + v.value * V::kLanes, sum[r.value][v.value]); });
    });
    return at;
  }

  template <int kClass>
  NM4J_INLINE static void multiply_classes(Stream* at, const uint8_t* counts, const float* panel,
                                           Reg (&sum)[kRows][kPart]) {
    constexpr int kKept = __builtin_popcount(kClass);
    const uint8_t* index = at->index;
    const uint8_t* end = index + counts[kClass];
    const float* values = at->values;
    for (; index != end; ++index, values += kKept) {
      const float* x = panel + static_cast<int64_t>(*index) * kWidth;
      Reg weights[kRows];
      unroll<kRows>([&](auto r) {
        constexpr int kRow = decltype(r)::value, kBefore = __builtin_popcount(kClass & ((1 << kRow) - 1));
        if constexpr ((kClass >> kRow & 1) != 0) weights[kRow] = V::set1(values[kBefore]);
      });
      unroll<kPart>([&](auto v) {
        Reg activations = V::load(x + v.value * V::kLanes);
        if constexpr (kKept > 1) V::pin(&activations);
        unroll<kRows>([&](auto r) {
          constexpr int kRow = decltype(r)::value, kVector = decltype(v)::value;
          if constexpr ((kClass >> kRow & 1) != 0) {
            sum[kRow][kVector] = V::fma(weights[kRow], activations, sum[kRow][kVector]);
          }
        });
      });
    }
    *at = {values, index};
    if constexpr (kClass + 1 < kClasses) multiply_classes<kClass + 1>(at, counts, panel, sum);
  }
};

template <typename V>
void column_stream_run(const PackedWeights& weights, const MultiplyArgs& args, int64_t tile_begin, int64_t tile_end) {
  stream_run<ColumnStreamPanel, V, float>(weights.columns, args, tile_begin, tile_end);
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_COLUMN_STREAM_INL_H_
