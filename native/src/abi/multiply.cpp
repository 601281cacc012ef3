// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Multiplication: checks, then the kernel.
#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "abi/check.h"
#include "abi/matrix.h"
#include "abi/status.h"
#include "cpu/isa.h"

namespace nm {
namespace {

struct IntegerRange {
  int32_t low, high;
};

// 0 .. 0 for types that are no integers.
IntegerRange integer_range(int32_t dtype) {
  return dtype == NM_S8 ? IntegerRange{-128, 127} : dtype == NM_U8 ? IntegerRange{0, 255} : IntegerRange{0, 0};
}

// Products of weights and activations, at most 128 * 255, whose sum fits 32 bits.
constexpr int64_t kMostIntegers = INT32_MAX / (128 * 255);

int64_t element_bytes(int32_t dtype) { return dtype == NM_S8 || dtype == NM_U8 ? 1 : dtype == NM_BF16 ? 2 : 4; }

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
  for (const int32_t dtype : {p.x_dtype, p.y_dtype}) {
    if (dtype < NM_F32 || dtype > NM_S32) {
      return fail(NM_INVALID_ARGUMENT, "dtype: expected 0 (f32) to 4 (s32), got %d", dtype);
    }
  }
  int64_t results;
  if (__builtin_mul_overflow(a->rows, p.batch, &results) ||
      __builtin_mul_overflow(results, element_bytes(p.y_dtype), &results)) {
    return fail(NM_OVERFLOW, "y: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64, a->rows, p.batch);
  }
  *kernel = a->kernel(static_cast<nm_dtype>(p.x_dtype), p.batch);
  const bool integers = integer_range(p.x_dtype).high != 0;
  if (*kernel == nullptr || (p.y_dtype == NM_S32 && !integers)) {
    return fail(NM_UNSUPPORTED,
                "dtypes: no product of weights of type %d has activations of type %d and results of type %d", a->dtype,
                p.x_dtype, p.y_dtype);
  }
  const int64_t kept = integers ? a->pattern.kept(a->cols) : 0;
  if (kept > kMostIntegers) {
    return fail(NM_UNSUPPORTED, "cols: expected at most %" PRId64 " kept weights a row for integers, got %" PRId64,
                kMostIntegers, kept);
  }
  return NM_OK;
}

// Sums are results as they are.
int32_t check_raw(const nm_product& p) {
  const bool raw = p.alpha == 1.0f && p.beta == 0.0f && p.bias == nullptr && p.feature_scale == nullptr &&
                   p.activation == NM_IDENTITY;
  if (p.y_dtype != NM_S32 || raw) return NM_OK;
  return fail(
      NM_INVALID_ARGUMENT,
      "results of type 4 (s32): expected alpha 1, beta 0, no bias, no feature_scale and activation 0 (identity), "
      "got alpha %g, beta %g, %s bias, %s feature_scale, activation %d",
      static_cast<double>(p.alpha), static_cast<double>(p.beta), p.bias != nullptr ? "a" : "no",
      p.feature_scale != nullptr ? "a" : "no", p.activation);
}

int32_t check_quantization(const char* name, int32_t dtype, float scale, int32_t zero) {
  const IntegerRange range = integer_range(dtype);
  if (range.high == 0) return NM_OK;
  if (!(scale > 0.0f) || !std::isfinite(scale)) {
    return fail(NM_INVALID_ARGUMENT, "%s_scale: expected a finite number above 0, got %g", name,
                static_cast<double>(scale));
  }
  if (zero < range.low || zero > range.high) {
    return fail(NM_INVALID_ARGUMENT, "%s_zero: expected %d to %d, got %d", name, range.low, range.high, zero);
  }
  return NM_OK;
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

PackedWeights packed(const nm_matrix* a) { return {a->lanes.view(), a->stream.view(), a->columns.view()}; }

int32_t check_buffers(const nm_matrix* a, const nm_product& p) {
  Span in, addend = {"c", nullptr, 0, 0, 0}, biases = addend, scales = addend, out;
  NM_TRY(check_operand("x", p.x, p, a->cols, p.ldx, p.x_stride, p.x_dtype, &in));
  NM_TRY(check_operand("y", p.y, p, a->rows, p.ldy, p.y_stride, p.y_dtype, &out));
  NM_TRY(check_results_apart(p, a->rows));
  if (p.beta != 0.0f) NM_TRY(check_operand("c", p.c, p, a->rows, p.ldc, p.c_stride, p.y_dtype, &addend));
  if (p.bias != nullptr) NM_TRY(check_matrix("bias", p.bias, 1, a->rows, a->rows, sizeof(float), &biases));
  if (p.feature_scale != nullptr) {
    NM_TRY(check_matrix("feature_scale", p.feature_scale, 1, a->rows, a->rows, sizeof(float), &scales));
  }
  for (const Span& operand : {in, biases, scales}) NM_TRY(check_disjoint(operand, out));
  const bool in_place = p.c == p.y && p.ldc == p.ldy && (p.count <= 1 || p.c_stride == p.y_stride);
  return in_place ? int32_t{NM_OK} : check_disjoint(addend, out);
}

// Product `i` of a strided batch, as kernels take it; without weights, a is NULL.
MultiplyArgs arguments(const nm_matrix* a, const nm_product& p, int64_t i) {
  const auto at = [](const auto* data, int64_t elements, int32_t dtype) {
    return data == nullptr ? nullptr : static_cast<const char*>(data) + elements * element_bytes(dtype);
  };
  MultiplyArgs args;
  args.layout = static_cast<nm_layout>(p.layout);
  args.batch = p.batch;
  args.x = at(p.x, i * p.x_stride, p.x_dtype);
  args.x_dtype = static_cast<nm_dtype>(p.x_dtype);
  args.ldx = p.ldx;
  args.x_zero = p.x_zero;
  args.alpha = integer_range(p.x_dtype).high != 0 ? p.alpha * p.x_scale : p.alpha;
  const bool integers = a != nullptr && a->dtype == NM_S8;
  args.weight_scale = integers ? a->scales.data() : nullptr;
  args.weight_sum = integers ? a->sums.data() : nullptr;
  args.feature_scale = p.feature_scale;
  args.c = p.beta != 0.0f ? at(p.c, i * p.c_stride, p.y_dtype) : nullptr;
  args.ldc = p.ldc;
  args.beta = p.beta;
  args.bias = p.bias;
  args.activation = static_cast<nm_activation>(p.activation);
  args.y = const_cast<char*>(at(p.y, i * p.y_stride, p.y_dtype));
  args.y_dtype = static_cast<nm_dtype>(p.y_dtype);
  args.ldy = p.ldy;
  args.y_scale = p.y_scale;
  args.y_inverse = 1.0f / p.y_scale;
  args.y_zero = p.y_zero;
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
  NM_TRY(check_activation(p.activation));
  NM_TRY(check_raw(p));
  NM_TRY(check_quantization("x", p.x_dtype, p.x_scale, p.x_zero));
  NM_TRY(check_quantization("y", p.y_dtype, p.y_scale, p.y_zero));
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
    Span out, addend = {"c", nullptr, 0, 0, 0}, biases = {"bias", nullptr, 0, 0, 0};
    NM_TRY(nm::check_operand("p", p, product, features, ldp, 0, NM_F32, &out));
    if (beta != 0.0f) NM_TRY(nm::check_operand("c", c, product, features, ldc, 0, NM_F32, &addend));
    if (bias != nullptr) NM_TRY(nm::check_matrix("bias", bias, 1, features, features, sizeof(float), &biases));
    NM_TRY(nm::check_disjoint(addend, out));
    NM_TRY(nm::check_disjoint(biases, out));
    nm::finish(nm::arguments(nullptr, product, 0), features, nm::active_isa());
    return NM_OK;
  });
}
