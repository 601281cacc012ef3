// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_codec.h"

#include <cstring>

#include "format/mask_rows.h"

namespace nm {
namespace {

// Calls visit(i, column) for each kept weight.
template <typename Visit>
void for_each_kept(const CompressedRow& row, Visit&& visit) {
  int64_t i = 0;
  for (int64_t first = 0; i < row.kept; first += row.pattern.m) {
    for (const int64_t end = std::min(i + row.pattern.n, row.kept); i < end; ++i) visit(i, first + row.index[i]);
  }
}

}  // namespace

void decode_dense(const CompressedRow& row, float* dense) {
  std::memset(dense, 0, row.cols * sizeof(float));
  for_each_kept(row, [&](int64_t i, int64_t col) { dense[col] = row.values[i]; });
}

void decode_mask(const CompressedRow& row, uint8_t* mask) {
  std::memset(mask, 0, mask_row_bytes(row.cols));
  for_each_kept(row, [&](int64_t, int64_t col) { mask[col / 8] |= static_cast<uint8_t>(1 << (col % 8)); });
}

}  // namespace nm
