// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Launch of SR-STE's term.
#include "cuda/kernels/kernels.h"
#include "cuda/kernels/regularize.h"

namespace nm {
namespace cuda {

int launch_regularize(Stream stream, const float* w, const uint8_t* mask, int64_t rows, int64_t cols, float lambda,
                      float* grad) {
  const Extent e = extent(rows, cols, true, Regularize::kChunk);
  return launch(chunk_grid(e.rows, e.cols, Regularize::kChunk), stream,
                Regularize{w, mask, e.rows, e.cols, lambda, grad});
}

}  // namespace cuda
}  // namespace nm
