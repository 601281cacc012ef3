// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The object behind nm_cuda_weights.
#ifndef NM4J_CUDA_LT_WEIGHTS_H_
#define NM4J_CUDA_LT_WEIGHTS_H_

#include <mutex>

#include "cuda/lt/descriptor.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"
#include "cuda/runtime/usage.h"

struct nm_cuda_weights {
  int32_t device;
  int64_t rows, cols, count;
  int32_t n, m, dtype;
  int64_t padded_rows, padded_cols;

  // The mutex guards all that follows. Products look at it too, hence mutable.
  mutable std::mutex mutex;
  bool set = false, column_major = false;
  nm::cuda::DeviceBuffer compressed;
  mutable nm::cuda::Usage usage;
};

namespace nm {
namespace cuda {
namespace lt {

// The weights as cuSPARSELt describes them when compressed.
Matrix weights_matrix(const nm_cuda_weights& weights, bool column_major);

// Dense weights in device memory: `count` matrices of rows x cols, `stride` elements apart.
struct DenseWeights {
  const void* data;
  int64_t rows, cols, ld, stride;
  bool column_major;
};

// The stream's device is current, its mutex and that of the weights are held.
int32_t compress_weights(nm_cuda_weights* weights, nm_cuda_stream* stream, const DenseWeights& dense, bool check);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_WEIGHTS_H_
