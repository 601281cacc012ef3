// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "abi/encode.h"

#include <algorithm>
#include <cinttypes>

#include "format/mask_rows.h"

namespace nm {

RowEncoder::RowEncoder(Pattern pattern, int64_t cols, int32_t flags)
    : pattern_(pattern),
      cols_(cols),
      allow_nan_((flags & NM_ALLOW_NAN) != 0),
      row_(pattern.kept(cols)),
      mask_(mask_row_bytes(cols)) {}

int32_t RowEncoder::dense(int64_t r, const float* row, const uint8_t* mask) {
  const Breach breach = find_excess(mask, pattern_, cols_);
  if (breach.col >= 0) {
    return fail(NM_PATTERN_BREACH,
                "mask: expected at most %d bits in the group of %d at row %" PRId64 ", column %" PRId64 ", got %d",
                pattern_.n, pattern_.m, r, breach.col, breach.bits);
  }
  complete_mask(mask, pattern_, cols_, mask_.data());
  encode_dense(row, mask, mask_.data(), cols_, &row_);
  return check_nan(r);
}

int32_t RowEncoder::portable(int64_t r, const float* values, const uint8_t* mask) {
  const Breach breach = find_incomplete(mask, pattern_, cols_);
  if (breach.col >= 0) {
    return fail(NM_PATTERN_BREACH,
                "mask: expected exactly %d bits in the group of %d at row %" PRId64 ", column %" PRId64
                " (fewer only in a shorter last group), got %d",
                pattern_.n, pattern_.m, r, breach.col, breach.bits);
  }
  complete_mask(mask, pattern_, cols_, mask_.data());  // clears spare bits
  decode_columns(mask_.data(), cols_, row_.cols.data());
  std::copy_n(values, row_.values.size(), row_.values.begin());
  return check_nan(r);
}

int32_t RowEncoder::check_nan(int64_t r) const {
  if (allow_nan_) return NM_OK;
  for (size_t i = 0; i < row_.values.size(); ++i) {
    if (row_.values[i] != row_.values[i]) {
      return fail(NM_NAN, "weights: expected no NaN among the kept ones, got one at row %" PRId64 ", column %" PRId64,
                  r, row_.cols[i]);
    }
  }
  return NM_OK;
}

}  // namespace nm
