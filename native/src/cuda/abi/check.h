// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Argument checks that weights, products and kernels share, beside those of abi/check.h.
#ifndef NM4J_CUDA_ABI_CHECK_H_
#define NM4J_CUDA_ABI_CHECK_H_

#include "abi/check.h"
#include "cuda/lt/weights.h"

namespace nm {
namespace cuda {

// `count` matrices of lines x width elements, `stride` apart, in one span.
int32_t check_matrices(const char* name, const void* data, int64_t lines, int64_t width, int64_t ld, int64_t count,
                       int64_t stride, int64_t element, Span* span);

int32_t check_layout(const char* name, int32_t layout);

// The Y of a product, lines x width elements each: one after the other, or as columns of one wide buffer.
int32_t check_separate_results(const nm_cuda_product& product, int64_t lines, int64_t width);

int32_t check_same_device(const nm_cuda_weights* weights, const nm_cuda_stream* stream);

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_ABI_CHECK_H_
