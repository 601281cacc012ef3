/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/weights.h"

#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {

Handle Create(int64_t rows, int64_t cols, Pattern p, int32_t workload) {
  nm_matrix* a = nullptr;
  Require(nm_matrix_create(rows, cols, p.n, p.m, NM_F32, workload, &a));
  return Handle(a);
}

Handle Weights::Pack(int32_t workload) const {
  Handle a = Create(rows(), cols(), pattern, workload);
  Require(nm_matrix_set_rows_f32(a.get(), 0, rows(), w.data(), w.ld(), mask.data(), 0));
  Require(nm_matrix_seal(a.get()));
  return a;
}

Weights IntegerWeights(int64_t rows, int64_t cols, Pattern p, Random& random) {
  Weights weights{FloatMatrix(rows, cols), RandomMask(rows, cols, p, random), p};
  weights.w.Fill([&](int64_t, int64_t) { return random.SmallInteger(); });
  return weights;
}

Weights RealWeights(int64_t rows, int64_t cols, Pattern p, Random& random) {
  Weights weights{FloatMatrix(rows, cols), RandomMask(rows, cols, p, random), p};
  weights.w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
  return weights;
}

}  // namespace nm4j_test
