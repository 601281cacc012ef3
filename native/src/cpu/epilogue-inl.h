// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// alpha, beta * C, bias and activation, fused into the store of a result vector. Include inside a kernel file only.
#ifndef NM4J_CPU_EPILOGUE_INL_H_
#define NM4J_CPU_EPILOGUE_INL_H_

#include "cpu/kernel.h"

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

// The result vector of `n` lanes whose C and Y lie `stride` floats apart. `bias` is added when args.bias is not NULL.
template <typename V>
void finish(const MultiplyArgs& args, typename V::Reg value, typename V::Reg bias, const float* c, int64_t c_stride,
            float* y, int64_t y_stride, int n) {
  float strided[V::kLanes];
  value = V::mul(V::set1(args.alpha), value);
  if (args.c != nullptr) {
    typename V::Reg addend;
    if (c_stride == 1) {
      addend = n == V::kLanes ? V::load(c) : V::load_n(c, n);
    } else {
      for (int i = 0; i < V::kLanes; ++i) strided[i] = i < n ? c[i * c_stride] : 0.0f;
      addend = V::load(strided);
    }
    value = V::fma(V::set1(args.beta), addend, value);
  }
  if (args.bias != nullptr) value = V::add(value, bias);
  if (args.activation == NM_RELU) {
    value = V::max(V::zero(), value);
  } else if (args.activation == NM_GELU) {
    value = gelu<V>(value);
  }
  if (y_stride != 1) {
    V::store(strided, value);
    for (int i = 0; i < n; ++i) y[i * y_stride] = strided[i];
  } else if (n == V::kLanes) {
    V::store(y, value);
  } else {
    V::store_n(y, value, n);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_CPU_EPILOGUE_INL_H_
