// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Packed matrices: creation, packing, reading back.
#include "abi/matrix.h"

#include <algorithm>
#include <cinttypes>
#include <numeric>

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

int32_t check_open(const nm_matrix* a) {
  NM_TRY(check_not_null("matrix", a));
  return a->sealed ? fail(NM_INVALID_STATE, "matrix: expected one not sealed yet, got a sealed one") : int32_t{NM_OK};
}

int32_t check_not_transposed(const nm_matrix* a) {
  if (!a->transposed()) return NM_OK;
  return fail(NM_UNSUPPORTED, "matrix: expected one with an N:M pattern along its rows, got a transposed one");
}

int32_t check_matrix_shape(int64_t rows, int64_t cols) {
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

void read_row(const nm_matrix* a, int64_t r, CompressedRow* row) {
  if (a->stream.empty()) {
    a->lanes.get(r, row);
  } else {
    a->stream.get(r, row);
  }
  if (a->dtype == NM_S8) {
    for (int64_t k = 0; k < row->kept; ++k) row->values[k] *= a->scales.data()[r];
  }
}

void find_kernels(nm_matrix* a, Packing packing) {
  for (int activations = 0; activations < kDtypes; ++activations) {
    a->kernels[static_cast<int>(packing)][activations] =
        find_kernel(a->dtype, static_cast<nm_dtype>(activations), packing, active_isa());
  }
}

namespace {

// What takes rows: not sealed, not transposed.
int32_t check_takes_rows(const nm_matrix* a) {
  NM_TRY(check_open(a));
  return check_not_transposed(a);
}

int32_t check_row_range(const nm_matrix* a, int64_t row0, int64_t count) {
  if (0 <= row0 && row0 <= a->rows && 0 <= count && count <= a->rows - row0) return NM_OK;
  return fail(NM_INVALID_ARGUMENT,
              "rows: expected a range within 0 .. %" PRId64 ", got first row %" PRId64 ", count %" PRId64, a->rows,
              row0, count);
}

// Strips of which these rows are a part are not in order, those which they fill are once the rows are set. Others
// are put in order when the matrix is sealed.
void mark_strips(nm_matrix* a, int64_t row0, int64_t count, bool set) {
  constexpr int64_t kRows = RowStream::kStripRows;
  if (a->stream.empty()) return;
  const int64_t first = set ? (row0 + kRows - 1) / kRows : row0 / kRows;
  const int64_t end = set ? (row0 + count) / kRows : (row0 + count + kRows - 1) / kRows;
  for (int64_t strip = first; strip < std::min(end, a->stream.strips()); ++strip) a->strip_ordered[strip] = set;
}

// Sets rows from an encoder: encode(encoder, i) fills it with row i of the block. `scales` are those of rows that hold
// integers already; NULL: rows are to be quantised.
template <typename Encode>
int32_t set_rows(nm_matrix* a, int64_t row0, int64_t count, int32_t flags, const float* scales, Encode&& encode) {
  std::fill(&a->row_set[row0], &a->row_set[row0 + count], false);
  RowEncoder encoder(a->pattern, a->cols, flags);
  const RowOps& ops = row_ops(active_isa());
  LaneWriter lanes(&a->lanes, ops.interleave);
  StripWriter strips(&a->stream, ops.order, ops.copy);
  mark_strips(a, row0, count, false);
  for (int64_t r = row0; r < row0 + count; ++r) {
    NM_TRY(encode(&encoder, r - row0));
    if (a->dtype == NM_S8) NM_TRY(check_finite(r, *encoder.row()));
    const float scale = scales != nullptr ? scales[r - row0] : quantize_row(a->dtype, encoder.row());
    if (a->dtype == NM_S8) {
      const auto integers = encoder.row()->values.begin();
      a->scales.data()[r] = scale;
      a->sums.data()[r] = static_cast<int32_t>(std::accumulate(integers, integers + encoder.row()->kept, int64_t{0}));
    }
    if (!a->tiles.empty()) a->tiles.put(r, *encoder.row());
    if (!a->lanes.empty()) lanes.add(r, *encoder.row(), r + 1 == row0 + count);
    if (!a->stream.empty()) strips.add(r, encoder.row());
  }
  strips.finish();
  ops.fence();
  mark_strips(a, row0, count, true);
  std::fill(&a->row_set[row0], &a->row_set[row0 + count], true);
  return NM_OK;
}

template <typename Visit>
void get_rows(const nm_matrix* a, int64_t row0, int64_t count, Visit&& visit) {
  CompressedRow row(a->pattern, a->cols);
  for (int64_t i = 0; i < count; ++i) {
    read_row(a, row0 + i, &row);
    visit(i, row);
  }
}

// Whether lane panels serve large batches too.
bool has_pair_kernel(nm_dtype dtype, Pattern pattern) {
  return LanePanel::keeps_pairs(pattern) && find_kernel(dtype, dtype, Packing::kLanePairs, active_isa()) != nullptr;
}

// Whether matrix tiles serve large batches.
bool has_tile_kernel(nm_dtype dtype) {
  return find_kernel(dtype, dtype == NM_S8 ? NM_U8 : dtype, Packing::kTileStream, active_isa()) != nullptr;
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
    NM_TRY(nm::check_matrix_shape(rows, cols));
    NM_TRY(nm::check_weight_dtype(dtype));
    if (workload < NM_SMALL_BATCH || workload > NM_ANY_BATCH) {
      return fail(NM_INVALID_ARGUMENT, "workload: expected 1 (small), 2 (large) or 3 (any batch), got %d", workload);
    }
    NM_TRY(nm::check_isa_request());
    const Pattern pattern{n, m};
    const bool tile_kernel = nm::has_tile_kernel(static_cast<nm_dtype>(dtype));
    // Integers are multiplied over lane panels at any batch, where a kernel does and none is better.
    const nm::Kernel* integers =
        nm::find_kernel(static_cast<nm_dtype>(dtype), NM_U8, Packing::kLanePanel, nm::active_isa());
    const bool always = integers != nullptr && integers->any_batch && !tile_kernel;
    const bool pairs = nm::has_pair_kernel(static_cast<nm_dtype>(dtype), pattern) && !tile_kernel;
    const bool lanes = ((workload & NM_SMALL_BATCH) != 0 || always || pairs) && nm::LanePanel::supports(pattern);
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
        a->tile_limit = nm::max_lane_batch_beside_tiles(a->dtype, a->lanes.view());
        nm::find_kernels(a.get(), Packing::kLanePanel);
        if (pairs) nm::find_kernels(a.get(), Packing::kLanePairs);
      }
      if (stream) {
        a->stream = nm::RowStream(a->dtype, pattern, rows, cols);
        nm::find_kernels(a.get(), Packing::kRowStream);
        if (tile_kernel) {
          a->tiles = nm::TileStream(a->dtype, pattern, rows, cols);
          nm::find_kernels(a.get(), Packing::kTileStream);
        }
      }
      if (dtype == NM_S8) {
        a->scales = nm::AlignedArray<float>(rows);
        a->sums = nm::AlignedArray<int32_t>(rows);
      }
      a->row_set = std::make_unique<std::atomic<bool>[]>(rows);
      if (stream) a->strip_ordered = std::make_unique<std::atomic<bool>[]>(a->stream.strips());
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
    NM_TRY(nm::check_takes_rows(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_flags(flags));
    NM_TRY(nm::check_matrix("w", w, count, a->cols, ld, sizeof(float), &dense));
    NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    return nm::set_rows(a, row0, count, flags, nullptr, [&](RowEncoder* encoder, int64_t i) {
      return encoder->dense(row0 + i, w + i * ld, w + std::min(i + 1, count - 1) * ld,
                            mask + i * mask_row_bytes(a->cols));
    });
  });
}

