// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// One optimiser step of a strip of weights: what each instruction set does in its own way.
#ifndef NM4J_TRAIN_UPDATE_H_
#define NM4J_TRAIN_UPDATE_H_

#include <cstdint>

#include "nm4j/nm4j.h"

namespace nm {

// The numbers of a step, worked out once.
struct UpdateRule {
  nm_optimizer optimizer;
  nm_placement placement;
  bool mask_update, freeze_second, nesterov;
  bool use_momentum;     // SGD keeps a buffer
  float gradient_share;  // of the gradient in the momentum buffer or first moment
  float first_decay;     // what remains of the buffer or first moment
  float second_decay, second_share;
  float rate;          // lr, for Adam over the bias correction of the first moment
  float second_scale;  // 1 / sqrt of the bias correction of the second moment
  float eps;
  float gradient_decay;  // weight decay that goes through the gradient
  float weight_keep;     // 1 - lr * decay where it does not (AdamW)
  float lambda;
  float outside_scale;  // of lambda outside the moments: the bias correction that `rate` divides by
  float decoupled;      // lr * lambda, if decoupled
};

// Rows or parts of rows; mask bits begin at the first bit of `mask`.
struct UpdateStrip {
  int64_t count;
  float* w;
  const float* grad;
  float* first;   // or NULL
  float* second;  // or NULL
  const uint8_t* mask;
};

using RunUpdate = void(const UpdateRule&, const UpdateStrip&);
RunUpdate update_strip_scalar, update_strip_avx2, update_strip_avx512;

// masked (and its bf16 copy, either may be NULL) = w where the mask keeps, factor * w elsewhere.
using RunMasked = void(const float* w, const uint8_t* mask, int64_t count, float factor, float* masked,
                       uint16_t* masked_bf16);
RunMasked masked_strip_scalar, masked_strip_avx2, masked_strip_avx512;

// out = scale * sign(w) max(|w| - threshold, 0).
using RunSoft = void(const float* w, const float* threshold, int64_t count, float scale, float* out);
RunSoft soft_strip_scalar, soft_strip_avx2, soft_strip_avx512;

// grad += lambda * w where the mask prunes.
using RunRegularize = void(const float* w, const uint8_t* mask, int64_t count, float lambda, float* grad);
RunRegularize regularize_strip_scalar, regularize_strip_avx2, regularize_strip_avx512;

struct UpdateOps {
  RunUpdate* update;
  RunMasked* masked;
  RunSoft* soft;
  RunRegularize* regularize;
};
const UpdateOps& update_ops(nm_isa limit);

}  // namespace nm

#endif  // NM4J_TRAIN_UPDATE_H_
