// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Sparse copies that are not masked ones: soft thresholds and unbiased samples.
#include <cinttypes>
#include <cmath>
#include <cstring>
#include <vector>

#include "abi/make_mask.h"
#include "cpu/isa.h"
#include "train/soft_threshold.h"

namespace nm {
namespace {

int32_t refuse_infinite(const float* row, int64_t r, int64_t cols) {
  int64_t c = 0;
  while (c < cols && std::isfinite(row[c])) ++c;
  return fail(NM_NAN, "w: expected finite numbers, got %g at row %" PRId64 ", column %" PRId64,
              static_cast<double>(row[c]), r, c);
}

int32_t check_copy(const char* name, const float* from, int64_t rows, int64_t cols, int64_t ld, float* out, int64_t ldo,
                   Span* result) {
  Span source;
  NM_TRY(check_matrix(name, from, rows, cols, ld, sizeof(float), &source));
  NM_TRY(check_matrix("out", out, rows, cols, ldo, sizeof(float), result));
  return check_disjoint(source, *result);
}

// The group, from column `col` on, whose sum of magnitudes is not finite.
int32_t refuse_sum(const float* row, int64_t r, int64_t col, int64_t cols, int m) {
  for (; col < cols; col += m) {
    float sum = 0;
    for (int64_t c = col; c < std::min<int64_t>(col + m, cols); ++c) sum += std::fabs(row[c]);
    if (std::isfinite(sum)) continue;
    return fail(NM_NAN,
                "g: expected finite numbers, and sums of magnitudes of groups, got %g in the group at row %" PRId64
                ", column %" PRId64,
                static_cast<double>(sum), r, col);
  }
  return fail(NM_INTERNAL, "g: a sum was not finite, and then was");
}

// The bits of a row's non-zeros, completed.
void nonzero_mask(const float* row, int64_t cols, Pattern pattern, const RowOps& ops, uint8_t* mask) {
  ops.nonzeros(row, cols, mask);
  complete_mask(mask, pattern, cols, mask);
}

}  // namespace
}  // namespace nm

using nm::guarded;
using nm::mask_row_bytes;
using nm::Pattern;
using nm::Span;

int32_t nm_soft_threshold_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m, float scale,
                              float* out, int64_t ldo) {
  return guarded([&]() -> int32_t {
    Span result;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_copy("w", w, rows, cols, ld, out, ldo, &result));
    if (!std::isfinite(scale)) {
      return nm::fail(NM_INVALID_ARGUMENT, "scale: expected a finite number, got %g", static_cast<double>(scale));
    }
    nm::SoftThreshold soft({n, m}, nm::active_isa());
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      if (!soft.run(w + r * ld, cols, scale, out + r * ldo)) return nm::refuse_infinite(w + r * ld, r, cols);
    }
    return NM_OK;
  });
}

int32_t nm_soft_threshold_scale_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                    double* scale) {
  return guarded([&]() -> int32_t {
    Span weights;
    NM_TRY(nm::check_not_null("scale", scale));
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_matrix("w", w, rows, cols, ld, sizeof(float), &weights));
    nm::SoftThreshold soft({n, m}, nm::active_isa());
    nm::ScaleSums sums;
    std::vector<float> row(rows > 0 ? cols : 0);
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      if (!soft.run(w + r * ld, cols, 1.0f, row.data())) return nm::refuse_infinite(w + r * ld, r, cols);
      sums.add(w + r * ld, row.data(), cols);
    }
    *scale = sums.scale();
    return NM_OK;
  });
}

int32_t nm_sample_f32(const float* g, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m, int64_t seed,
                      int64_t first_row, float* out, int64_t ldo, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    Span result, bits;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_not_negative("first_row", first_row));
    NM_TRY(nm::check_copy("g", g, rows, cols, ld, out, ldo, &result));
    if (mask != nullptr) {
      Span numbers;
      NM_TRY(nm::check_matrix("g", g, rows, cols, ld, sizeof(float), &numbers));
      NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
      NM_TRY(nm::check_disjoint(numbers, bits));
      NM_TRY(nm::check_disjoint(result, bits));
    }
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    const auto groups = static_cast<uint64_t>(nm::group_count(cols, m));
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      const float* const row = g + r * ld;
      float* const to = out + r * ldo;
      const uint64_t group = (static_cast<uint64_t>(first_row) + static_cast<uint64_t>(r)) * groups;
      const int64_t bad = ops.sample(row, cols, n, m, group, static_cast<uint64_t>(seed), to);
      if (bad >= 0) return nm::refuse_sum(row, r, bad, cols, m);
      if (mask != nullptr) nm::nonzero_mask(to, cols, {n, m}, ops, mask + r * mask_row_bytes(cols));
    }
    return NM_OK;
  });
}

int32_t nm_mask_random(int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t seed, int64_t first_row,
                       uint8_t* mask) {
  return guarded([&]() -> int32_t {
    Span bits;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_not_negative("first_row", first_row));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    const auto groups = static_cast<uint64_t>(nm::group_count(cols, m));
    for (int64_t r = 0; cols > 0 && r < rows; ++r) {
      const uint64_t group = (static_cast<uint64_t>(first_row) + static_cast<uint64_t>(r)) * groups;
      ops.random(group, cols, n, m, static_cast<uint64_t>(seed), mask + r * mask_row_bytes(cols));
    }
    return NM_OK;
  });
}
