// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// One compressed row: its kept values and their columns, ascending. Every packing is written from this form and read
// back into it.
#ifndef NM4J_FORMAT_ROW_CODEC_H_
#define NM4J_FORMAT_ROW_CODEC_H_

#include <cstdint>
#include <vector>

#include "format/pattern.h"

namespace nm {

struct CompressedRow {
  std::vector<float> values;
  std::vector<int64_t> cols;

  explicit CompressedRow(int64_t kept) : values(kept), cols(kept) {}
};

// Reads the columns of a complete mask row; values are dense[col] where `mask` (which obeys the pattern, and which
// full completes) keeps, +0.0 elsewhere.
void encode_dense(const float* dense, const uint8_t* mask, const uint8_t* full, int64_t cols, CompressedRow* row);

// The columns of a complete mask row alone.
void decode_columns(const uint8_t* full, int64_t cols, int64_t* out);

// Back to a dense row and to a mask row.
void decode_dense(const CompressedRow& row, int64_t cols, float* dense);
void decode_mask(const CompressedRow& row, int64_t cols, uint8_t* mask);

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_CODEC_H_
