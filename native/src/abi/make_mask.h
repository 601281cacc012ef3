// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What all functions that make a mask of numbers have in common.
#ifndef NM4J_ABI_MAKE_MASK_H_
#define NM4J_ABI_MAKE_MASK_H_

#include <algorithm>
#include <cinttypes>
#include <cstdint>

#include "abi/check.h"
#include "abi/status.h"
#include "format/mask_rows.h"

namespace nm {

// A dense matrix and the mask to be made of it.
struct MaskJob {
  const char* name;  // of the matrix, for messages
  const float* w;
  int64_t rows, cols, ld;
  int32_t flags;
  uint8_t* mask;
};

inline int32_t check_job(const MaskJob& job) {
  Span numbers, bits;
  NM_TRY(check_flags(job.flags));
  NM_TRY(check_matrix(job.name, job.w, job.rows, job.cols, job.ld, sizeof(float), &numbers));
  NM_TRY(check_mask("mask", job.mask, job.rows, job.cols, &bits));
  return check_disjoint(numbers, bits);
}

// Refuses a NaN in row `first` or later, which `nan` says there is, unless it is allowed.
inline int32_t refuse_nan(bool nan, const MaskJob& job, int64_t first) {
  if (!nan || (job.flags & NM_ALLOW_NAN) != 0) return NM_OK;
  int64_t r = first, col;
  while ((col = find_nan(job.w + r * job.ld, job.cols, nullptr)) < 0) ++r;
  return fail(NM_NAN, "%s: expected no NaN, got one at row %" PRId64 ", column %" PRId64, job.name, r, col);
}

// Makes the masks of `height` rows at a time: make(w, r, rows, mask) makes those from row r on, and returns a status.
template <typename Make>
int32_t make_masks(const MaskJob& job, int64_t height, Make&& make) {
  if (job.cols == 0) return NM_OK;
  for (int64_t r = 0; r < job.rows; r += std::min(height, job.rows - r)) {
    NM_TRY(make(job.w + r * job.ld, r, std::min(height, job.rows - r), job.mask + r * mask_row_bytes(job.cols)));
  }
  return NM_OK;
}

// What a check of a mask found.
struct Breaches {
  int64_t count = 0, row = -1, col = -1;

  void add(int64_t found, int64_t r, int64_t c) {
    if (count == 0 && found > 0) {
      row = r;
      col = c;
    }
    count += found;
  }
  void store(int64_t* breaches, int64_t* first_row, int64_t* first_col) const {
    *breaches = count;
    *first_row = row;
    *first_col = col;
  }
};

inline int32_t check_breach_outputs(const int64_t* breaches, const int64_t* row, const int64_t* col) {
  NM_TRY(check_not_null("breaches", breaches));
  NM_TRY(check_not_null("first_row", row));
  return check_not_null("first_col", col);
}

}  // namespace nm

#endif  // NM4J_ABI_MAKE_MASK_H_
