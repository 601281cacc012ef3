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
#include "cpu/kernel.h"
#include "format/column_stream.h"
#include "format/lane_panel.h"
#include "format/pattern.h"
#include "format/row_stream.h"

struct nm_matrix {
  int64_t rows, cols;
  nm::Pattern pattern;  // none, 0:0, if transposed
  nm::LanePanel lanes;  // of the packings some may be empty, not all
  nm::RowStream stream;
  nm::ColumnStream columns;                      // alone: the matrix is transposed
  const nm::Kernel* small;                       // over lanes, or NULL
  const nm::Kernel* large;                       // over stream or columns, or NULL
  int64_t small_limit;                           // with both packings: the largest batch that runs on `small`
  std::unique_ptr<std::atomic<bool>[]> row_set;  // while rows are set
  std::atomic<bool> sealed;

  bool transposed() const { return !columns.empty(); }

  const nm::Kernel& kernel(int64_t batch) const {
    if (large == nullptr) return *small;
    return small != nullptr && batch <= small_limit ? *small : *large;
  }
};

namespace nm {

int32_t check_sealed(const nm_matrix* a);

}  // namespace nm

#endif  // NM4J_ABI_MATRIX_H_
