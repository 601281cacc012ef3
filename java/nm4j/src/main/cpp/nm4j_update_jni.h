/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A training step as both bindings take it: three arrays in the order of org.nm4j.train.Step.
 */
#ifndef NM4J_UPDATE_JNI_H_
#define NM4J_UPDATE_JNI_H_

#include "nm4j/nm4j.h"

inline nm_update nm4j_update(const int64_t* integers, const double* numbers, const int64_t* addresses) {
  const auto integer = [&] { return static_cast<int32_t>(*integers++); };
  const auto number = [&] { return static_cast<float>(*numbers++); };
  const auto address = [&] { return reinterpret_cast<void*>(*addresses++); };
  nm_update u = {};
  u.rows = *integers++;
  u.cols = *integers++;
  u.group_stride = *integers++;
  u.step = *integers++;
  u.mask_seed = *integers++;
  u.n = integer();
  u.m = integer();
  u.mask_kind = integer();
  u.mask_v = integer();
  u.optimizer = integer();
  u.placement = integer();
  u.flags = integer();
  u.lr = number();
  u.weight_decay = number();
  u.momentum = number();
  u.dampening = number();
  u.beta1 = number();
  u.beta2 = number();
  u.eps = number();
  u.lambda = number();
  u.pruned_factor = number();
  u.w = static_cast<float*>(address());
  u.grad = static_cast<const float*>(address());
  u.first = static_cast<float*>(address());
  u.second = static_cast<float*>(address());
  u.mask = static_cast<uint8_t*>(address());
  u.masked = static_cast<float*>(address());
  u.masked_bf16 = static_cast<uint16_t*>(address());
  u.scores = static_cast<const float*>(address());
  return u;
}

#endif /* NM4J_UPDATE_JNI_H_ */
