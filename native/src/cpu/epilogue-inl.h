// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Factors, beta * C, bias, activation and quantisation, fused into the store of a result vector. Include inside a
// kernel file only.
#ifndef NM4J_CPU_EPILOGUE_INL_H_
#define NM4J_CPU_EPILOGUE_INL_H_

#include "cpu/kernel.h"
#include "format/value_type.h"

namespace nm {
namespace {

// erf(z) ~ z P(z^2) / Q(z^2): our own least-squares fit, weighted to equal ripple on [0, 3.925], with an error
// of 4.4e-8 before rounding. It passes 1 just below z = 4, where the argument is cut, so that clamping makes the tails
// exact.
template <typename V>
typename V::Reg erf(typename V::Reg z) {
  constexpr float kP[] = {1.128378772e+00f, 2.065794004e-01f,  5.145850151e-02f, 3.991742411e-03f,
                          1.493578507e-04f, -1.993646752e-06f, 1.987302354e-08f};
  constexpr float kQ[] = {1.0f, 5.164049338e-01f, 1.177564251e-01f, 1.492831366e-02f, 1.028430375e-03f};
  z = V::max(V::set1(-4.0f), V::min(V::set1(4.0f), z));
  const auto square = V::mul(z, z);
  auto p = V::set1(kP[6]);
  for (int i = 5; i >= 0; --i) p = V::fma(p, square, V::set1(kP[i]));
  auto q = V::set1(kQ[4]);
  for (int i = 3; i >= 0; --i) q = V::fma(q, square, V::set1(kQ[i]));
  const auto value = V::div(V::mul(z, p), q);
  return V::max(V::set1(-1.0f), V::min(V::set1(1.0f), value));
}

template <typename V>
typename V::Reg gelu(typename V::Reg x) {
  const auto phi = V::add(V::set1(1.0f), erf<V>(V::mul(x, V::set1(0.70710678f))));
  // phi is 0 from -5.66 down; the cut keeps -infinity * 0 from being NaN. NaN as second operand stays NaN.
  return V::mul(V::mul(V::set1(0.5f), V::max(V::set1(-8.0f), x)), phi);
}

// Elements `stride` apart in memory of any type: a vector of `n` lanes as real numbers, and back.
template <typename V, typename T>
typename V::Reg load_strided(const T* p, int64_t stride, int n) {
  if (stride == 1) {
    if constexpr (sizeof(T) == sizeof(float)) {
      if (n == V::kLanes) return V::load(p);
    }
    return V::load_n(p, n);
  }
  T strided[V::kLanes] = {};
  for (int i = 0; i < n; ++i) strided[i] = p[i * stride];
  return V::load_n(strided, n);
}

template <typename V, typename T>
void store_strided(T* p, int64_t stride, typename V::Reg value, int n) {
  if (stride == 1) {
    if constexpr (sizeof(T) == sizeof(float)) {
      if (n == V::kLanes) return V::store(p, value);
    }
    return V::store_n(p, value, n);
  }
  T strided[V::kLanes];
  V::store_n(strided, value, V::kLanes);
  for (int i = 0; i < n; ++i) p[i * stride] = strided[i];
}

// How real numbers are stored in a type.
template <typename V, typename T>
struct Stored {  // fp32 and bf16
  static typename V::Reg decode(const MultiplyArgs&, typename V::Reg value) { return value; }
  static typename V::Reg encode(const MultiplyArgs&, typename V::Reg value) { return value; }
};

template <typename V, int kLow, int kHigh>
struct StoredInteger {
  static typename V::Reg decode(const MultiplyArgs& args, typename V::Reg value) {
    return V::mul(V::set1(args.y_scale), V::add(value, V::set1(-static_cast<float>(args.y_zero))));
  }
  static typename V::Reg encode(const MultiplyArgs& args, typename V::Reg value) {
    const float zero = static_cast<float>(args.y_zero);
    value = V::mul(V::set1(args.y_inverse), value);
    // NaN as first operand becomes the second.
    value = V::min(V::max(value, V::set1(kLow - zero)), V::set1(kHigh - zero));
    // Rounds to a whole number, ties to even, as numbers at 1.5 * 2^23 are whole.
    value = V::add(V::add(value, V::set1(12582912.0f)), V::set1(-12582912.0f));
    return V::add(value, V::set1(zero));
  }
};

template <typename V>
struct Stored<V, int8_t> : StoredInteger<V, -128, 127> {};
template <typename V>
struct Stored<V, uint8_t> : StoredInteger<V, 0, 255> {};

// Where a result vector of `n` lanes lies: elements from the start of C and Y, and from one lane to the next.
struct Place {
  int64_t c, c_stride, y, y_stride;
  int n;
};

template <typename V, typename T>
void finish_as(const MultiplyArgs& args, typename V::Reg value, typename V::Reg bias, const Place& at) {
  if (args.c != nullptr) {
    const auto addend = load_strided<V>(static_cast<const T*>(args.c) + at.c, at.c_stride, at.n);
    value = V::fma(V::set1(args.beta), Stored<V, T>::decode(args, addend), value);
  }
  if (args.bias != nullptr) value = V::add(value, bias);
  if (args.activation == NM_RELU) {
    value = V::max(V::zero(), value);
  } else if (args.activation == NM_GELU) {
    value = gelu<V>(value);
  }
  store_strided<V>(static_cast<T*>(args.y) + at.y, at.y_stride, Stored<V, T>::encode(args, value), at.n);
}

// Finishes a vector of sums and stores it. `bias` is added when args.bias is not NULL.
template <typename V>
void finish(const MultiplyArgs& args, typename V::Reg sum, typename V::Reg factor, typename V::Reg bias,
            const Place& at) {
  const auto value = V::mul(factor, sum);
  // The plain case in line: a call for each vector would cost a tenth of a product of K = 768.
  if (args.y_dtype == NM_F32 && args.c == nullptr && args.activation == NM_IDENTITY && at.y_stride == 1) {
    return store_strided<V>(static_cast<float*>(args.y) + at.y, 1, args.bias != nullptr ? V::add(value, bias) : value,
                            at.n);
  }
  switch (args.y_dtype) {
    case NM_BF16:
      return finish_as<V, Bf16>(args, value, bias, at);
    case NM_S8:
      return finish_as<V, int8_t>(args, value, bias, at);
    case NM_U8:
      return finish_as<V, uint8_t>(args, value, bias, at);
    default:
      return finish_as<V, float>(args, value, bias, at);
  }
}

// The factors of `n` output features from `row` on, one a lane; and of one feature, in all lanes.
template <typename V>
typename V::Reg factors(const MultiplyArgs& args, int64_t row, int n) {
  auto factor = V::set1(args.alpha);
  if (args.weight_scale != nullptr) factor = V::mul(factor, V::load_n(args.weight_scale + row, n));
  if (args.feature_scale != nullptr) factor = V::mul(factor, V::load_n(args.feature_scale + row, n));
  return factor;
}

inline float factor_of(const MultiplyArgs& args, int64_t row) {
  float factor = args.alpha;
  if (args.weight_scale != nullptr) factor *= args.weight_scale[row];
  if (args.feature_scale != nullptr) factor *= args.feature_scale[row];
  return factor;
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_EPILOGUE_INL_H_
