// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of an optimiser step over the vector traits, on registers: the same for CPU and GPU.
#ifndef NM4J_TRAIN_UPDATE_MATH_INL_H_
#define NM4J_TRAIN_UPDATE_MATH_INL_H_

#include "format/host_device.h"
#include "train/update.h"

namespace nm {
namespace {

// One vector of weights and what belongs to them. `first` and `second` hold something where the rule has them.
template <typename V>
struct UpdateState {
  typename V::Reg w, grad, first, second;
};

NM_HD constexpr bool uses_first(nm_optimizer optimizer, const UpdateRule& rule) {
  return optimizer != NM_SGD || rule.use_momentum;
}
NM_HD constexpr bool writes_second(nm_optimizer optimizer, const UpdateRule& rule) {
  return optimizer != NM_SGD && !rule.freeze_second;
}

// `kept`: the mask bits of the lanes, the first lowest; the others may be anything.
template <typename V, nm_optimizer kOptimizer>
NM_HD void update_step(const UpdateRule& rule, uint32_t kept, UpdateState<V>* state) {
  using Reg = typename V::Reg;
  Reg w = state->w, g = state->grad;
  const Reg pruned = V::keep(~kept, w);
  if (rule.mask_update) g = V::keep(kept, g);
  if (rule.placement == NM_IN_GRADIENT) g = V::fma(V::set1(rule.lambda), pruned, g);
  g = V::fma(V::set1(rule.gradient_decay), w, g);
  w = V::mul(V::set1(rule.weight_keep), w);
  Reg step = g;
  if (uses_first(kOptimizer, rule)) {
    state->first = V::fma(V::set1(rule.first_decay), state->first, V::mul(V::set1(rule.gradient_share), g));
    step = kOptimizer == NM_SGD && rule.nesterov ? V::fma(V::set1(rule.first_decay), state->first, g) : state->first;
  }
  // Adam divides the first moment by its bias correction, which is part of the rate, but not this term.
  if (rule.placement == NM_OUTSIDE_MOMENTS) step = V::fma(V::set1(rule.lambda * rule.outside_scale), pruned, step);
  if (kOptimizer != NM_SGD) {
    if (writes_second(kOptimizer, rule)) {
      const Reg square = V::mul(V::mul(V::set1(rule.second_share), g), g);
      state->second = V::fma(V::set1(rule.second_decay), state->second, square);
    }
    const Reg root = V::mul(V::sqrt(state->second), V::set1(rule.second_scale));
    step = V::div(step, V::add(root, V::set1(rule.eps)));
  }
  w = V::fma(V::set1(-rule.rate), step, w);
  if (rule.placement == NM_DECOUPLED) w = V::fma(V::set1(-rule.decoupled), pruned, w);
  state->w = rule.mask_update ? V::keep(kept, w) : w;
}

}  // namespace
}  // namespace nm

#endif  // NM4J_TRAIN_UPDATE_MATH_INL_H_
