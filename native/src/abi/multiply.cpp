// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Multiplication: checks, then the kernel.
#include <cinttypes>

#include "abi/check.h"
#include "abi/matrix.h"
#include "abi/status.h"

namespace nm {
namespace {

int32_t check_product(const nm_matrix* a, int32_t layout, int64_t batch) {
  NM_TRY(check_sealed(a));
  if (layout != NM_FEATURE_MAJOR && layout != NM_BATCH_MAJOR) {
    return fail(NM_INVALID_ARGUMENT, "layout: expected 0 (feature-major) or 1 (batch-major), got %d", layout);
  }
  NM_TRY(check_not_negative("batch", batch));
  int64_t results;
  if (__builtin_mul_overflow(a->rows, batch, &results) || results > INT64_MAX / static_cast<int64_t>(sizeof(float))) {
    return fail(NM_OVERFLOW, "y: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64, a->rows, batch);
  }
  return NM_OK;
}

PackedWeights packed(const nm_matrix* a) { return {a->lanes.view(), a->stream.view(), a->columns.view()}; }

}  // namespace
}  // namespace nm

using nm::fail;
using nm::guarded;
using nm::Span;

int32_t nm_matrix_kernel(const nm_matrix* a, int32_t layout, int64_t batch, const char** name) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_product(a, layout, batch));
    NM_TRY(nm::check_not_null("name", name));
    *name = a->kernel(batch).name;
    return NM_OK;
  });
}

int32_t nm_multiply_tiles(const nm_matrix* a, int32_t layout, int64_t batch, int64_t* tiles) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_product(a, layout, batch));
    NM_TRY(nm::check_not_null("tiles", tiles));
    *tiles = a->kernel(batch).tiles(nm::packed(a), batch);
    return NM_OK;
  });
}

int32_t nm_multiply_f32(const nm_matrix* a, int32_t layout, int64_t batch, const float* x, int64_t ldx, float alpha,
                        const float* c, int64_t ldc, float beta, const float* bias, int32_t activation, float* y,
                        int64_t ldy, int64_t tile_begin, int64_t tile_end) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_product(a, layout, batch));
    if (activation < NM_IDENTITY || activation > NM_GELU) {
      return fail(NM_INVALID_ARGUMENT, "activation: expected 0 (identity), 1 (ReLU) or 2 (GELU), got %d", activation);
    }
    const bool batch_major = layout == NM_BATCH_MAJOR;
    const auto check = [&](const char* name, const float* data, int64_t features, int64_t ld, Span* span) {
      const int64_t rows = batch_major ? batch : features;
      const int64_t cols = batch_major ? features : batch;
      return nm::check_matrix(name, data, rows, cols, ld, sizeof(float), span);
    };
    Span in, addend = {"c", nullptr, 0, 0, 0}, biases = {"bias", nullptr, 0, 0, 0}, out;
    NM_TRY(check("x", x, a->cols, ldx, &in));
    NM_TRY(check("y", y, a->rows, ldy, &out));
    if (beta != 0.0f) NM_TRY(check("c", c, a->rows, ldc, &addend));
    if (bias != nullptr) NM_TRY(nm::check_matrix("bias", bias, 1, a->rows, a->rows, sizeof(float), &biases));
    NM_TRY(nm::check_disjoint(in, out));
    NM_TRY(nm::check_disjoint(biases, out));
    if (c != y || ldc != ldy) NM_TRY(nm::check_disjoint(addend, out));
    const nm::Kernel& kernel = a->kernel(batch);
    const nm::PackedWeights weights = nm::packed(a);
    const int64_t tiles = kernel.tiles(weights, batch);
    if (tile_begin < 0 || tile_begin > tile_end || tile_end > tiles) {
      return fail(NM_INVALID_ARGUMENT, "tiles: expected a range within 0 .. %" PRId64 ", got %" PRId64 " .. %" PRId64,
                  tiles, tile_begin, tile_end);
    }
    if (tile_begin == tile_end) return NM_OK;
    kernel.run(weights,
               {static_cast<nm_layout>(layout), batch, x, ldx, alpha, beta != 0.0f ? c : nullptr, ldc, beta, bias,
                static_cast<nm_activation>(activation), y, ldy},
               tile_begin, tile_end);
    return NM_OK;
  });
}
