// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// A checked product, laid out for cuSPARSELt: its kind, and where each operand lies.
#ifndef NM4J_CUDA_LT_PRODUCT_H_
#define NM4J_CUDA_LT_PRODUCT_H_

#include "cuda/lt/problem.h"
#include "cuda/lt/staging.h"
#include "cuda/lt/types.h"
#include "cuda/lt/weights.h"

namespace nm {
namespace cuda {
namespace lt {

struct Layout {
  const Types* types;
  Problem problem;
  View x, y, c;                                 // caller memory
  Placement x_place, y_place, c_place;          // for the library
  int64_t bias_offset = -1, scale_offset = -1;  // in scratch memory, or -1: as they lie
  int64_t beta_offset = -1;                     // of a vector of betas, or -1: there is none
  int64_t scratch_bytes = 0;

  int32_t copies() const;  // nm_cuda_copied
};

// NM_UNSUPPORTED where an operand, padded, is too large. The product has been checked otherwise and is not empty.
int32_t lay_out(const nm_cuda_weights& weights, const nm_cuda_product& product, Layout* layout);

// Queues it. The stream's device is current, its mutex and that of the weights are held.
int32_t multiply(const nm_cuda_weights& weights, const nm_cuda_product& product, nm_cuda_stream* stream);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_PRODUCT_H_
