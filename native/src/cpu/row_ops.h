// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Work on rows of weights, at the speed of memory: masks, compression and packing. Each instruction set has its
// own, all with the same results to the last bit.
#ifndef NM4J_CPU_ROW_OPS_H_
#define NM4J_CPU_ROW_OPS_H_

#include <cstdint>

#include "format/packed_store.h"
#include "nm4j/nm4j.h"

namespace nm {

struct RowOps {
  // The row's mask (all its bytes): the N largest magnitudes of each group, NaN largest of all, ties to the lowest
  // column. Returns whether the row has a NaN.
  bool (*magnitude)(const float* row, int64_t cols, int n, int m, uint8_t* mask);

  // The bits of the row's non-zeros (-0.0 is zero, NaN is not). Returns whether the row has a NaN.
  bool (*nonzeros)(const float* row, int64_t cols, uint8_t* mask);

  // out = row where the mask keeps, +0.0 elsewhere; out may be row.
  void (*apply)(const float* row, const uint8_t* mask, int64_t cols, float* out);

  // The weights at the bits of `full`, side by side: their values, +0.0 where `mask`, which full completes, has no bit;
  // and their columns within their groups of M. May write kRowSlack elements more of each. Brings what lies at `next`,
  // the row after this one or any other address, near. Returns whether a value is NaN.
  bool (*compress)(const float* row, const uint8_t* mask, const uint8_t* full, int64_t cols, int m, const float* next,
                   float* values, uint8_t* index);

  // The columns alone.
  void (*positions)(const uint8_t* mask, int64_t cols, int m, uint8_t* index);

  // The inverse of compress: values at the bits of the mask, +0.0 elsewhere.
  void (*expand)(const float* values, const uint8_t* mask, int64_t cols, float* row);

  // How packings are written. `fence` completes what was written past the caches.
  Interleave interleave;
  Copy copy;
  Order order;
  void (*fence)();
  SortColumns sort_columns;

  // Transposable 2:4 masks of four rows, of which the last 4 - count are zeros that are not there. Returns whether
  // there is a NaN.
  bool (*transposable)(const float* w, int64_t ld, int count, int64_t cols, uint8_t* mask);

  // As magnitude, by the numbers themselves instead of their magnitudes.
  bool (*scores)(const float* row, int64_t cols, int n, int m, uint8_t* mask);

  // For each group, the short last one too, |w| of its largest weight that is not kept, 0 if it keeps all. Returns
  // whether all weights are finite.
  bool (*thresholds)(const float* row, int64_t cols, int n, int m, float* threshold);

  // Unbiased random sparsity of a row whose first group is number first_group of all. Returns -1, or a column from
  // which on the sum of a group's magnitudes is not finite.
  int64_t (*sample)(const float* row, int64_t cols, int n, int m, uint64_t first_group, uint64_t seed, float* out);

  // The random mask (all bytes) of a row whose first group is number first_group of all: each group keeps exactly
  // min(N, length), each choice being equally likely.
  void (*random)(uint64_t first_group, int64_t cols, int n, int m, uint64_t seed, uint8_t* mask);

  // sums += |w| of each column, row by row.
  void (*add_magnitudes)(const float* w, int64_t ld, int64_t rows, int64_t cols, double* sums);

  // The part of a row's mask (all bytes) in at most kChosenColumns columns: of every four chosen ones, the N largest
  // magnitudes, NaN largest of all, ties to the lowest column.
  void (*largest_chosen)(const float* row, const uint8_t* chosen, int64_t cols, int n, uint8_t* mask);

  // Transposable masks of lane_blocks blocks of m x m, m at most kLaneSide, as TransposableBlock makes them. magnitude:
  // one block after the other, row-major, finite, at least 0. kept: for each block a byte for each row.
  void (*transposable_lanes)(const float* magnitude, int n, int m, uint64_t* kept);
  int lane_blocks;
};

constexpr int64_t kChosenColumns = 1024;
constexpr int kLaneSide = 8;

// Those of the widest instruction set within the limit.
const RowOps& row_ops(nm_isa limit);

extern const RowOps row_ops_scalar, row_ops_avx2, row_ops_avx512;

}  // namespace nm

#endif  // NM4J_CPU_ROW_OPS_H_
