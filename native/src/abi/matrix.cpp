// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Packed matrices: creation, packing, reading back.
#include "abi/matrix.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "abi/check.h"
#include "abi/encode.h"
#include "cpu/crossover.h"
#include "cpu/isa.h"
#include "format/mask_rows.h"
#include "format/row_quantizer.h"

namespace nm {

int32_t check_sealed(const nm_matrix* a) {
  NM_TRY(check_not_null("matrix", a));
  return a->sealed ? int32_t{NM_OK} : fail(NM_INVALID_STATE, "matrix: expected a sealed one, got one still being set");
}

namespace {

int32_t check_open(const nm_matrix* a) {
  NM_TRY(check_not_null("matrix", a));
  return a->sealed ? fail(NM_INVALID_STATE, "matrix: expected one not sealed yet, got a sealed one") : int32_t{NM_OK};
}

int32_t check_not_transposed(const nm_matrix* a) {
  if (!a->transposed()) return NM_OK;
  return fail(NM_UNSUPPORTED, "matrix: expected one with an N:M pattern along its rows, got a transposed one");
}

int32_t check_row_range(const nm_matrix* a, int64_t row0, int64_t count) {
  if (0 <= row0 && row0 <= a->rows && 0 <= count && count <= a->rows - row0) return NM_OK;
  return fail(NM_INVALID_ARGUMENT,
              "rows: expected a range within 0 .. %" PRId64 ", got first row %" PRId64 ", count %" PRId64, a->rows,
              row0, count);
}

// Integers cannot stand for infinity and NaN.
int32_t check_finite(int64_t r, const CompressedRow& row) {
  for (size_t i = 0; i < row.values.size(); ++i) {
    if (!std::isfinite(row.values[i])) {
      return fail(NM_NAN,
                  "weights: expected finite ones to make 8-bit integers of, got %f at row %" PRId64 ", column %" PRId64,
                  static_cast<double>(row.values[i]), r, row.cols[i]);
    }
  }
  return NM_OK;
}

// Sets rows from an encoder: encode(encoder, i) fills it with row i of the block. `scales` are those of rows that hold
// integers already; NULL: rows are to be quantised.
template <typename Encode>
int32_t set_rows(nm_matrix* a, int64_t row0, int64_t count, int32_t flags, const float* scales, Encode&& encode) {
  std::fill(&a->row_set[row0], &a->row_set[row0 + count], false);
  RowEncoder encoder(a->pattern, a->cols, flags);
  for (int64_t i = 0; i < count; ++i) {
    NM_TRY(encode(&encoder, i));
    if (a->dtype == NM_S8) NM_TRY(check_finite(row0 + i, *encoder.row()));
    const float scale = scales != nullptr ? scales[i] : quantize_row(a->dtype, encoder.row());
    if (a->dtype == NM_S8) a->scales.data()[row0 + i] = scale;
    if (!a->lanes.empty()) a->lanes.put(row0 + i, *encoder.row());
    if (!a->stream.empty()) a->stream.put(row0 + i, *encoder.row());
  }
  std::fill(&a->row_set[row0], &a->row_set[row0 + count], true);
  return NM_OK;
}

template <typename Visit>
void get_rows(const nm_matrix* a, int64_t row0, int64_t count, Visit&& visit) {
  CompressedRow row(a->pattern.kept(a->cols));
  for (int64_t i = 0; i < count; ++i) {
    if (a->stream.empty()) {
      a->lanes.get(row0 + i, &row);
    } else {
      a->stream.get(row0 + i, &row);
    }
    if (a->dtype == NM_S8) {
      for (float& value : row.values) value *= a->scales.data()[row0 + i];
    }
    visit(i, row);
  }
}

// A sealed matrix's weights as a row stream of fp32.
RowStream unpack(const nm_matrix* a) {
  RowStream stream(NM_F32, a->pattern, a->rows, a->cols);
  get_rows(a, 0, a->rows, [&](int64_t r, const CompressedRow& row) { stream.put(r, row); });
  return stream;
}

int32_t check_shape(int64_t rows, int64_t cols) {
  if (rows < 1 || cols < 1) {
    return fail(NM_INVALID_ARGUMENT, "matrix: expected at least 1 x 1, got %" PRId64 " x %" PRId64, rows, cols);
  }
  int64_t bytes;
  if (__builtin_mul_overflow(rows, cols, &bytes) ||
      __builtin_mul_overflow(bytes, static_cast<int64_t>(sizeof(float)), &bytes)) {
    return fail(NM_OVERFLOW, "matrix: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64, rows, cols);
  }
  return NM_OK;
}

int32_t check_dtype(int32_t dtype) {
  if (dtype == NM_F32 || dtype == NM_BF16 || dtype == NM_S8) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "dtype: expected 0 (f32), 1 (bf16) or 2 (s8) for weights, got %d", dtype);
}

void find_kernels(nm_matrix* a, Packing packing) {
  for (int activations = 0; activations < kDtypes; ++activations) {
    a->kernels[static_cast<int>(packing)][activations] =
        find_kernel(a->dtype, static_cast<nm_dtype>(activations), packing, active_isa());
  }
}

// Whether lane panels serve large batches too.
bool has_pair_kernel(nm_dtype dtype, Pattern pattern) {
  return LanePanel::keeps_pairs(pattern) && find_kernel(dtype, dtype, Packing::kLanePairs, active_isa()) != nullptr;
}

}  // namespace
}  // namespace nm

