// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks: making, checking and applying them.
#include <cinttypes>
#include <cmath>
#include <limits>
#include <vector>

#include "abi/check.h"
#include "abi/make_mask.h"
#include "abi/status.h"
#include "cpu/isa.h"
#include "cpu/row_ops.h"
#include "format/mask_rows.h"

namespace nm {
namespace {

// The groups of a mask row that keep more than N.
void add_row(int64_t r, const uint8_t* mask, Pattern pattern, int64_t cols, Breaches* breaches) {
  const int64_t found = count_excess(mask, pattern, cols);
  if (found > 0) breaches->add(found, r, find_excess(mask, pattern, cols).col);
}

}  // namespace
}  // namespace nm

using nm::fail;
using nm::guarded;
using nm::mask_row_bytes;
using nm::Pattern;
using nm::Span;

int32_t nm_mask_bytes(int64_t rows, int64_t cols, int64_t* bytes) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("bytes", bytes));
    NM_TRY(nm::check_not_negative("rows", rows));
    NM_TRY(nm::check_not_negative("cols", cols));
    if (__builtin_mul_overflow(rows, mask_row_bytes(cols), bytes)) {
      return fail(NM_OVERFLOW, "mask: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64 " bits", rows,
                  cols);
    }
    return NM_OK;
  });
}

int32_t nm_kept_per_row(int64_t cols, int32_t n, int32_t m, int64_t* kept) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("kept", kept));
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_not_negative("cols", cols));
    *kept = Pattern{n, m}.kept(cols);
    return NM_OK;
  });
}

int32_t nm_mask_magnitude_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                              int32_t flags, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    const nm::MaskJob job{"w", w, rows, cols, ld, flags, mask};
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_job(job));
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    return nm::make_masks(job, 1, [&](const float* row, int64_t r, int64_t, uint8_t* mask_row) {
      return nm::refuse_nan(ops.magnitude(row, cols, n, m, mask_row), job, r);
    });
  });
}

int32_t nm_mask_scores_f32(const float* scores, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                           int32_t flags, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    const nm::MaskJob job{"scores", scores, rows, cols, ld, flags, mask};
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_job(job));
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    return nm::make_masks(job, 1, [&](const float* row, int64_t r, int64_t, uint8_t* mask_row) {
      return nm::refuse_nan(ops.scores(row, cols, n, m, mask_row), job, r);
    });
  });
}

int32_t nm_mask_nonzero_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m, int32_t flags,
                            uint8_t* mask) {
  return guarded([&]() -> int32_t {
    const nm::MaskJob job{"w", w, rows, cols, ld, flags, mask};
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_job(job));
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    const Pattern pattern{n, m};
    return nm::make_masks(job, 1, [&](const float* row, int64_t r, int64_t, uint8_t* mask_row) -> int32_t {
      NM_TRY(nm::refuse_nan(ops.nonzeros(row, cols, mask_row), job, r));
      const nm::Breach breach = nm::find_excess(mask_row, pattern, cols);
      if (breach.col >= 0) {
        return fail(NM_PATTERN_BREACH,
                    "w: expected at most %d non-zeros in the group of %d at row %" PRId64 ", column %" PRId64
                    ", got %d",
                    n, m, r, breach.col, breach.bits);
      }
      nm::complete_mask(mask_row, pattern, cols, mask_row);
      return NM_OK;
    });
  });
}

int32_t nm_check_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m, int64_t* breaches,
                     int64_t* first_row, int64_t* first_col) {
  return guarded([&]() -> int32_t {
    Span weights;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_matrix("w", w, rows, cols, ld, sizeof(float), &weights));
    NM_TRY(nm::check_breach_outputs(breaches, first_row, first_col));
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    nm::Breaches found;
    std::vector<uint8_t> mask_row(rows > 0 ? mask_row_bytes(cols) : 0);
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      ops.nonzeros(w + r * ld, cols, mask_row.data());
      nm::add_row(r, mask_row.data(), {n, m}, cols, &found);
    }
    found.store(breaches, first_row, first_col);
    return NM_OK;
  });
}

int32_t nm_check_mask(const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t* breaches,
                      int64_t* first_row, int64_t* first_col) {
  return guarded([&]() -> int32_t {
    Span bits;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    NM_TRY(nm::check_breach_outputs(breaches, first_row, first_col));
    nm::Breaches found;
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      nm::add_row(r, mask + r * mask_row_bytes(cols), {n, m}, cols, &found);
    }
    found.store(breaches, first_row, first_col);
    return NM_OK;
  });
}

int32_t nm_mask_apply_f32(const float* w, int64_t rows, int64_t cols, int64_t ldw, const uint8_t* mask, float* out,
                          int64_t ldo) {
  return guarded([&]() -> int32_t {
    Span weights, bits, result;
    NM_TRY(nm::check_matrix("w", w, rows, cols, ldw, sizeof(float), &weights));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    NM_TRY(nm::check_matrix("out", out, rows, cols, ldo, sizeof(float), &result));
    NM_TRY(nm::check_disjoint(bits, result));
    if (out != w || ldo != ldw) NM_TRY(nm::check_disjoint(weights, result));
    if (cols == 0) return NM_OK;
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    for (int64_t r = 0; r < rows; ++r) {
      ops.apply(w + r * ldw, mask + r * mask_row_bytes(cols), cols, out + r * ldo);
    }
    return NM_OK;
  });
}

int32_t nm_kept_share_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, const uint8_t* mask,
                          double* abs_share, double* square_share) {
  return guarded([&]() -> int32_t {
    Span weights, bits;
    NM_TRY(nm::check_matrix("w", w, rows, cols, ld, sizeof(float), &weights));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    NM_TRY(nm::check_not_null("abs_share", abs_share));
    NM_TRY(nm::check_not_null("square_share", square_share));
    double all = 0, kept = 0, all_squares = 0, kept_squares = 0;
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      const uint8_t* mask_row = mask + r * mask_row_bytes(cols);
      for (int64_t c = 0; c < cols; ++c) {
        const double magnitude = std::fabs(static_cast<double>(w[r * ld + c]));
        const double share = nm::mask_bit(mask_row, c) ? magnitude : 0.0;
        all += magnitude;
        kept += share;
        all_squares += magnitude * magnitude;
        kept_squares += share * share;
      }
    }
    if (!std::isfinite(all)) all = kept = all_squares = kept_squares = std::numeric_limits<double>::quiet_NaN();
    *abs_share = all == 0 ? 1.0 : kept / all;
    *square_share = all_squares == 0 ? 1.0 : kept_squares / all_squares;
    return NM_OK;
  });
}
