// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The object behind nm_matrix.
#ifndef NM4J_ABI_MATRIX_H_
#define NM4J_ABI_MATRIX_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "abi/status.h"
#include "cpu/crossover.h"
#include "cpu/kernel.h"
#include "format/column_stream.h"
#include "format/lane_panel.h"
#include "format/pattern.h"
#include "format/row_stream.h"
#include "format/tile_stream.h"

struct nm_matrix {
  int64_t rows, cols;
  nm_dtype dtype;       // of the weights
  nm::Pattern pattern;  // none, 0:0, if transposed
  nm::LanePanel lanes;  // of the packings some may be empty, not all
  nm::RowStream stream;
  nm::TileStream tiles;            // never without a row stream
  nm::ColumnStream columns;        // alone: the matrix is transposed
  nm::AlignedArray<float> scales;  // of int8 weights, one per row; else empty
  nm::AlignedArray<int32_t> sums;  // likewise: of the kept integers
  // By packing and type of activations; NULL where the packing is empty or no kernel takes the type.
  const nm::Kernel* kernels[nm::kPackings][nm::kDtypes];
  int64_t small_limit;  // with both packings: the largest batch that runs on lanes
  int64_t tile_limit;   // the same for activations that tiles take
  // While rows (of a transposed matrix: columns) are set: which are, and which strips of the row stream are in their
  // final order.
  std::unique_ptr<std::atomic<bool>[]> row_set, strip_ordered;
  std::atomic<bool> sealed;
  std::shared_ptr<const char> weights = std::make_shared<const char>();  // an owner for each handle on them

  bool transposed() const { return !columns.empty(); }

  // NULL when no kernel takes the type of activations.
  const nm::Kernel* kernel(nm_dtype activations, int64_t batch) const {
    const auto of = [&](nm::Packing packing) { return kernels[static_cast<int>(packing)][activations]; };
    if (transposed()) return of(nm::Packing::kColumnStream);
    const nm::Kernel* tiles = of(nm::Packing::kTileStream);
    const nm::Kernel* pairs = of(nm::Packing::kLanePairs);
    const nm::Kernel* small = of(nm::Packing::kLanePanel);
    const nm::Kernel* large = of(nm::Packing::kRowStream);
    if (tiles != nullptr && (small == nullptr || batch > tile_limit)) return tiles;
    if (pairs != nullptr && (small == nullptr || batch > nm::kMaxLaneBatchBesidePairs)) return pairs;
    if (pairs != nullptr || large == nullptr) return small;
    if (small == nullptr) return large;
    return batch <= small_limit || small->any_batch ? small : large;
  }
};

namespace nm {

int32_t check_sealed(const nm_matrix* a);
int32_t check_open(const nm_matrix* a);
int32_t check_not_transposed(const nm_matrix* a);
int32_t check_matrix_shape(int64_t rows, int64_t cols);

// Row r of a matrix that is not transposed, widened and scaled; not its mask.
void read_row(const nm_matrix* a, int64_t r, CompressedRow* row);

// Looks up the kernels that take a packing.
void find_kernels(nm_matrix* a, Packing packing);

}  // namespace nm

#endif  // NM4J_ABI_MATRIX_H_