using nm::fail;
using nm::guarded;
using nm::mask_row_bytes;
using nm::Packing;
using nm::Pattern;
using nm::RowEncoder;
using nm::Span;

int32_t nm_matrix_create(int64_t rows, int64_t cols, int32_t n, int32_t m, int32_t dtype, int32_t workload,
                         nm_matrix** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_shape(rows, cols));
    NM_TRY(nm::check_dtype(dtype));
    if (workload < NM_SMALL_BATCH || workload > NM_ANY_BATCH) {
      return fail(NM_INVALID_ARGUMENT, "workload: expected 1 (small), 2 (large) or 3 (any batch), got %d", workload);
    }
    NM_TRY(nm::check_isa_request());
    const Pattern pattern{n, m};
    const bool pairs = nm::has_pair_kernel(static_cast<nm_dtype>(dtype), pattern);
    const bool lanes = pairs || ((workload & NM_SMALL_BATCH) != 0 && nm::LanePanel::supports(pattern));
    const bool stream = (workload & NM_LARGE_BATCH) != 0 || !lanes;
    try {
      auto a = std::make_unique<nm_matrix>();
      a->rows = rows;
      a->cols = cols;
      a->dtype = static_cast<nm_dtype>(dtype);
      a->pattern = pattern;
      if (lanes) {
        a->lanes = nm::LanePanel(a->dtype, pattern, rows, cols);
        a->small_limit = nm::max_lane_batch(nm::active_isa(), a->lanes.view());
        nm::find_kernels(a.get(), Packing::kLanePanel);
        if (pairs) nm::find_kernels(a.get(), Packing::kLanePairs);
      }
      if (stream) {
        a->stream = nm::RowStream(a->dtype, pattern, rows, cols);
        nm::find_kernels(a.get(), Packing::kRowStream);
      }
      if (dtype == NM_S8) a->scales = nm::AlignedArray<float>(rows);
      a->row_set = std::make_unique<std::atomic<bool>[]>(rows);
      *out = a.release();
      return NM_OK;
    } catch (const std::bad_alloc&) {
      return fail(NM_OUT_OF_MEMORY, "matrix: not enough memory to pack %" PRId64 " x %" PRId64 " weights at %d:%d",
                  rows, cols, n, m);
    }
  });
}

int32_t nm_matrix_set_rows_f32(nm_matrix* a, int64_t row0, int64_t count, const float* w, int64_t ld,
                               const uint8_t* mask, int32_t flags) {
  return guarded([&]() -> int32_t {
    Span dense, bits;
    NM_TRY(nm::check_open(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_flags(flags));
    NM_TRY(nm::check_matrix("w", w, count, a->cols, ld, sizeof(float), &dense));
    NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    return nm::set_rows(a, row0, count, flags, nullptr, [&](RowEncoder* encoder, int64_t i) {
      return encoder->dense(row0 + i, w + i * ld, mask + i * mask_row_bytes(a->cols));
    });
  });
}

int32_t nm_matrix_set_rows_s8(nm_matrix* a, int64_t row0, int64_t count, const int8_t* w, int64_t ld,
                              const uint8_t* mask, const float* scales) {
  return guarded([&]() -> int32_t {
    Span dense, bits, factors;
    NM_TRY(nm::check_open(a));
    if (a->dtype != NM_S8) {
      return fail(NM_UNSUPPORTED, "matrix: expected weights of type 2 (s8), got one of type %d", a->dtype);
    }
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_matrix("w", w, count, a->cols, ld, sizeof(int8_t), &dense));
    NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    NM_TRY(nm::check_matrix("scales", scales, 1, count, count, sizeof(float), &factors));
    for (int64_t i = 0; i < count; ++i) {
      if (!std::isfinite(scales[i])) {
        return fail(NM_INVALID_ARGUMENT, "scales: expected finite ones, got %f for row %" PRId64,
                    static_cast<double>(scales[i]), row0 + i);
      }
    }
    std::vector<float> row(a->cols);
    return nm::set_rows(a, row0, count, 0, scales, [&](RowEncoder* encoder, int64_t i) {
      std::copy_n(w + i * ld, a->cols, row.begin());
      return encoder->dense(row0 + i, row.data(), mask + i * mask_row_bytes(a->cols));
    });
  });
}

