// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/runtime/error.h"

namespace nm {
namespace cuda {

int32_t check_cuda(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return NM_OK;
  cudaGetLastError();
  if (error == cudaErrorMemoryAllocation) return fail(NM_OUT_OF_MEMORY, "%s: out of device memory", call);
  return fail(NM_CUDA_FAILURE, "%s: %s (%s)", call, cudaGetErrorName(error), cudaGetErrorString(error));
}

}  // namespace cuda
}  // namespace nm
