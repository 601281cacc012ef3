// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Failures of the CUDA runtime become statuses with a message.
#ifndef NM4J_CUDA_RUNTIME_ERROR_H_
#define NM4J_CUDA_RUNTIME_ERROR_H_

#include <cuda_runtime_api.h>

#include "abi/status.h"
#include "nm4j/nm4j_cuda.h"

namespace nm {
namespace cuda {

// NM_OK for cudaSuccess. Takes the error off the thread, so that it is not found again by whoever calls CUDA next; an
// error that the device cannot recover from comes back by itself.
int32_t check_cuda(cudaError_t error, const char* call);

}  // namespace cuda
}  // namespace nm

// Returns from the enclosing function when the CUDA call fails: NM_CUDA_TRY(cudaFree, memory).
#define NM_CUDA_TRY(function, ...) NM_TRY(::nm::cuda::check_cuda(function(__VA_ARGS__), #function))

#endif  // NM4J_CUDA_RUNTIME_ERROR_H_
