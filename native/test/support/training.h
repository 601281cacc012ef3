/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_TRAINING_H_
#define NM4J_TEST_SUPPORT_TRAINING_H_

#include <algorithm>
#include <cstdint>

#include "support/guarded_buffer.h"
#include "support/matrix.h"
#include "support/random.h"
#include "support/status.h"

namespace nm4j_test {

// Everything a step touches, in guarded memory.
struct Training {
  Training(int64_t rows_, int64_t cols_, Pattern pattern, Placement placement = Placement::kBeforeGuard)
      : rows(rows_),
        cols(cols_),
        w(rows_ * cols_, placement),
        grad(rows_ * cols_, placement),
        first(rows_ * cols_, placement),
        second(rows_ * cols_, placement),
        masked(rows_ * cols_, placement),
        bf16(rows_ * cols_, placement),
        mask(rows_, cols_, placement) {
    update.rows = rows;
    update.cols = cols;
    update.n = pattern.n;
    update.m = pattern.m;
    update.group_stride = 1;
    update.step = 1;
    update.lr = 0.1f;
    update.beta1 = 0.9f;
    update.beta2 = 0.999f;
    update.eps = 1e-8f;
    update.w = w.data();
    update.grad = grad.data();
    update.first = first.data();
    update.second = second.data();
    update.mask = mask.data();
    update.masked = masked.data();
    update.masked_bf16 = bf16.data();
    std::fill(first.begin(), first.end(), 0.0f);
    std::fill(second.begin(), second.end(), 0.0f);
  }

  void Draw(Random& random) {
    for (float& value : w) value = random.Uniform();
    NewGradient(random);
    Require(
        nm_mask_magnitude_strided_f32(w.data(), rows, cols, update.n, update.m, update.group_stride, 0, mask.data()));
  }
  void NewGradient(Random& random) {
    for (float& value : grad) value = random.Uniform();
  }
  int64_t Step() {
    int64_t flips = -1;
    Require(nm_update_rows(&update, 0, rows, &flips));
    return flips;
  }

  int64_t rows, cols;
  GuardedBuffer<float> w, grad, first, second, masked;
  GuardedBuffer<uint16_t> bf16;
  BitMask mask;
  nm_update update = {};
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_TRAINING_H_
