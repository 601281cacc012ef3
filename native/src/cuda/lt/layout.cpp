// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// From a product as the caller has it to one that cuSPARSELt takes.
#include <cinttypes>

#include "cuda/lt/product.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

// Features x batch, or the transpose.
View view(const void* data, int64_t features, int64_t batch, int64_t batch_major, int64_t ld, int64_t stride,
          int64_t count, int64_t element) {
  return {data,   batch_major ? batch : features, batch_major ? features : batch, ld, count == 1 ? 0 : stride, count,
          element};
}

int32_t check_elements(const char* name, int64_t rows, int64_t cols, int32_t dtype) {
  int64_t elements;
  if (!__builtin_mul_overflow(rows, cols, &elements) && elements <= element_limit(dtype)) return NM_OK;
  return fail(NM_UNSUPPORTED, "%s: cuSPARSELt takes at most %" PRId64 " elements of %s, got %" PRId64 " x %" PRId64,
              name, element_limit(dtype), type_name(dtype), rows, cols);
}

// Batch items that follow each other without a gap in batch-major operands are one long batch.
bool joins(const nm_cuda_weights& w, const nm_cuda_product& p) {
  if (w.count != 1 || p.count == 1 || p.x_layout != NM_BATCH_MAJOR || p.y_layout != NM_BATCH_MAJOR) return false;
  const auto follows = [&](int64_t ld, int64_t stride) {
    int64_t whole;
    return !__builtin_mul_overflow(p.batch, ld, &whole) && whole == stride;
  };
  int64_t joined;
  return follows(p.ldx, p.x_stride) && follows(p.ldy, p.y_stride) && (p.beta == 0 || follows(p.ldc, p.c_stride)) &&
         !__builtin_mul_overflow(p.batch, p.count, &joined);
}

// A vector of M entries as the library reads it: padded and aligned.
int32_t place_vector(const nm_cuda_weights& w, const void* vector, int64_t element, ScratchPlan* scratch,
                     int64_t* offset) {
  *offset = -1;
  if (vector == nullptr) return NM_OK;
  if (w.padded_rows == w.rows && reinterpret_cast<uintptr_t>(vector) % kAlignment == 0) return NM_OK;
  return scratch->take(w.padded_rows * element, offset);
}

// C and D share their leading dimension (and their stride, to be safe); a C that does not lie so goes through scratch
// memory.
int32_t place_c(const nm_cuda_product& p, ScratchPlan* scratch, Layout* l) {
  const Placement& y = l->y_place;
  l->c_place = y;  // D stands for a C that is not read
  if (p.beta == 0) return NM_OK;
  ScratchPlan unused;
  NM_TRY(place(l->c, y.lines, y.width, &unused, &l->c_place));
  if (!l->c_place.staged() && l->c_place.ld == y.ld && l->c_place.stride == y.stride) return NM_OK;
  return place_in_scratch(l->c, y.lines, y.width, y.ld, y.stride, scratch, &l->c_place);
}

}  // namespace

int32_t Layout::copies() const {
  return (x_place.staged() ? NM_CUDA_COPIES_X : 0) | (problem.accumulates && c_place.staged() ? NM_CUDA_COPIES_C : 0) |
         (y_place.staged() ? NM_CUDA_COPIES_Y : 0) |
         (bias_offset >= 0 || scale_offset >= 0 ? NM_CUDA_COPIES_VECTORS : 0);
}

int32_t lay_out(const nm_cuda_weights& w, const nm_cuda_product& product, Layout* l) {
  nm_cuda_product p = product;
  if (joins(w, p)) {
    p.batch *= p.count;
    p.count = 1;
  }
  l->types = find_types(w.dtype, p.y_dtype);
  if (p.batch > INT64_MAX - kAlignment) return fail(NM_OVERFLOW, "batch: %" PRId64 " is too large", p.batch);
  const int64_t m = w.padded_rows, k = w.padded_cols, n = round_up(p.batch, dense_multiple(w.dtype));
  NM_TRY(check_elements("x, padded", k, n, w.dtype));
  NM_TRY(check_elements("y, padded", m, n, p.y_dtype));
  if (p.count > INT32_MAX) return fail(NM_UNSUPPORTED, "count: expected at most 2^31 - 1, got %" PRId64, p.count);

  const bool x_batch_major = p.x_layout == NM_BATCH_MAJOR, y_batch_major = p.y_layout == NM_BATCH_MAJOR;
  l->x = view(p.x, w.cols, p.batch, x_batch_major, p.ldx, p.x_stride, p.count, element_bytes(w.dtype));
  l->y = view(p.y, w.rows, p.batch, y_batch_major, p.ldy, p.y_stride, p.count, element_bytes(p.y_dtype));
  l->c = view(p.c, w.rows, p.batch, y_batch_major, p.ldc, p.c_stride, p.count, element_bytes(l->types->c));

  ScratchPlan scratch;
  NM_TRY(place(l->x, x_batch_major ? n : k, x_batch_major ? k : n, &scratch, &l->x_place));
  NM_TRY(place(l->y, y_batch_major ? n : m, y_batch_major ? m : n, &scratch, &l->y_place));
  NM_TRY(place_c(p, &scratch, l));
  NM_TRY(place_vector(w, p.bias, element_bytes(l->types->bias), &scratch, &l->bias_offset));
  NM_TRY(place_vector(w, p.feature_scale, sizeof(float), &scratch, &l->scale_offset));
  // With factors by feature alpha goes into them, and beta becomes a vector, too.
  if (p.feature_scale != nullptr && p.alpha != 1 && l->scale_offset < 0) {
    NM_TRY(scratch.take(m * static_cast<int64_t>(sizeof(float)), &l->scale_offset));
  }
  l->beta_offset = -1;
  if (p.feature_scale != nullptr && p.beta != 0) {
    NM_TRY(scratch.take(m * static_cast<int64_t>(sizeof(float)), &l->beta_offset));
  }
  l->scratch_bytes = scratch.bytes();

  l->problem = {m,
                n,
                k,
                w.dtype,
                p.y_dtype,
                w.column_major,
                x_batch_major,
                y_batch_major,
                l->x_place.ld,
                l->y_place.ld,
                p.count,
                w.count,
                l->x_place.stride,
                l->c_place.stride,
                l->y_place.stride,
                p.activation == NM_GELU ? int32_t{NM_IDENTITY} : p.activation,  // that is a kernel of our own
                p.bias != nullptr,
                p.feature_scale != nullptr,
                p.beta != 0};
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
