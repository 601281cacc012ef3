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

void MoveOneBit(BitMask* kept, std::vector<double>* real, double factor, Random& random) {
  const int64_t cols = kept->cols();
  int64_t row, from;
  do {
    row = random.Int(0, kept->rows() - 1);
    from = random.Int(0, cols - 1);
  } while (!kept->Get(row, from) || (*real)[row * cols + from] == 0);
  int64_t to = from / 4 * 4;
  while (kept->Get(row, to)) ++to;
  kept->Set(row, from, false);
  kept->Set(row, to);
  (*real)[row * cols + to] = (*real)[row * cols + from] * factor;
}

}  // namespace nm4j_test
