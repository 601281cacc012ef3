// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The numbers of cuSPARSELt's interface, written down a second time: the double shares nothing with the
// library under test, so that a wrong number on one side is seen.
#ifndef NM4J_DOUBLE_LT_NAMES_H_
#define NM4J_DOUBLE_LT_NAMES_H_

namespace nm4j_double {

enum Status {
  SUCCESS = 0,
  ALLOC_FAILED = 2,
  INVALID_VALUE = 3,
  ARCH_MISMATCH = 4,
  INTERNAL_ERROR = 7,
  NOT_SUPPORTED = 10
};
enum Order { COL = 1, ROW = 2 };
enum Operation { NON_TRANSPOSE = 0, TRANSPOSE = 1 };
enum Type { R_32F = 0, R_16F = 2, R_8I = 3, R_32I = 10, R_16BF = 14, R_8F_E4M3 = 28, R_8F_E5M2 = 29 };
enum Compute { COMPUTE_32I = 0, COMPUTE_16F = 1, COMPUTE_32F = 2 };
enum MatAttribute { NUM_BATCHES = 0, BATCH_STRIDE = 1 };
enum MatmulAttribute {
  RELU = 0,
  RELU_UPPERBOUND = 1,
  RELU_THRESHOLD = 2,
  GELU = 3,
  GELU_SCALING = 4,
  ALPHA_VECTOR = 5,
  BETA_VECTOR = 6,
  BIAS_STRIDE = 7,
  BIAS_POINTER = 8,
  SPARSE_MAT_POINTER = 9
};
enum AlgAttribute {
  CONFIG_ID = 0,
  CONFIG_MAX_ID = 1,
  SEARCH_ITERATIONS = 2,
  SPLIT_K = 3,
  SPLIT_K_MODE = 4,
  SPLIT_K_BUFFERS = 5
};

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_NAMES_H_
