/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_WEIGHTS_H_
#define NM4J_TEST_SUPPORT_WEIGHTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/matrix.h"
#include "support/random.h"

namespace nm4j_test {

// Patterns that differ in what they ask of a kernel: those hardware knows, powers of two, odd lengths, a group of one
// to keep, a group of one to drop, and the longest group.
inline constexpr Pattern kPatterns[] = {{2, 4}, {1, 4}, {4, 8}, {1, 16}, {3, 5}, {7, 9}, {1, 32}, {31, 32}, {1, 2}};
inline constexpr int32_t kWorkloads[] = {NM_SMALL_BATCH, NM_LARGE_BATCH, NM_ANY_BATCH};
inline constexpr int32_t kLayouts[] = {NM_FEATURE_MAJOR, NM_BATCH_MAJOR};

struct FreeMatrix {
  void operator()(nm_matrix* a) const { nm_matrix_free(a); }
};
using Handle = std::unique_ptr<nm_matrix, FreeMatrix>;

// A matrix without rows yet.
Handle Create(int64_t rows, int64_t cols, Pattern p, int32_t workload);

// Dense weights with a mask that keeps at most N in each group.
struct Weights {
  FloatMatrix w;
  BitMask mask;
  Pattern pattern;

  int64_t rows() const { return w.rows(); }
  int64_t cols() const { return w.cols(); }
  Handle Pack(int32_t workload) const;
};

// Non-zero small integers (products and sums stay exact in fp32), also where the mask drops them.
Weights IntegerWeights(int64_t rows, int64_t cols, Pattern p, Random& random);

// For tests of the tests: moves the bit of a kept weight that is not 0, drawn at random, to a free column of its group
// of 4. There the weight is `factor` times as large.
void MoveOneBit(BitMask* kept, std::vector<double>* real, double factor, Random& random);

// Uniform in [-1, 1).
Weights RealWeights(int64_t rows, int64_t cols, Pattern p, Random& random);

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_WEIGHTS_H_
