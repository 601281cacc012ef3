// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "abi/operation.h"

#include <cinttypes>
#include <cmath>

namespace nm {
namespace {

struct IntegerRange {
  int32_t low, high;
};

// 0 .. 0 for types that are not quantised.
IntegerRange integer_range(int32_t dtype) {
  return dtype == NM_S8 ? IntegerRange{-128, 127} : dtype == NM_U8 ? IntegerRange{0, 255} : IntegerRange{0, 0};
}

// Products of weights and activations, at most 128 * 255, whose sum fits 32 bits.
constexpr int64_t kMostIntegers = INT32_MAX / (128 * 255);

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

}  // namespace

bool is_quantized(int32_t dtype) { return integer_range(dtype).high != 0; }

int64_t element_bytes(int32_t dtype) { return dtype == NM_S8 || dtype == NM_U8 ? 1 : dtype == NM_BF16 ? 2 : 4; }

int32_t check_dtypes(const nm_product& p) {
  for (const int32_t dtype : {p.x_dtype, p.y_dtype}) {
    if (dtype < NM_F32 || dtype > NM_S32) {
      return fail(NM_INVALID_ARGUMENT, "dtype: expected 0 (f32) to 4 (s32), got %d", dtype);
    }
  }
  return NM_OK;
}

int32_t check_types(const nm_product& p, nm_dtype weights, bool has_kernel, int64_t kept) {
  const bool integers = is_quantized(p.x_dtype);
  if (!has_kernel || (p.y_dtype == NM_S32 && !integers)) {
    return fail(NM_UNSUPPORTED,
                "dtypes: no product of weights of type %d has activations of type %d and results of type %d", weights,
                p.x_dtype, p.y_dtype);
  }
  if (integers && kept > kMostIntegers) {
    return fail(NM_UNSUPPORTED, "cols: expected at most %" PRId64 " kept weights a row for integers, got %" PRId64,
                kMostIntegers, kept);
  }
  return NM_OK;
}

int32_t check_epilogue(const nm_product& p) {
  NM_TRY(check_activation(p.activation));
  NM_TRY(check_raw(p));
  NM_TRY(check_quantization("x", p.x_dtype, p.x_scale, p.x_zero));
  return check_quantization("y", p.y_dtype, p.y_scale, p.y_zero);
}

int32_t check_features(const nm_product& p, int64_t features, const Span& results) {
  Span span;
  if (p.bias != nullptr) {
    NM_TRY(check_matrix("bias", p.bias, 1, features, features, sizeof(float), &span));
    NM_TRY(check_disjoint(span, results));
  }
  if (p.feature_scale != nullptr) {
    NM_TRY(check_matrix("feature_scale", p.feature_scale, 1, features, features, sizeof(float), &span));
    NM_TRY(check_disjoint(span, results));
  }
  return NM_OK;
}

MultiplyArgs operation_args(const nm_product& p, const float* weight_scale, const int32_t* weight_sum) {
  MultiplyArgs args = {};
  args.x_dtype = static_cast<nm_dtype>(p.x_dtype);
  args.x_zero = p.x_zero;
  args.alpha = is_quantized(p.x_dtype) ? p.alpha * p.x_scale : p.alpha;
  args.weight_scale = weight_scale;
  args.weight_sum = weight_sum;
  args.feature_scale = p.feature_scale;
  args.beta = p.beta;
  args.bias = p.bias;
  args.activation = static_cast<nm_activation>(p.activation);
  args.y_dtype = static_cast<nm_dtype>(p.y_dtype);
  args.y_scale = p.y_scale;
  args.y_inverse = 1.0f / p.y_scale;
  args.y_zero = p.y_zero;
  return args;
}

}  // namespace nm
