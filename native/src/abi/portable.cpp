// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The portable compressed format.
#include <algorithm>

#include "abi/check.h"
#include "abi/encode.h"
#include "abi/status.h"
#include "cpu/isa.h"
#include "format/mask_rows.h"

using nm::guarded;
using nm::mask_row_bytes;
using nm::Pattern;
using nm::RowEncoder;
using nm::Span;

int32_t nm_compress_f32(const float* w, int64_t rows, int64_t cols, int64_t ld, const uint8_t* mask, int32_t n,
                        int32_t m, int32_t flags, float* values, uint8_t* full_mask) {
  return guarded([&]() -> int32_t {
    Span dense, bits, packed, full;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_flags(flags));
    NM_TRY(nm::check_matrix("w", w, rows, cols, ld, sizeof(float), &dense));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    const Pattern pattern{n, m};
    const int64_t kept = pattern.kept(cols);
    NM_TRY(nm::check_matrix("values", values, rows, kept, kept, sizeof(float), &packed));
    NM_TRY(nm::check_mask("full_mask", full_mask, rows, cols, &full));
    for (const Span& in : {dense, bits}) NM_TRY(nm::check_disjoint(in, packed));
    NM_TRY(nm::check_disjoint(dense, full));
    NM_TRY(nm::check_disjoint(packed, full));
    if (full_mask != mask) NM_TRY(nm::check_disjoint(bits, full));
    if (cols == 0) return NM_OK;
    RowEncoder encoder(pattern, cols, flags);
    for (int64_t r = 0; r < rows; ++r) {
      NM_TRY(encoder.dense(r, w + r * ld, w + std::min(r + 1, rows - 1) * ld, mask + r * mask_row_bytes(cols)));
      std::copy_n(encoder.row()->values.begin(), kept, values + r * kept);
      std::copy(encoder.row()->mask.begin(), encoder.row()->mask.end(), full_mask + r * mask_row_bytes(cols));
    }
    return NM_OK;
  });
}

int32_t nm_decompress_f32(const float* values, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n, int32_t m,
                          float* w, int64_t ld) {
  return guarded([&]() -> int32_t {
    Span packed, bits, dense;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_matrix("w", w, rows, cols, ld, sizeof(float), &dense));
    NM_TRY(nm::check_mask("mask", mask, rows, cols, &bits));
    const Pattern pattern{n, m};
    const int64_t kept = pattern.kept(cols);
    NM_TRY(nm::check_matrix("values", values, rows, kept, kept, sizeof(float), &packed));
    for (const Span& in : {packed, bits}) NM_TRY(nm::check_disjoint(in, dense));
    if (cols == 0) return NM_OK;
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    for (int64_t r = 0; r < rows; ++r) {
      const uint8_t* mask_row = mask + r * mask_row_bytes(cols);
      NM_TRY(nm::check_complete(r, mask_row, pattern, cols));
      ops.expand(values + r * kept, mask_row, cols, w + r * ld);
    }
    return NM_OK;
  });
}
