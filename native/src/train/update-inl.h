// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Optimiser steps over the vector traits. Include inside a kernel file only.
#ifndef NM4J_TRAIN_UPDATE_INL_H_
#define NM4J_TRAIN_UPDATE_INL_H_

#include "format/value_type.h"
#include "train/update.h"

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
    Reg w = load(strip.w + i, n);
    Reg g = load(strip.grad + i, n);
    const Reg pruned = V::keep(~kept, w);
    if (rule.mask_update) g = V::keep(kept, g);
    if (rule.placement == NM_IN_GRADIENT) g = V::fma(V::set1(rule.lambda), pruned, g);
    g = V::fma(V::set1(rule.gradient_decay), w, g);
    w = V::mul(V::set1(rule.weight_keep), w);
    Reg step = g;
    if (kOptimizer != NM_SGD || rule.use_momentum) {
      const Reg first =
          V::fma(V::set1(rule.first_decay), load(strip.first + i, n), V::mul(V::set1(rule.gradient_share), g));
      store(strip.first + i, first, n);
      step = kOptimizer == NM_SGD && rule.nesterov ? V::fma(V::set1(rule.first_decay), first, g) : first;
    }
    if (rule.placement == NM_OUTSIDE_MOMENTS) step = V::fma(V::set1(outside_lambda()), pruned, step);
    if (kOptimizer != NM_SGD) {
      Reg second = load(strip.second + i, n);
      if (!rule.freeze_second) {
        const Reg square = V::mul(V::mul(V::set1(rule.second_share), g), g);
        second = V::fma(V::set1(rule.second_decay), second, square);
        store(strip.second + i, second, n);
      }
      const Reg root = V::mul(V::sqrt(second), V::set1(rule.second_scale));
      step = V::div(step, V::add(root, V::set1(rule.eps)));
    }
    w = V::fma(V::set1(-rule.rate), step, w);
    if (rule.placement == NM_DECOUPLED) w = V::fma(V::set1(-rule.decoupled), pruned, w);
    if (rule.mask_update) w = V::keep(kept, w);
    store(strip.w + i, w, n);
  }

  // Adam divides the first moment by its bias correction, which is part of the rate, but not this term.
  float outside_lambda() const { return rule.lambda * rule.outside_scale; }
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

}  // namespace
}  // namespace nm

#endif  // NM4J_TRAIN_UPDATE_INL_H_
