// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Weights in host memory, checked and brought into the shape that cuSPARSELt compresses.
#ifndef NM4J_CUDA_LT_HOST_WEIGHTS_H_
#define NM4J_CUDA_LT_HOST_WEIGHTS_H_

#include <vector>

#include "cuda/lt/weights.h"

namespace nm {
namespace cuda {
namespace lt {

// Row-major matrices, `stride` elements apart, of the weights' type or NM_F32; the mask, or NULL for all non-zeros.
struct HostWeights {
  const void* dense;
  int32_t dtype;
  int64_t ld, stride;
  const uint8_t* mask;
};

// Rows padded and without gaps, of the weights' type. NM_PATTERN_BREACH names the first position.
int32_t encode_weights(const nm_cuda_weights& weights, const HostWeights& from, std::vector<unsigned char>* out);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_HOST_WEIGHTS_H_
