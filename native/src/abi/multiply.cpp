// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Multiplication: checks, then the kernel.
#include <algorithm>
#include <cinttypes>

#include "abi/check.h"
#include "abi/matrix.h"
#include "abi/operation.h"
#include "abi/status.h"
#include "cpu/isa.h"

namespace nm {
namespace {

int32_t check_layout(int32_t layout) {
  if (layout == NM_FEATURE_MAJOR || layout == NM_BATCH_MAJOR) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "layout: expected 0 (feature-major) or 1 (batch-major), got %d", layout);
}

// A matrix that kernels know to multiply with such activations, and sizes that make sense.
int32_t check_operation(const nm_matrix* a, const nm_product& p, const Kernel** kernel) {
  NM_TRY(check_sealed(a));
  NM_TRY(check_layout(p.layout));
  NM_TRY(check_not_negative("batch", p.batch));
  NM_TRY(check_not_negative("count", p.count));
  NM_TRY(check_dtypes(p));
  int64_t results;
  if (__builtin_mul_overflow(a->rows, p.batch, &results) ||
      __builtin_mul_overflow(results, element_bytes(p.y_dtype), &results)) {
    return fail(NM_OVERFLOW, "y: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64, a->rows, p.batch);
  }
  *kernel = a->kernel(static_cast<nm_dtype>(p.x_dtype), p.batch);
  const int64_t kept = a->transposed() ? 0 : a->pattern.kept(a->cols);
  return check_types(p, a->dtype, *kernel != nullptr, kept);
}

// The operands of all products of a strided batch. One product alone is described more closely: columns of one buffer
// may then be disjoint.
int32_t check_operand(const char* name, const void* data, const nm_product& p, int64_t features, int64_t ld,
                      int64_t stride, int32_t dtype, Span* span) {
  const bool batch_major = p.layout == NM_BATCH_MAJOR;
  const int64_t rows = batch_major ? p.batch : features, cols = batch_major ? features : p.batch;
  const int64_t size = element_bytes(dtype);
  NM_TRY(check_matrix(name, data, rows, cols, ld, size, span));
  if (p.count <= 1 || span->bytes == 0) return NM_OK;
  int64_t offset;
  if (stride < 0) {
    return fail(NM_INVALID_ARGUMENT, "%s_stride: expected at least 0, got %" PRId64, name, stride);
  }
  if (__builtin_mul_overflow(p.count - 1, stride, &offset) || __builtin_mul_overflow(offset, size, &offset) ||
      __builtin_add_overflow(span->bytes, offset, &span->bytes)) {
    return fail(NM_OVERFLOW, "%s: expected a size in bytes below 2^63, got %" PRId64 " products %" PRId64 " apart",
                name, p.count, stride);
  }
  span->width = span->stride = span->bytes;
  return check_address_space(*span);
}

// No element of one result belongs to another.
int32_t check_results_apart(const nm_product& p, int64_t rows) {
  const bool batch_major = p.layout == NM_BATCH_MAJOR;
  const int64_t lines = batch_major ? p.batch : rows, width = batch_major ? rows : p.batch;
  if (p.count <= 1 || lines == 0 || width == 0) return NM_OK;
  const int64_t extent = (lines - 1) * p.ldy + width;
  int64_t columns;
  const bool apart = p.y_stride >= extent;
  const bool side_by_side =
      p.y_stride >= width && !__builtin_mul_overflow(p.count, p.y_stride, &columns) && columns <= p.ldy;
  if (apart || side_by_side) return NM_OK;
  return fail(NM_INVALID_ARGUMENT,
              "y_stride: expected results that share no element (%" PRId64
              " or more; or columns of one buffer), got %" PRId64,
              extent, p.y_stride);
}

PackedWeights packed(const nm_matrix* a) {
  return {a->lanes.view(), a->stream.view(), a->columns.view(), a->tiles.view()};
}

int32_t check_buffers(const nm_matrix* a, const nm_product& p) {
  Span in, addend = {"c", nullptr, 0, 0, 0}, out;
  NM_TRY(check_operand("x", p.x, p, a->cols, p.ldx, p.x_stride, p.x_dtype, &in));
  NM_TRY(check_operand("y", p.y, p, a->rows, p.ldy, p.y_stride, p.y_dtype, &out));
  NM_TRY(check_results_apart(p, a->rows));
  if (p.beta != 0.0f) NM_TRY(check_operand("c", p.c, p, a->rows, p.ldc, p.c_stride, p.y_dtype, &addend));
  NM_TRY(check_disjoint(in, out));
  NM_TRY(check_features(p, a->rows, out));
  const bool in_place = p.c == p.y && p.ldc == p.ldy && (p.count <= 1 || p.c_stride == p.y_stride);
  return in_place ? int32_t{NM_OK} : check_disjoint(addend, out);
}

// Product `i` of a strided batch, as kernels take it; without weights, a is NULL.
MultiplyArgs arguments(const nm_matrix* a, const nm_product& p, int64_t i) {
  const auto at = [](const auto* data, int64_t elements, int32_t dtype) {
    return data == nullptr ? nullptr : static_cast<const char*>(data) + elements * element_bytes(dtype);
  };
  const bool integers = a != nullptr && a->dtype == NM_S8;
  MultiplyArgs args = operation_args(p, integers ? a->scales.data() : nullptr, integers ? a->sums.data() : nullptr);
  args.layout = static_cast<nm_layout>(p.layout);
  args.batch = p.batch;
  args.x = at(p.x, i * p.x_stride, p.x_dtype);
  args.ldx = p.ldx;
  args.c = p.beta != 0.0f ? at(p.c, i * p.c_stride, p.y_dtype) : nullptr;
  args.ldc = p.ldc;
  args.y = const_cast<char*>(at(p.y, i * p.y_stride, p.y_dtype));
  args.ldy = p.ldy;
  return args;
}

int32_t count_tiles(const nm_matrix* a, const nm_product& p, int64_t* each, int64_t* all) {
  const Kernel* kernel = nullptr;
  NM_TRY(check_operation(a, p, &kernel));
  *each = kernel->tiles(packed(a), p.batch);
  if (!__builtin_mul_overflow(*each, p.count, all)) return NM_OK;
  return fail(NM_OVERFLOW, "count: expected fewer than 2^63 tiles, got %" PRId64 " times %" PRId64, p.count, *each);
}

int32_t multiply(const nm_matrix* a, const nm_product& p, int64_t tile_begin, int64_t tile_end) {
  int64_t each, tiles;
  NM_TRY(count_tiles(a, p, &each, &tiles));
  NM_TRY(check_epilogue(p));
  NM_TRY(check_buffers(a, p));
  NM_TRY(check_tiles(tiles, tile_begin, tile_end));
  const PackedWeights weights = packed(a);
  const Kernel* kernel = a->kernel(static_cast<nm_dtype>(p.x_dtype), p.batch);
  while (tile_begin < tile_end) {
    const int64_t i = tile_begin / each, first = i * each;
    const int64_t end = std::min(tile_end, first + each);
    kernel->run(weights, arguments(a, p, i), tile_begin - first, end - first);
    tile_begin = end;
  }
  return NM_OK;
}

// The simple form.
nm_product product_f32(int32_t layout, int64_t batch) {
  nm_product p = {};
  p.layout = layout;
  p.batch = batch;
  p.count = 1;
  p.x_dtype = p.y_dtype = NM_F32;
  p.alpha = 1.0f;
  return p;
}

}  // namespace
}  // namespace nm

