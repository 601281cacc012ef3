// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of caller memory, dense or portable, checked and turned into compressed rows.
#ifndef NM4J_ABI_ENCODE_H_
#define NM4J_ABI_ENCODE_H_

#include <cstdint>
#include <vector>

#include "abi/status.h"
#include "cpu/row_ops.h"
#include "format/row_codec.h"

namespace nm {

// NM_PATTERN_BREACH unless each group of a mask row holds exactly min(N, length) bits; r is for the message.
int32_t check_complete(int64_t r, const uint8_t* mask, Pattern pattern, int64_t cols);

// The types that weights are stored in.
int32_t check_weight_dtype(int32_t dtype);

// NM_NAN: integers cannot stand for infinity and NaN.
int32_t check_finite(int64_t r, const CompressedRow& row);

// Scales of rows, or output channels (`of`), number `first` and on that hold integers already.
int32_t check_finite_scales(const char* of, const float* scales, int64_t first, int64_t count);

class RowEncoder {
 public:
  RowEncoder(Pattern pattern, int64_t cols, int32_t flags);

  // `r` is the row's number in messages; `next` is where the row after it lies, to be fetched meanwhile.
  // NM_PATTERN_BREACH, NM_NAN.
  int32_t dense(int64_t r, const float* row, const float* next, const uint8_t* mask);
  int32_t portable(int64_t r, const float* values, const uint8_t* mask);
  int32_t prune(int64_t r, const float* row, const float* next);  // by magnitude

  // The last row encoded, which the caller may change, or take and leave another one of this shape.
  CompressedRow* row() { return &row_; }

 private:
  int32_t check_nan(int64_t r) const;
  int32_t compress(int64_t r, const float* row, const float* next, const uint8_t* mask);

  const RowOps& ops_;
  bool allow_nan_;
  CompressedRow row_;
};

}  // namespace nm

#endif  // NM4J_ABI_ENCODE_H_
