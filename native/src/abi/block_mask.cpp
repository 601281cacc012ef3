// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Masks of blocks: transposable N:M and V:N:M.
#include <cinttypes>

#include "abi/make_mask.h"
#include "cpu/isa.h"
#include "mask/transposable_mask.h"
#include "mask/vnm_mask.h"

namespace nm {
namespace {

// Counts the blocks that break their pattern: obeys(mask, rows, block) looks at one of M columns in `rows` mask rows.
template <typename Obeys>
int32_t check_blocks(const uint8_t* mask, int64_t rows, int64_t cols, int64_t height, int32_t m, int64_t* breaches,
                     int64_t* first_row, int64_t* first_col, Obeys&& obeys) {
  Span bits;
  NM_TRY(check_mask("mask", mask, rows, cols, &bits));
  NM_TRY(check_breach_outputs(breaches, first_row, first_col));
  Breaches found;
  for (int64_t r = 0; cols > 0 && r < rows; r += std::min(height, rows - r)) {
    for (int64_t c = 0, block = 0; c < cols; c += std::min<int64_t>(m, cols - c), ++block) {
      found.add(!obeys(mask + r * mask_row_bytes(cols), std::min(height, rows - r), block), r, c);
    }
  }
  found.store(breaches, first_row, first_col);
  return NM_OK;
}

}  // namespace
}  // namespace nm

using nm::guarded;
using nm::Pattern;

int32_t nm_mask_transposable_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t n, int32_t m,
                                 int32_t flags, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    const nm::MaskJob job{"w", w, rows, cols, ld, flags, mask};
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_job(job));
    nm::TransposableMasker masker({n, m}, nm::row_ops(nm::active_isa()));
    return nm::make_masks(job, m, [&](const float* block, int64_t r, int64_t count, uint8_t* mask_rows) {
      return nm::refuse_nan(masker.run(block, ld, count, cols, mask_rows), job, r);
    });
  });
}

int32_t nm_check_transposable(const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t* breaches,
                              int64_t* first_row, int64_t* first_col) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_pattern(n, m));
    return nm::check_blocks(mask, rows, cols, m, m, breaches, first_row, first_col,
                            [&](const uint8_t* mask_rows, int64_t count, int64_t block) {
                              return nm::obeys_transposable(mask_rows, count, cols, {n, m}, block);
                            });
  });
}

int32_t nm_mask_vnm_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, int32_t v, int32_t n, int32_t m,
                        int32_t flags, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    const nm::MaskJob job{"w", w, rows, cols, ld, flags, mask};
    NM_TRY(nm::check_vnm_pattern(v, n, m));
    NM_TRY(nm::check_job(job));
    if (rows == 0 || cols == 0) return NM_OK;
    nm::VnmMasker masker({n, m}, v, nm::row_ops(nm::active_isa()));
    return nm::make_masks(job, v, [&](const float* block, int64_t r, int64_t count, uint8_t* mask_rows) {
      return nm::refuse_nan(masker.run(block, ld, count, cols, mask_rows), job, r);
    });
  });
}

int32_t nm_check_vnm(const uint8_t* mask, int64_t rows, int64_t cols, int32_t v, int32_t n, int32_t m,
                     int64_t* breaches, int64_t* first_row, int64_t* first_col) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_vnm_pattern(v, n, m));
    return nm::check_blocks(mask, rows, cols, v, m, breaches, first_row, first_col,
                            [&](const uint8_t* mask_rows, int64_t count, int64_t block) {
                              return nm::obeys_vnm(mask_rows, count, cols, {n, m}, block);
                            });
  });
}