int32_t nm_matrix_prune_rows_f32(nm_matrix* a, int64_t row0, int64_t count, const float* w, int64_t ld, int32_t flags,
                                 uint8_t* mask) {
  return guarded([&]() -> int32_t {
    Span dense, bits = {"mask", nullptr, 0, 0, 0};
    NM_TRY(nm::check_takes_rows(a));
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_flags(flags));
    NM_TRY(nm::check_matrix("w", w, count, a->cols, ld, sizeof(float), &dense));
    if (mask != nullptr) NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    NM_TRY(nm::check_disjoint(dense, bits));
    return nm::set_rows(a, row0, count, flags, nullptr, [&](RowEncoder* encoder, int64_t i) -> int32_t {
      NM_TRY(encoder->prune(row0 + i, w + i * ld, w + std::min(i + 1, count - 1) * ld));
      const std::vector<uint8_t>& kept = encoder->row()->mask;
      if (mask != nullptr) std::copy(kept.begin(), kept.end(), mask + i * mask_row_bytes(a->cols));
      return NM_OK;
    });
  });
}

int32_t nm_matrix_set_rows_s8(nm_matrix* a, int64_t row0, int64_t count, const int8_t* w, int64_t ld,
                              const uint8_t* mask, const float* scales) {
  return guarded([&]() -> int32_t {
    Span dense, bits, factors;
    NM_TRY(nm::check_takes_rows(a));
    if (a->dtype != NM_S8) {
      return fail(NM_UNSUPPORTED, "matrix: expected weights of type 2 (s8), got one of type %d", a->dtype);
    }
    NM_TRY(nm::check_row_range(a, row0, count));
    NM_TRY(nm::check_matrix("w", w, count, a->cols, ld, sizeof(int8_t), &dense));
    NM_TRY(nm::check_mask("mask", mask, count, a->cols, &bits));
    NM_TRY(nm::check_matrix("scales", scales, 1, count, count, sizeof(float), &factors));
    NM_TRY(nm::check_finite_scales("row", scales, row0, count));
    std::vector<float> row(a->cols);
    return nm::set_rows(a, row0, count, 0, scales, [&](RowEncoder* encoder, int64_t i) {
      std::copy_n(w + i * ld, a->cols, row.begin());
      return encoder->dense(row0 + i, row.data(), row.data(), mask + i * mask_row_bytes(a->cols));
    });
  });
}

