// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The object behind nm_cuda_stream: a CUDA stream and the scratch memory of the products on it.
#ifndef NM4J_CUDA_RUNTIME_STREAM_H_
#define NM4J_CUDA_RUNTIME_STREAM_H_

#include <mutex>

#include "cuda/blas/library.h"
#include "cuda/runtime/memory.h"

struct nm_cuda_stream {
  int32_t device;
  cudaStream_t raw;
  bool owned;
  std::mutex mutex;                  // held while work that shares the memory is queued
  nm::cuda::DeviceBuffer scratch;    // operands on their way
  nm::cuda::DeviceBuffer workspace;  // what cuSPARSELt asks for; apart, so that the addresses in scratch stay
  nm::cuda::blas::Handle blas;       // of cuBLAS, made when it is needed first: its own memory is for one stream
};

namespace nm {
namespace cuda {

int32_t check_stream(const nm_cuda_stream* stream);

// At least `bytes`; the stream's device is current, its mutex held. Contents do not survive. Work already queued may
// still use the old memory, hence the wait before it is replaced.
int32_t reserve_scratch(nm_cuda_stream* stream, int64_t bytes);
int32_t reserve_workspace(nm_cuda_stream* stream, int64_t bytes);

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_RUNTIME_STREAM_H_
