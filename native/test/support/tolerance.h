/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_TOLERANCE_H_
#define NM4J_TEST_SUPPORT_TOLERANCE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace nm4j_test {

// Relative error of `operations` roundings in a row: k u / (1 - k u) with the unit roundoff u of fp32.
inline double Gamma(int64_t operations) {
  const double ku = static_cast<double>(operations) * 0x1p-24;
  return ku / (1 - ku);
}

// How far act(alpha * sum + beta * c + bias), computed in fp32, may be from the exact value.
//
// A sum of k products passes each term through at most k roundings (its product and k - 1 additions), whatever the
// order of the additions and whether or not they are fused; scaling by alpha and adding beta * c and bias passes it
// through four more. So the error is at most gamma(k + 4) times the sum of the magnitudes of all terms. Where a result
// underflows, a rounding errs by up to half the smallest subnormal instead, which alpha may magnify.
//
// magnitude: |alpha| sum |w||x| + |beta||c| + |bias|.
inline double LinearTolerance(int64_t kept, double magnitude, double alpha) {
  const double underflow = static_cast<double>(kept + 4) * 0x1p-150 * std::max(1.0, std::fabs(alpha));
  return Gamma(kept + 4) * magnitude + underflow;
}

// What the header promises for GELU, which applies to the value it is given; the error of that value is passed on with
// the slope of GELU, which stays below 1.13 in magnitude.
inline double GeluTolerance(double linear_value, double linear_tolerance) {
  return 4e-7 * std::max(1.0, std::fabs(linear_value) + linear_tolerance) + 1.13 * linear_tolerance;
}

// The exact GELU. erfc keeps its relative accuracy where 1 + erf cancels.
inline double Gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TOLERANCE_H_
