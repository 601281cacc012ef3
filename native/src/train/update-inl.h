// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Optimiser steps over the vector traits. Include inside a kernel file only.
#ifndef NM4J_TRAIN_UPDATE_INL_H_
#define NM4J_TRAIN_UPDATE_INL_H_

#include "format/value_type.h"
#include "train/update.h"
#include "train/update_math-inl.h"

namespace nm {
namespace {

// The mask bits of kLanes weights from `col` on, which is a multiple of kLanes.
template <typename V>
uint32_t lane_bits(const uint8_t* mask, int64_t col) {
  if constexpr (V::kLanes == 1) {
    return mask[col / 8] >> col % 8 & 1u;
  } else if constexpr (V::kLanes == 8) {
    return mask[col / 8];
  } else {
    static_assert(V::kLanes == 16, "whole bytes");
    return mask[col / 8] | static_cast<uint32_t>(mask[col / 8 + 1]) << 8;
  }
}

// The last vector: its second byte may be beyond the mask.
template <typename V>
uint32_t tail_bits(const uint8_t* mask, int64_t col, int n) {
  return V::kLanes == 16 && n <= 8 ? mask[col / 8] : lane_bits<V>(mask, col);
}

template <typename V, nm_optimizer kOptimizer>
struct Update {
  using Reg = typename V::Reg;

  const UpdateRule& rule;

  void run(const UpdateStrip& strip) const {
    int64_t i = 0;
    for (; i + V::kLanes <= strip.count; i += V::kLanes) vector(strip, i, V::kLanes, lane_bits<V>(strip.mask, i));
    if (i < strip.count) {
      const int n = static_cast<int>(strip.count - i);
      vector(strip, i, n, tail_bits<V>(strip.mask, i, n));
    }
  }

 private:
  static Reg load(const float* p, int n) { return n == V::kLanes ? V::load(p) : V::load_n(p, n); }
  static void store(float* p, Reg value, int n) {
    if (n == V::kLanes) {
      V::store(p, value);
    } else {
      V::store_n(p, value, n);
    }
  }

  void vector(const UpdateStrip& strip, int64_t i, int n, uint32_t kept) const {
    UpdateState<V> state;
    state.w = load(strip.w + i, n);
    state.grad = load(strip.grad + i, n);
    const bool first = uses_first(kOptimizer, rule);
    if (first) state.first = load(strip.first + i, n);
    if (kOptimizer != NM_SGD) state.second = load(strip.second + i, n);
    update_step<V, kOptimizer>(rule, kept, &state);
    if (first) store(strip.first + i, state.first, n);
    if (writes_second(kOptimizer, rule)) store(strip.second + i, state.second, n);
    store(strip.w + i, state.w, n);
  }
};

template <typename V>
void update_strip(const UpdateRule& rule, const UpdateStrip& strip) {
  if (rule.optimizer == NM_SGD) return Update<V, NM_SGD>{rule}.run(strip);
  Update<V, NM_ADAM>{rule}.run(strip);  // AdamW differs in numbers only
}

template <typename V>
void masked_strip(const float* w, const uint8_t* mask, int64_t count, float factor, float* masked,
                  uint16_t* masked_bf16) {
  for (int64_t i = 0; i < count; i += V::kLanes) {
    const int n = static_cast<int>(count - i < V::kLanes ? count - i : V::kLanes);
    const uint32_t kept = tail_bits<V>(mask, i, n);
    const auto all = V::load_n(w + i, n);
    auto value = V::keep(kept, all);
    // Not for 0: 0 times infinity is NaN.
    if (factor != 0.0f) value = V::either(value, V::mul(V::set1(factor), V::keep(~kept, all)));
    if (masked != nullptr) V::store_n(masked + i, value, n);
    if (masked_bf16 != nullptr) V::store_n(reinterpret_cast<Bf16*>(masked_bf16) + i, value, n);
  }
}

template <typename V>
void regularize_strip(const float* w, const uint8_t* mask, int64_t count, float lambda, float* grad) {
  for (int64_t i = 0; i < count; i += V::kLanes) {
    const int n = static_cast<int>(count - i < V::kLanes ? count - i : V::kLanes);
    const uint32_t kept = tail_bits<V>(mask, i, n);
    const auto g = V::load_n(grad + i, n);
    const auto more = V::fma(V::set1(lambda), V::load_n(w + i, n), g);
    V::store_n(grad + i, V::either(V::keep(kept, g), V::keep(~kept, more)), n);
  }
}

}  // namespace
}  // namespace nm

#endif  // NM4J_TRAIN_UPDATE_INL_H_
