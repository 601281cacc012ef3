/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_TYPED_RESULT_H_
#define NM4J_TEST_SUPPORT_TYPED_RESULT_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "nm4j/nm4j.h"
#include "support/random.h"
#include "support/tolerance.h"
#include "support/typed_matrix.h"

namespace nm4j_test {

inline bool IsInteger(int32_t dtype) { return dtype == NM_S8 || dtype == NM_U8 || dtype == NM_S32; }
inline int64_t Low(int32_t dtype) { return dtype == NM_S8 ? -128 : 0; }
inline int64_t High(int32_t dtype) { return dtype == NM_S8 ? 127 : 255; }

// Any integer of a type of integers; otherwise a small integer or a real in [-1, 1).
inline double RandomNumber(int32_t dtype, bool integers, Random& random) {
  if (IsInteger(dtype)) return static_cast<double>(random.Int(Low(dtype), High(dtype)));
  return integers ? random.SmallInteger() : random.Uniform();
}

// A result before its activation, in parts: factor * sum + addend + bias; magnitude: the sum of magnitudes.
struct Linear {
  double sum, magnitude;
  int64_t kept;
  double factor, addend, bias;
};

struct StoredAs {
  int32_t dtype;
  float scale;
  int32_t zero;
};

struct Expected {
  double value, tolerance;
};

// How much larger a weight that moved (MoveOneBit) has to be, so that rounding to the type of results cannot hide it:
// to the end of the range of integers.
inline double VisibleFactor(int32_t dtype) { return dtype == NM_F32 ? 1 : 1e9; }

// What a result stored as that type stands for. exact: the value before it is stored has no error.
inline Expected ExpectedResult(const Linear& linear, int32_t activation, bool exact, const StoredAs& stored) {
  double value = linear.factor * linear.sum + linear.addend + linear.bias;
  // Two more factors than the simple form, each rounded, and the terms they scale.
  const double magnitude =
      std::fabs(linear.factor) * linear.magnitude + std::fabs(linear.addend) + std::fabs(linear.bias);
  double tolerance = exact ? 0.0 : LinearTolerance(linear.kept + 4, magnitude, linear.factor);
  if (activation == NM_RELU) value = std::max(value, 0.0);
  if (activation == NM_GELU) {
    tolerance = GeluTolerance(value, tolerance);
    value = Gelu(value);
  }
  if (stored.dtype == NM_S8 || stored.dtype == NM_U8) {
    const double low = stored.scale * static_cast<double>(Low(stored.dtype) - stored.zero);
    const double high = stored.scale * static_cast<double>(High(stored.dtype) - stored.zero);
    const auto limited = [&](double v) { return std::min(std::max(v, low), high); };
    if (tolerance == 0) return {limited(stored.scale * std::nearbyint(value / stored.scale)), 0};
    return {limited(value), tolerance + stored.scale * 0.5001};
  }
  if (stored.dtype == NM_BF16) {
    if (tolerance == 0) return {RoundToBf16(value), 0};
    tolerance += (std::fabs(value) + tolerance) * 0x1p-8 + std::numeric_limits<float>::min();
  }
  return {value, tolerance};
}

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TYPED_RESULT_H_