int32_t nm_matrix_set_compressed_f32(nm_matrix* a, int64_t row0, int64_t count, const float* values,
                                     const uint8_t* mask, int32_t flags) {
  return guarded([&]() -> int32_t {
    Span packed, bits;
    NM_TRY(nm::check_takes_rows(a));
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
    const int64_t count = a->transposed() ? a->cols : a->rows;
    int64_t row = 0;
    while (row < count && a->row_set[row]) ++row;
    if (row < count) {
      const char* what = a->transposed() ? "column" : "row";
      return fail(NM_INVALID_STATE, "matrix: expected all %" PRId64 " %ss to be set, %s %" PRId64 " is not", count,
                  what, what, row);
    }
    const nm::RowOps& ops = nm::row_ops(nm::active_isa());
    for (int64_t strip = 0; !a->stream.empty() && strip < a->stream.strips(); ++strip) {
      if (!a->strip_ordered[strip]) a->stream.order_strip(strip, ops.order, ops.copy);
    }
    ops.fence();
    a->sealed = true;
    return NM_OK;
  });
}

int32_t nm_matrix_reopen(nm_matrix* a) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_sealed(a));
    if (a->weights.use_count() > 1) {
      return fail(NM_INVALID_STATE, "matrix: expected one whose weights no other handle shares, got one restricted");
    }
    if (a->row_set == nullptr) {
      return fail(NM_UNSUPPORTED,
                  "matrix: expected one whose rows or columns were set, got one made by "
                  "nm_matrix_transpose or nm_matrix_restrict");
    }
    a->sealed = false;
    return NM_OK;
  });
}

int32_t nm_matrix_restrict(const nm_matrix* a, int32_t workload, nm_matrix** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::check_sealed(a));
    if (workload != NM_SMALL_BATCH && workload != NM_LARGE_BATCH) {
      return fail(NM_INVALID_ARGUMENT, "workload: expected 1 (small) or 2 (large batch), got %d", workload);
    }
    const bool small = workload == NM_SMALL_BATCH;
    if (small ? a->lanes.empty() : a->stream.empty() && a->columns.empty()) {
      return fail(NM_UNSUPPORTED, "matrix: expected one packed for workload %d, got one without that packing",
                  workload);
    }
    auto r = std::make_unique<nm_matrix>();
    r->rows = a->rows;
    r->cols = a->cols;
    r->dtype = a->dtype;
    r->pattern = a->pattern;
    if (!small) {
      r->stream = a->stream;
      r->columns = a->columns;
      r->tiles = a->tiles;
    }
    // Pairs of bf16 are multiplied over lane panels at large batches too.
    if (small || a->kernels[static_cast<int>(Packing::kLanePairs)][a->dtype] != nullptr) r->lanes = a->lanes;
    r->scales = a->scales;
    r->sums = a->sums;
    for (int packing = 0; packing < nm::kPackings; ++packing) {
      if (small == (packing == static_cast<int>(Packing::kLanePanel))) {
        std::copy_n(a->kernels[packing], nm::kDtypes, r->kernels[packing]);
      }
    }
    r->sealed = true;
    r->weights = a->weights;
    *out = r.release();
    return NM_OK;
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
    if (!a->stream.empty() && a->dtype != NM_S8) {  // nothing to scale: straight to where it goes
      for (int64_t i = 0; i < count; ++i) a->stream.get_dense(row0 + i, w + i * ld);
      return NM_OK;
    }
    nm::get_rows(a, row0, count, [&](int64_t i, const nm::CompressedRow& row) { nm::decode_dense(row, w + i * ld); });
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
      std::copy_n(row.values.begin(), kept, values + i * kept);
      nm::decode_mask(row, mask + i * mask_row_bytes(a->cols));
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
    *bytes = static_cast<int64_t>(sizeof *a) + a->lanes.bytes() + a->stream.bytes() + a->columns.bytes() +
             a->tiles.bytes() + a->scales.bytes() + a->sums.bytes();
    return NM_OK;
  });
}