int32_t nm_matrix_set_compressed_f32(nm_matrix* a, int64_t row0, int64_t count, const float* values,
                                     const uint8_t* mask, int32_t flags) {
  return guarded([&]() -> int32_t {
    Span packed, bits;
    NM_TRY(nm::check_open(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_flags(flags));
    const int64_t kept = a->pattern.kept(a->cols);
    NM_TRY(nm::check_matrix("values", values, count, kept, kept, sizeof(float), &packed));
    NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    return nm::set_rows(a, row0, count, flags, nullptr, [&](RowEncoder* encoder, int64_t i) {
      return encoder->portable(row0 + i, values + i * kept, mask + i * mask_row_bytes(a->cols));
    });
  });
}

int32_t nm_matrix_seal(nm_matrix* a) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_open(a));
    int64_t row = 0;
    while (row < a->rows && a->row_set[row]) ++row;
    if (row < a->rows) {
      return fail(NM_INVALID_STATE, "matrix: expected all %" PRId64 " rows to be set, row %" PRId64 " is not", a->rows,
                  row);
    }
    a->sealed = true;
    return NM_OK;
  });
}

int32_t nm_matrix_transpose(const nm_matrix* a, nm_matrix** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::check_sealed(a));
    NM_TRY(nm::check_not_transposed(a));
    NM_TRY(nm::check_isa_request());
    try {
      auto t = std::make_unique<nm_matrix>();
      t->rows = a->cols;
      t->cols = a->rows;
      t->dtype = NM_F32;
      const bool ready = a->dtype == NM_F32 && !a->stream.empty();
      t->columns = ready ? nm::ColumnStream(a->stream) : nm::ColumnStream(nm::unpack(a));
      nm::find_kernels(t.get(), Packing::kColumnStream);
      t->sealed = true;
      *out = t.release();
      return NM_OK;
    } catch (const std::bad_alloc&) {
      return fail(NM_OUT_OF_MEMORY, "matrix: not enough memory to transpose %" PRId64 " x %" PRId64 " weights", a->rows,
                  a->cols);
    }
  });
}

int32_t nm_matrix_free(nm_matrix* a) {
  delete a;
  return NM_OK;
}

int32_t nm_matrix_get_rows_f32(const nm_matrix* a, int64_t row0, int64_t count, float* w, int64_t ld) {
  return guarded([&]() -> int32_t {
    Span dense;
    NM_TRY(nm::check_sealed(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_matrix("w", w, count, a->cols, ld, sizeof(float), &dense));
    if (a->transposed()) {
      for (int64_t i = 0; i < count; ++i) a->columns.get(row0 + i, w + i * ld);
      return NM_OK;
    }
    nm::get_rows(a, row0, count,
                 [&](int64_t i, const nm::CompressedRow& row) { nm::decode_dense(row, a->cols, w + i * ld); });
    return NM_OK;
  });
}

int32_t nm_matrix_get_compressed_f32(const nm_matrix* a, int64_t row0, int64_t count, float* values, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    Span packed, bits;
    NM_TRY(nm::check_sealed(a));
    NM_TRY(nm::check_not_transposed(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    const int64_t kept = a->pattern.kept(a->cols);
    NM_TRY(nm::check_matrix("values", values, count, kept, kept, sizeof(float), &packed));
    NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    NM_TRY(nm::check_disjoint(packed, bits));
    nm::get_rows(a, row0, count, [&](int64_t i, const nm::CompressedRow& row) {
      std::copy(row.values.begin(), row.values.end(), values + i * kept);
      nm::decode_mask(row, a->cols, mask + i * mask_row_bytes(a->cols));
    });
    return NM_OK;
  });
}

int32_t nm_matrix_get_scales(const nm_matrix* a, int64_t row0, int64_t count, float* scales) {
  return guarded([&]() -> int32_t {
    Span factors;
    NM_TRY(nm::check_sealed(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_matrix("scales", scales, 1, count, count, sizeof(float), &factors));
    for (int64_t i = 0; i < count; ++i) scales[i] = a->dtype == NM_S8 ? a->scales.data()[row0 + i] : 1.0f;
    return NM_OK;
  });
}

int32_t nm_matrix_bytes(const nm_matrix* a, int64_t* bytes) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("matrix", a));
    NM_TRY(nm::check_not_null("bytes", bytes));
    *bytes =
        static_cast<int64_t>(sizeof *a) + a->lanes.bytes() + a->stream.bytes() + a->columns.bytes() + a->scales.bytes();
    return NM_OK;
  });
}
