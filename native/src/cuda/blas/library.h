// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// cuBLAS, opened at run time, once per process: dense products, for what no mask makes sparse. What nm4j knows of its
// interface, which has been the same since 11.0.
#ifndef NM4J_CUDA_BLAS_LIBRARY_H_
#define NM4J_CUDA_BLAS_LIBRARY_H_

#include <cuda_runtime_api.h>

#include <string>

#include "cuda/runtime/device.h"

namespace nm {
namespace cuda {
namespace blas {

using Handle = void*;  // cublasHandle_t

enum class Status : int { kSuccess = 0, kAllocFailed = 3 };    // cublasStatus_t
enum class Operation : int { kNone = 0, kTranspose = 1 };      // cublasOperation_t
enum class DataType : int { kF32 = 0, kF16 = 2, kBf16 = 14 };  // cudaDataType
enum class Compute : int { k32F = 68 };                        // cublasComputeType_t: fp32 is multiplied as fp32
enum class Algorithm : int { kDefault = -1 };                  // cublasGemmAlgo_t
enum class Property : int { kMajor = 0, kMinor = 1 };          // libraryPropertyType

struct Functions {
  Status (*GetProperty)(Property property, int* value);
  Status (*Create)(Handle* handle);
  Status (*Destroy)(Handle handle);
  Status (*SetStream)(Handle handle, cudaStream_t stream);
  // Column by column, C = alpha op(A) op(B) + beta C; alpha and beta are floats on the host.
  Status (*GemmEx)(Handle handle, Operation op_a, Operation op_b, int m, int n, int k, const void* alpha, const void* a,
                   DataType type_a, int lda, const void* b, DataType type_b, int ldb, const void* beta, void* c,
                   DataType type_c, int ldc, Compute compute, Algorithm algorithm);
};

struct Library {
  Availability availability;
  Functions functions;
};

// Opened by the first call; never closed, since streams hold handles of it.
const Library& library();

// NM_OK for kSuccess, NM_OUT_OF_MEMORY, else NM_CUDA_FAILURE.
int32_t check_blas(Status status, const char* call);

// A handle for the current device's stream, and its end; NM_CUDA_UNAVAILABLE where there is no cuBLAS.
int32_t create(cudaStream_t stream, Handle* out);
int32_t destroy(Handle handle);

}  // namespace blas
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_BLAS_LIBRARY_H_
