// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What products and convolutions have in common: the types of their elements, and what happens to their sums. Both are
// described by an nm_product here, whose sizes and places do not matter.
#ifndef NM4J_ABI_OPERATION_H_
#define NM4J_ABI_OPERATION_H_

#include <cstdint>

#include "abi/check.h"
#include "cpu/kernel.h"

namespace nm {

// NM_S8 and NM_U8, which stand for scale * (integer - zero).
bool is_quantized(int32_t dtype);

int64_t element_bytes(int32_t dtype);

// The types of activations and results are known ones.
int32_t check_dtypes(const nm_product& p);

// Weights of this type, of which a row keeps `kept`, can be multiplied like that; has_kernel: by activations of p's
// type.
int32_t check_types(const nm_product& p, nm_dtype weights, bool has_kernel, int64_t kept);

// Activation, sums as results, and quantisation.
int32_t check_epilogue(const nm_product& p);

// Bias and feature_scale, apart from the results.
int32_t check_features(const nm_product& p, int64_t features, const Span& results);

// For the kernels; scales and sums of int8 weights, or NULL.
MultiplyArgs operation_args(const nm_product& p, const float* weight_scale, const int32_t* weight_sum);

}  // namespace nm

#endif  // NM4J_ABI_OPERATION_H_
