// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The object behind nm_cuda_weights.
#ifndef NM4J_CUDA_LT_WEIGHTS_H_
#define NM4J_CUDA_LT_WEIGHTS_H_

#include <map>
#include <mutex>

#include "cuda/lt/descriptor.h"
#include "cuda/runtime/event.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"

struct nm_cuda_weights {
  int32_t device;
  int64_t rows, cols, count;
  int32_t n, m, dtype;
  int64_t padded_rows, padded_cols;

  // The mutex guards all that follows. Products look at it too, hence mutable.
  mutable std::mutex mutex;
  bool set = false, column_major = false;
  nm::cuda::DeviceBuffer compressed;
  nm::cuda::Event ready;                                 // after the last compression
  mutable std::map<cudaStream_t, nm::cuda::Event> used;  // after the last product on each stream
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

// Queues on the stream that it waits for the contents, and after a product that later contents wait for it. Mutex held.
int32_t wait_for_weights(const nm_cuda_weights& weights, cudaStream_t stream);
int32_t note_use(const nm_cuda_weights& weights, cudaStream_t stream);

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_WEIGHTS_H_
