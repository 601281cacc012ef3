// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Transposed matrices: from a packed one, or from dense rows of W.
#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <vector>

#include "abi/check.h"
#include "abi/matrix.h"
#include "cpu/isa.h"
#include "cpu/row_ops.h"
#include "format/mask_rows.h"
#include "format/row_codec.h"

namespace nm {
namespace {

constexpr int64_t kBlock = ColumnStream::kBlockCols;

// W^T of rows x cols weights, with nothing set.
std::unique_ptr<nm_matrix> make_transposed(Pattern pattern, int64_t rows, int64_t cols) {
  auto t = std::make_unique<nm_matrix>();
  t->rows = cols;
  t->cols = rows;
  t->dtype = NM_F32;
  t->columns = ColumnStream(pattern, rows, cols);
  find_kernels(t.get(), Packing::kColumnStream);
  return t;
}

int32_t out_of_memory(int64_t rows, int64_t cols) {
  return fail(NM_OUT_OF_MEMORY, "matrix: not enough memory to transpose %" PRId64 " x %" PRId64 " weights", rows, cols);
}

int32_t check_column_range(const nm_matrix* t, int64_t col0, int64_t count) {
  const bool within = 0 <= col0 && col0 <= t->cols && 0 <= count && count <= t->cols - col0;
  if (within && col0 % kBlock == 0 && (count % kBlock == 0 || col0 + count == t->cols)) return NM_OK;
  return fail(NM_INVALID_ARGUMENT,
              "columns: expected whole blocks of %" PRId64 " within 0 .. %" PRId64 ", got first column %" PRId64
              ", count %" PRId64,
              kBlock, t->cols, col0, count);
}

int32_t find_nan_row(int64_t first, int64_t count, const float* w, int64_t ld, const uint8_t* masks, int64_t cols) {
  for (int64_t i = 0; i < count; ++i) {
    const int64_t col = find_nan(w + i * ld, cols, masks + i * mask_row_bytes(cols));
    if (col >= 0) {
      return fail(NM_NAN, "weights: expected no NaN among the kept ones, got one at row %" PRId64 ", column %" PRId64,
                  first + i, col);
    }
  }
  return NM_OK;
}

// Sets one block from at most 128 rows of W, numbered from `first`. `masks` has room for theirs, completed.
int32_t set_block(nm_matrix* t, int64_t first, int64_t count, const float* w, int64_t ld, const uint8_t* mask,
                  int32_t flags, std::vector<uint8_t>* masks) {
  const RowOps& ops = row_ops(active_isa());
  const Pattern pattern = t->columns.pattern();
  const int64_t cols = t->rows, mask_bytes = mask_row_bytes(cols);
  for (int64_t i = 0; i < count; ++i) {
    const Breach breach = find_excess(mask + i * mask_bytes, pattern, cols);
    if (breach.col >= 0) {
      return fail(NM_PATTERN_BREACH,
                  "mask: expected at most %d bits in the group of %d at row %" PRId64 ", column %" PRId64 ", got %d",
                  pattern.n, pattern.m, first + i, breach.col, breach.bits);
    }
    complete_mask(mask + i * mask_bytes, pattern, cols, masks->data() + i * mask_bytes);
  }
  // Weights of a group that the mask left incomplete are +0.0, whatever W has there.
  std::vector<float> masked;
  if (std::memcmp(mask, masks->data(), count * mask_bytes) != 0) {
    masked.resize(count * cols);
    for (int64_t i = 0; i < count; ++i) ops.apply(w + i * ld, mask + i * mask_bytes, cols, masked.data() + i * cols);
    w = masked.data();
    ld = cols;
  }
  if (t->columns.set_block(first / kBlock, w, ld, masks->data(), ops.sort_columns) && (flags & NM_ALLOW_NAN) == 0) {
    return find_nan_row(first, count, w, ld, masks->data(), cols);
  }
  return NM_OK;
}

}  // namespace
}  // namespace nm

using nm::fail;
using nm::guarded;
using nm::kBlock;
using nm::mask_row_bytes;

int32_t nm_matrix_transpose(const nm_matrix* a, nm_matrix** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::check_sealed(a));
    NM_TRY(nm::check_not_transposed(a));
    NM_TRY(nm::check_isa_request());
    try {
      auto t = nm::make_transposed(a->pattern, a->rows, a->cols);
      nm::CompressedRow row(a->pattern, a->cols);
      std::vector<float> dense(kBlock * a->cols);
      std::vector<uint8_t> masks(kBlock * mask_row_bytes(a->cols));
      for (int64_t first = 0; first < a->rows; first += kBlock) {
        for (int64_t r = first; r < std::min(first + kBlock, a->rows); ++r) {
          nm::read_row(a, r, &row);
          nm::decode_dense(row, dense.data() + (r - first) * a->cols);
          nm::decode_mask(row, masks.data() + (r - first) * mask_row_bytes(a->cols));
        }
        t->columns.set_block(first / kBlock, dense.data(), a->cols, masks.data(),
                             nm::row_ops(nm::active_isa()).sort_columns);
      }
      t->sealed = true;
      *out = t.release();
      return NM_OK;
    } catch (const std::bad_alloc&) {
      return nm::out_of_memory(a->rows, a->cols);
    }
  });
}

int32_t nm_matrix_create_transposed(int64_t rows, int64_t cols, int32_t n, int32_t m, nm_matrix** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_matrix_shape(rows, cols));
    NM_TRY(nm::check_isa_request());
    try {
      auto t = nm::make_transposed({n, m}, rows, cols);
      t->row_set = std::make_unique<std::atomic<bool>[]>(rows);
      *out = t.release();
      return NM_OK;
    } catch (const std::bad_alloc&) {
      return nm::out_of_memory(rows, cols);
    }
  });
}

int32_t nm_matrix_set_columns_f32(nm_matrix* t, int64_t col0, int64_t count, const float* w, int64_t ld,
                                  const uint8_t* mask, int32_t flags) {
  return guarded([&]() -> int32_t {
    nm::Span dense, bits;
    NM_TRY(nm::check_open(t));
    if (!t->transposed()) {
      return fail(NM_UNSUPPORTED, "matrix: expected one made by nm_matrix_create_transposed, got another one");
    }
    NM_TRY(nm::check_column_range(t, col0, count));
    NM_TRY(nm::check_flags(flags));
    NM_TRY(nm::check_matrix("w", w, count, t->rows, ld, sizeof(float), &dense));
    NM_TRY(nm::check_mask("mask", mask, count, t->rows, &bits));
    std::fill(&t->row_set[col0], &t->row_set[col0 + count], false);
    std::vector<uint8_t> masks(std::min(count, kBlock) * mask_row_bytes(t->rows));
    for (int64_t i = 0; i < count; i += kBlock) {
      NM_TRY(nm::set_block(t, col0 + i, std::min(kBlock, count - i), w + i * ld, ld, mask + i * mask_row_bytes(t->rows),
                           flags, &masks));
    }
    std::fill(&t->row_set[col0], &t->row_set[col0 + count], true);
    return NM_OK;
  });
}
