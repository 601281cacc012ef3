// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What cuSPARSELt takes: its documented and measured rules, as statuses.
#ifndef NM4J_DOUBLE_LT_RULES_H_
#define NM4J_DOUBLE_LT_RULES_H_

#include <cstdint>

#include "lt/objects.h"

namespace nm4j_double {

// Shape, leading dimension, alignment and type of one matrix.
Status check_mat(int64_t rows, int64_t cols, int64_t ld, uint32_t alignment, int type, int order, bool structured);

// That four matrices make a product, whatever the device.
Status check_matmul(const MatmulObject& matmul, const MatObject& a, const MatObject& b, const MatObject& c,
                    const MatObject& d);

// That the device and the version multiply these types.
Status check_device(const MatmulObject& matmul, int type_a);

// Whether GELU may be set.
bool has_gelu(int type_a, int type_d);

// Type of the bias's entries.
int bias_type(int type_a, int type_c);

// How many configurations there are for a type.
int config_count(int type_a);

// Simulated time of a product.
double microseconds(int64_t m, int64_t n, int64_t k, int config, int split_k);

size_t workspace_bytes(int64_t m, int64_t n, int64_t batches, const AlgObject& alg);

// Of the compressed form of one matrix: values, metadata, and the temporary buffer. of_plan: as the plan asks, which
// may be less than as the descriptor asks.
struct CompressedBytes {
  int64_t values, metadata, temporary;
};
CompressedBytes compressed_bytes(const MatObject& mat, bool of_plan);

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_LT_RULES_H_
