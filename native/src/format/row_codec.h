// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// One compressed row: its kept values and their columns, ascending. Every packing is written from this form and read
// back into it.
#ifndef NM4J_FORMAT_ROW_CODEC_H_
#define NM4J_FORMAT_ROW_CODEC_H_

#include <cstdint>
#include <vector>

#include "format/mask_rows.h"
#include "format/pattern.h"

namespace nm {

// What may be read and written behind the values and indices of a compressed row, so that vectors need not be cut.
constexpr int64_t kRowSlack = 16;

struct CompressedRow {
  Pattern pattern;
  int64_t cols, kept;
  std::vector<float> values;
  std::vector<uint8_t> index;  // columns within their groups; each group but the last keeps N
  std::vector<uint8_t> mask;   // the same columns as bits

  CompressedRow(Pattern p, int64_t columns)
      : pattern(p),
        cols(columns),
        kept(p.kept(columns)),
        values(kept + kRowSlack),
        index(kept + kRowSlack),
        mask(mask_row_bytes(columns)) {}

  int64_t col(int64_t i) const { return i / pattern.n * pattern.m + index[i]; }
};

// Back to a dense row and to a mask row; the mask is not looked at.
void decode_dense(const CompressedRow& row, float* dense);
void decode_mask(const CompressedRow& row, uint8_t* mask);

}  // namespace nm

#endif  // NM4J_FORMAT_ROW_CODEC_H_
