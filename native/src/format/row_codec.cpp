// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/row_codec.h"

#include <cstring>

#include "format/mask_rows.h"

namespace nm {

void encode_dense(const float* dense, const uint8_t* mask, const uint8_t* full, int64_t cols, CompressedRow* row) {
  decode_columns(full, cols, row->cols.data());
  for (size_t i = 0; i < row->cols.size(); ++i) {
    const int64_t col = row->cols[i];
    row->values[i] = mask_bit(mask, col) ? dense[col] : 0.0f;
  }
}

void decode_columns(const uint8_t* full, int64_t cols, int64_t* out) {
  for (int64_t byte = 0; byte < mask_row_bytes(cols); ++byte) {
    for (uint32_t bits = full[byte]; bits != 0; bits &= bits - 1) *out++ = byte * 8 + __builtin_ctz(bits);
  }
}

void decode_dense(const CompressedRow& row, int64_t cols, float* dense) {
  std::memset(dense, 0, cols * sizeof(float));
  for (size_t i = 0; i < row.cols.size(); ++i) dense[row.cols[i]] = row.values[i];
}

void decode_mask(const CompressedRow& row, int64_t cols, uint8_t* mask) {
  std::memset(mask, 0, mask_row_bytes(cols));
  for (const int64_t col : row.cols) mask[col / 8] |= static_cast<uint8_t>(1 << (col % 8));
}

}  // namespace nm