using nm::guarded;
using nm::Span;

int32_t nm_product_kernel(const nm_matrix* a, const nm_product* product, const char** name) {
  return guarded([&]() -> int32_t {
    const nm::Kernel* kernel = nullptr;
    NM_TRY(nm::check_not_null("product", product));
    NM_TRY(nm::check_operation(a, *product, &kernel));
    NM_TRY(nm::check_not_null("name", name));
    *name = kernel->name;
    return NM_OK;
  });
}

int32_t nm_product_tiles(const nm_matrix* a, const nm_product* product, int64_t* tiles) {
  return guarded([&]() -> int32_t {
    int64_t each;
    NM_TRY(nm::check_not_null("product", product));
    NM_TRY(nm::check_not_null("tiles", tiles));
    return nm::count_tiles(a, *product, &each, tiles);
  });
}

int32_t nm_multiply(const nm_matrix* a, const nm_product* product, int64_t tile_begin, int64_t tile_end) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("product", product));
    return nm::multiply(a, *product, tile_begin, tile_end);
  });
}

int32_t nm_matrix_kernel(const nm_matrix* a, int32_t layout, int64_t batch, const char** name) {
  const nm_product product = nm::product_f32(layout, batch);
  return nm_product_kernel(a, &product, name);
}

int32_t nm_multiply_tiles(const nm_matrix* a, int32_t layout, int64_t batch, int64_t* tiles) {
  const nm_product product = nm::product_f32(layout, batch);
  return nm_product_tiles(a, &product, tiles);
}

int32_t nm_multiply_f32(const nm_matrix* a, int32_t layout, int64_t batch, const float* x, int64_t ldx, float alpha,
                        const float* c, int64_t ldc, float beta, const float* bias, int32_t activation, float* y,
                        int64_t ldy, int64_t tile_begin, int64_t tile_end) {
  nm_product product = nm::product_f32(layout, batch);
  product.x = x;
  product.ldx = ldx;
  product.alpha = alpha;
  product.c = c;
  product.ldc = ldc;
  product.beta = beta;
  product.bias = bias;
  product.activation = activation;
  product.y = y;
  product.ldy = ldy;
  return nm_multiply(a, &product, tile_begin, tile_end);
}

int32_t nm_finish_f32(int32_t layout, int64_t features, int64_t batch, float alpha, const float* c, int64_t ldc,
                      float beta, const float* bias, int32_t activation, float* p, int64_t ldp) {
  return guarded([&]() -> int32_t {
    nm_product product = nm::product_f32(layout, batch);
    product.y = p;
    product.ldy = ldp;
    product.alpha = alpha;
    product.c = c;
    product.ldc = ldc;
    product.beta = beta;
    product.bias = bias;
    product.activation = activation;
    NM_TRY(nm::check_layout(layout));
    NM_TRY(nm::check_activation(activation));
    NM_TRY(nm::check_isa_request());
    Span out, addend = {"c", nullptr, 0, 0, 0};
    NM_TRY(nm::check_operand("p", p, product, features, ldp, 0, NM_F32, &out));
    if (beta != 0.0f) NM_TRY(nm::check_operand("c", c, product, features, ldc, 0, NM_F32, &addend));
    NM_TRY(nm::check_disjoint(addend, out));
    NM_TRY(nm::check_features(product, features, out));
    nm::finish(nm::arguments(nullptr, product, 0), features, nm::active_isa());
    return NM_OK;
  });
}
