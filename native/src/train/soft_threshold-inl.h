// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Soft thresholds over the vector traits. Include inside a kernel file only.
#ifndef NM4J_TRAIN_SOFT_THRESHOLD_INL_H_
#define NM4J_TRAIN_SOFT_THRESHOLD_INL_H_

#include <cstdint>

namespace nm {
namespace {

// sign(w) max(|w| - t, 0) is w less what of it lies within -t .. t.
template <typename V>
void soft_strip(const float* w, const float* threshold, int64_t count, float scale, float* out) {
  const auto minus = V::set1(-1.0f), factor = V::set1(scale);
  for (int64_t i = 0; i < count; i += V::kLanes) {
    const int n = static_cast<int>(count - i < V::kLanes ? count - i : V::kLanes);
    const auto value = V::load_n(w + i, n), t = V::load_n(threshold + i, n);
    const auto within = V::min(V::max(value, V::mul(minus, t)), t);
    V::store_n(out + i, V::mul(factor, V::fma(minus, within, value)), n);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_TRAIN_SOFT_THRESHOLD_INL_H_
