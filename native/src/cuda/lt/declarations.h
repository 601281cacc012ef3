// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What nm4j knows of cuSPARSELt's interface, in its own words, so that it builds without NVIDIA's header.
// test/cuda/real_header_check.cpp compares every line with that header where it is present.
//
// Valid for cuSPARSELt 0.6 to 0.10: these versions agree in names, arguments and enum values. They differ in the size
// of the opaque structs and in whether cusparseLtMatmulAlgSelectionDestroy exists (0.8 and newer, and must be called).
#ifndef NM4J_CUDA_LT_DECLARATIONS_H_
#define NM4J_CUDA_LT_DECLARATIONS_H_

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace nm {
namespace cuda {
namespace lt {

// cusparseStatus_t
enum class Status : int {
  kSuccess = 0,
  kNotInitialized = 1,
  kAllocFailed = 2,
  kInvalidValue = 3,
  kArchMismatch = 4,
  kMappingError = 5,
  kExecutionFailed = 6,
  kInternalError = 7,
  kMatrixTypeNotSupported = 8,
  kZeroPivot = 9,
  kNotSupported = 10,
  kInsufficientResources = 11
};

enum class Order : int { kColumn = 1, kRow = 2 };                  // cusparseOrder_t
enum class Operation : int { kNone = 0 };                          // cusparseOperation_t
enum class Property : int { kMajor = 0, kMinor = 1, kPatch = 2 };  // libraryPropertyType
enum class Sparsity : int { kHalf = 0 };                           // cusparseLtSparsity_t
enum class MatmulAlg : int { kDefault = 0 };                       // cusparseLtMatmulAlg_t

// cudaDataType
enum class DataType : int { kF32 = 0, kF16 = 2, kS8 = 3, kS32 = 10, kBf16 = 14, kE4m3 = 28, kE5m2 = 29 };

// cusparseComputeType. These numbers hold from 0.6 on; 0.5 and 0.4 had others, hence the gate on the version.
enum class ComputeType : int { k32I = 0, k32F = 2 };

// cusparseLtMatDescAttribute_t
enum class MatAttribute : int { kNumBatches = 0 /* int */, kBatchStride = 1 /* int64_t, elements */ };

// cusparseLtMatmulDescAttribute_t
enum class MatmulAttribute : int {
  kRelu = 0,         // int
  kGelu = 3,         // int
  kAlphaVector = 5,  // int
  kBetaVector = 6,   // int; with an alpha vector only
  kBiasStride = 7,   // int64_t, elements
  kBiasPointer = 8   // void*
};

// cusparseLtMatmulAlgAttribute_t; all are int, the mode an enum.
enum class AlgAttribute : int {
  kConfigId = 0,
  kConfigMaxId = 1,
  kSearchIterations = 2,
  kSplitK = 3,
  kSplitKMode = 4,
  kSplitKBuffers = 5
};

// The opaque structs. Their sizes were 11024 bytes in 0.5, 13072 in 0.6, and are 512 since 0.7, of which 0.8 aligns
// them to 16 bytes: this is enough for all, and for some versions to come. The library keeps pointers to them, so they
// are never moved.
constexpr size_t kOpaqueBytes = 16384;
template <int Kind>
struct alignas(64) Opaque {
  Opaque() = default;
  Opaque(const Opaque&) = delete;
  Opaque& operator=(const Opaque&) = delete;
  unsigned char bytes[kOpaqueBytes] = {};
};
using Handle = Opaque<0>;            // cusparseLtHandle_t
using MatDescriptor = Opaque<1>;     // cusparseLtMatDescriptor_t
using MatmulDescriptor = Opaque<2>;  // cusparseLtMatmulDescriptor_t
using AlgSelection = Opaque<3>;      // cusparseLtMatmulAlgSelection_t
using Plan = Opaque<4>;              // cusparseLtMatmulPlan_t

// X(name without the prefix cusparseLt, result, arguments): every function that nm4j calls.
#define NM_LT_FUNCTIONS(X)                                                                                            \
  X(Init, Status, (Handle*))                                                                                          \
  X(Destroy, Status, (const Handle*))                                                                                 \
  X(GetProperty, Status, (Property, int*))                                                                            \
  X(DenseDescriptorInit, Status,                                                                                      \
    (const Handle*, MatDescriptor*, int64_t, int64_t, int64_t, uint32_t, DataType, Order))                            \
  X(StructuredDescriptorInit, Status,                                                                                 \
    (const Handle*, MatDescriptor*, int64_t, int64_t, int64_t, uint32_t, DataType, Order, Sparsity))                  \
  X(MatDescriptorDestroy, Status, (const MatDescriptor*))                                                             \
  X(MatDescSetAttribute, Status, (const Handle*, MatDescriptor*, MatAttribute, const void*, size_t))                  \
  X(MatmulDescriptorInit, Status,                                                                                     \
    (const Handle*, MatmulDescriptor*, Operation, Operation, const MatDescriptor*, const MatDescriptor*,              \
     const MatDescriptor*, const MatDescriptor*, ComputeType))                                                        \
  X(MatmulDescSetAttribute, Status, (const Handle*, MatmulDescriptor*, MatmulAttribute, const void*, size_t))         \
  X(MatmulAlgSelectionInit, Status, (const Handle*, AlgSelection*, const MatmulDescriptor*, MatmulAlg))               \
  X(MatmulAlgSetAttribute, Status, (const Handle*, AlgSelection*, AlgAttribute, const void*, size_t))                 \
  X(MatmulAlgGetAttribute, Status, (const Handle*, const AlgSelection*, AlgAttribute, void*, size_t))                 \
  X(MatmulPlanInit, Status, (const Handle*, Plan*, const MatmulDescriptor*, const AlgSelection*))                     \
  X(MatmulPlanDestroy, Status, (const Plan*))                                                                         \
  X(MatmulGetWorkspace, Status, (const Handle*, const Plan*, size_t*))                                                \
  X(Matmul, Status,                                                                                                   \
    (const Handle*, const Plan*, const void*, const void*, const void*, const void*, const void*, void*, void*,       \
     cudaStream_t*, int32_t))                                                                                         \
  X(MatmulSearch, Status,                                                                                             \
    (const Handle*, Plan*, const void*, const void*, const void*, const void*, const void*, void*, void*,             \
     cudaStream_t*, int32_t))                                                                                         \
  X(SpMMAPruneCheck2, Status, (const Handle*, const MatDescriptor*, int, Operation, const void*, int*, cudaStream_t)) \
  X(SpMMACompressedSize, Status, (const Handle*, const Plan*, size_t*, size_t*))                                      \
  X(SpMMACompressedSize2, Status, (const Handle*, const MatDescriptor*, size_t*, size_t*))                            \
  X(SpMMACompress2, Status,                                                                                           \
    (const Handle*, const MatDescriptor*, int, Operation, const void*, void*, void*, cudaStream_t))

struct Functions {
#define NM_LT_MEMBER(name, result, arguments) result(*name) arguments;
  NM_LT_FUNCTIONS(NM_LT_MEMBER)
#undef NM_LT_MEMBER
  Status (*MatmulAlgSelectionDestroy)(const AlgSelection*);  // NULL in 0.6 and 0.7
};

}  // namespace lt
}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_LT_DECLARATIONS_H_
