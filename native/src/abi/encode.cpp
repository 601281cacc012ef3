// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "abi/encode.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "cpu/isa.h"
#include "format/mask_rows.h"

namespace nm {

int32_t check_complete(int64_t r, const uint8_t* mask, Pattern pattern, int64_t cols) {
  const Breach breach = find_incomplete(mask, pattern, cols);
  if (breach.col < 0) return NM_OK;
  return fail(NM_PATTERN_BREACH,
              "mask: expected exactly %d bits in the group of %d at row %" PRId64 ", column %" PRId64
              " (fewer only in a shorter last group), got %d",
              pattern.n, pattern.m, r, breach.col, breach.bits);
}

int32_t check_finite(int64_t r, const CompressedRow& row) {
  for (int64_t i = 0; i < row.kept; ++i) {
    if (!std::isfinite(row.values[i])) {
      return fail(NM_NAN,
                  "weights: expected finite ones to make 8-bit integers of, got %f at row %" PRId64 ", column %" PRId64,
                  static_cast<double>(row.values[i]), r, row.col(i));
    }
  }
  return NM_OK;
}

int32_t check_weight_dtype(int32_t dtype) {
  if (dtype == NM_F32 || dtype == NM_BF16 || dtype == NM_S8) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "dtype: expected 0 (f32), 1 (bf16) or 2 (s8) for weights, got %d", dtype);
}

int32_t check_finite_scales(const char* of, const float* scales, int64_t first, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(scales[i])) {
      return fail(NM_INVALID_ARGUMENT, "scales: expected finite ones, got %f for %s %" PRId64,
                  static_cast<double>(scales[i]), of, first + i);
    }
  }
  return NM_OK;
}

RowEncoder::RowEncoder(Pattern pattern, int64_t cols, int32_t flags)
    : ops_(row_ops(active_isa())), allow_nan_((flags & NM_ALLOW_NAN) != 0), row_(pattern, cols) {}

int32_t RowEncoder::dense(int64_t r, const float* row, const float* next, const uint8_t* mask) {
  const Breach breach = find_excess(mask, row_.pattern, row_.cols);
  if (breach.col >= 0) {
    return fail(NM_PATTERN_BREACH,
                "mask: expected at most %d bits in the group of %d at row %" PRId64 ", column %" PRId64 ", got %d",
                row_.pattern.n, row_.pattern.m, r, breach.col, breach.bits);
  }
  complete_mask(mask, row_.pattern, row_.cols, row_.mask.data());
  return compress(r, row, next, mask);
}

int32_t RowEncoder::portable(int64_t r, const float* values, const uint8_t* mask) {
  NM_TRY(check_complete(r, mask, row_.pattern, row_.cols));
  complete_mask(mask, row_.pattern, row_.cols, row_.mask.data());  // clears spare bits
  std::copy_n(values, row_.kept, row_.values.begin());
  ops_.positions(row_.mask.data(), row_.cols, row_.pattern.m, row_.index.data());
  return check_nan(r);
}

int32_t RowEncoder::prune(int64_t r, const float* row, const float* next) {
  ops_.magnitude(row, row_.cols, row_.pattern.n, row_.pattern.m, row_.mask.data());
  return compress(r, row, next, row_.mask.data());  // NaN, the largest, are among the kept
}

int32_t RowEncoder::compress(int64_t r, const float* row, const float* next, const uint8_t* mask) {
  const bool nan = ops_.compress(row, mask, row_.mask.data(), row_.cols, row_.pattern.m, next, row_.values.data(),
                                 row_.index.data());
  return nan ? check_nan(r) : int32_t{NM_OK};
}

int32_t RowEncoder::check_nan(int64_t r) const {
  if (allow_nan_) return NM_OK;
  for (int64_t i = 0; i < row_.kept; ++i) {
    if (row_.values[i] != row_.values[i]) {
      return fail(NM_NAN, "weights: expected no NaN among the kept ones, got one at row %" PRId64 ", column %" PRId64,
                  r, row_.col(i));
    }
  }
  return NM_OK;
}

}  // namespace nm
