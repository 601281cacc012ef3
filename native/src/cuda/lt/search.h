// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The search for the fastest algorithm that is also right.
#ifndef NM4J_CUDA_LT_SEARCH_H_
#define NM4J_CUDA_LT_SEARCH_H_

#include "cuda/lt/product.h"

namespace nm {
namespace cuda {
namespace lt {

// Blocks. The stream's device is current, its mutex and that of the weights are held.
int32_t search(const nm_cuda_weights& weights, const nm_cuda_product& product, nm_cuda_stream* stream,
               int32_t iterations, int32_t runs, nm_cuda_algorithm* found);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_SEARCH_H_
