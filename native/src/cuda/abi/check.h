// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Argument checks that weights and products share, beside those of abi/check.h.
#ifndef NM4J_CUDA_ABI_CHECK_H_
#define NM4J_CUDA_ABI_CHECK_H_

#include "abi/check.h"
#include "cuda/lt/weights.h"

namespace nm {
namespace cuda {

// `count` matrices of lines x width elements, `stride` apart, in one span.
int32_t check_matrices(const char* name, const void* data, int64_t lines, int64_t width, int64_t ld, int64_t count,
                       int64_t stride, int64_t element, Span* span);

int32_t check_same_device(const nm_cuda_weights* weights, const nm_cuda_stream* stream);

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_ABI_CHECK_H_
