// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// A kind of product: everything that shapes a plan of cuSPARSELt, and on which the choice of an algorithm depends.
#ifndef NM4J_CUDA_LT_PROBLEM_H_
#define NM4J_CUDA_LT_PROBLEM_H_

#include <array>
#include <cstdint>
#include <cstring>

namespace nm {
namespace cuda {
namespace lt {

// D (m x n) = A (m x k, sparse) B (k x n), sizes legal for cuSPARSELt. Nothing but int64_t, so that it can be compared,
// hashed and written out as a row of numbers.
struct Problem {
  int64_t m, n, k;
  int64_t a_type, d_type;  // nm_dtype, nm_cuda_dtype
  int64_t a_column_major, b_column_major, d_column_major;
  int64_t ldb, ldd;  // A has no gaps
  int64_t count, a_count, b_stride, c_stride, d_stride;
  int64_t activation, has_bias, has_vectors, accumulates;  // factors by feature; beta != 0
};

constexpr size_t kProblemFields = sizeof(Problem) / sizeof(int64_t);
using ProblemFields = std::array<int64_t, kProblemFields>;
static_assert(sizeof(ProblemFields) == sizeof(Problem));

inline ProblemFields fields_of(const Problem& problem) {
  ProblemFields fields;
  std::memcpy(fields.data(), &problem, sizeof fields);
  return fields;
}

// One of cuSPARSELt's ways to compute a product. -1: as the library chooses.
struct Choice {
  int32_t config = 0, split_k = -1, split_k_mode = -1, split_k_buffers = -1;
};

inline bool operator==(const Choice& a, const Choice& b) {
  return a.config == b.config && a.split_k == b.split_k && a.split_k_mode == b.split_k_mode &&
         a.split_k_buffers == b.split_k_buffers;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_PROBLEM_H_
