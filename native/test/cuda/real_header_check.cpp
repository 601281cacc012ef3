/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compares nm4j's declarations of cuSPARSELt with NVIDIA's header: every prototype, enum value and size. It compiles or
 * it does not; there is nothing to run. scripts/cuda.sh compiles it where the header is at hand (cuSPARSELt 0.8 and
 * newer), with the include paths of the CUDA toolkit, of cuSPARSELt and of native/src.
 */
#include <cusparseLt.h>
#include <library_types.h>

#include <type_traits>

#include "cuda/lt/declarations.h"

namespace nm {
namespace cuda {
namespace lt {

// From our types to NVIDIA's.
template <typename T>
struct Theirs {
  using type = T;
};
template <typename T>
struct Theirs<const T> {
  using type = const typename Theirs<T>::type;
};
template <typename T>
struct Theirs<T*> {
  using type = typename Theirs<T>::type*;
};
template <typename Result, typename... Arguments>
struct Theirs<Result (*)(Arguments...)> {
  using type = typename Theirs<Result>::type (*)(typename Theirs<Arguments>::type...);
};
#define NM_SAME(ours, theirs) \
  template <>                 \
  struct Theirs<ours> {       \
    using type = theirs;      \
  };                          \
  static_assert(!std::is_enum_v<theirs> || sizeof(ours) == sizeof(theirs), #ours)
NM_SAME(Status, cusparseStatus_t);
NM_SAME(Order, cusparseOrder_t);
NM_SAME(Operation, cusparseOperation_t);
NM_SAME(Property, libraryPropertyType);
NM_SAME(Sparsity, cusparseLtSparsity_t);
NM_SAME(MatmulAlg, cusparseLtMatmulAlg_t);
NM_SAME(DataType, cudaDataType);
NM_SAME(ComputeType, cusparseComputeType);
NM_SAME(MatAttribute, cusparseLtMatDescAttribute_t);
NM_SAME(MatmulAttribute, cusparseLtMatmulDescAttribute_t);
NM_SAME(AlgAttribute, cusparseLtMatmulAlgAttribute_t);
NM_SAME(Handle, cusparseLtHandle_t);
NM_SAME(MatDescriptor, cusparseLtMatDescriptor_t);
NM_SAME(MatmulDescriptor, cusparseLtMatmulDescriptor_t);
NM_SAME(AlgSelection, cusparseLtMatmulAlgSelection_t);
NM_SAME(Plan, cusparseLtMatmulPlan_t);

// Prototypes.
#define NM_CHECK_FUNCTION(name, result, arguments) \
  static_assert(std::is_same_v<typename Theirs<result(*) arguments>::type, decltype(&cusparseLt##name)>, #name);
NM_LT_FUNCTIONS(NM_CHECK_FUNCTION)
static_assert(std::is_same_v<typename Theirs<decltype(Functions::MatmulAlgSelectionDestroy)>::type,
                             decltype(&cusparseLtMatmulAlgSelectionDestroy)>);

// Opaque structs.
#define NM_CHECK_STRUCT(ours, theirs) \
  static_assert(sizeof(ours) >= sizeof(theirs) && alignof(ours) % alignof(theirs) == 0, #ours)
NM_CHECK_STRUCT(Handle, cusparseLtHandle_t);
NM_CHECK_STRUCT(MatDescriptor, cusparseLtMatDescriptor_t);
NM_CHECK_STRUCT(MatmulDescriptor, cusparseLtMatmulDescriptor_t);
NM_CHECK_STRUCT(AlgSelection, cusparseLtMatmulAlgSelection_t);
NM_CHECK_STRUCT(Plan, cusparseLtMatmulPlan_t);

// Enum values.
#define NM_CHECK_VALUE(ours, theirs) static_assert(static_cast<int>(ours) == static_cast<int>(theirs), #ours)
NM_CHECK_VALUE(Status::kSuccess, CUSPARSE_STATUS_SUCCESS);
NM_CHECK_VALUE(Status::kNotInitialized, CUSPARSE_STATUS_NOT_INITIALIZED);
NM_CHECK_VALUE(Status::kAllocFailed, CUSPARSE_STATUS_ALLOC_FAILED);
NM_CHECK_VALUE(Status::kInvalidValue, CUSPARSE_STATUS_INVALID_VALUE);
NM_CHECK_VALUE(Status::kArchMismatch, CUSPARSE_STATUS_ARCH_MISMATCH);
NM_CHECK_VALUE(Status::kMappingError, CUSPARSE_STATUS_MAPPING_ERROR);
NM_CHECK_VALUE(Status::kExecutionFailed, CUSPARSE_STATUS_EXECUTION_FAILED);
NM_CHECK_VALUE(Status::kInternalError, CUSPARSE_STATUS_INTERNAL_ERROR);
NM_CHECK_VALUE(Status::kMatrixTypeNotSupported, CUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED);
NM_CHECK_VALUE(Status::kZeroPivot, CUSPARSE_STATUS_ZERO_PIVOT);
NM_CHECK_VALUE(Status::kNotSupported, CUSPARSE_STATUS_NOT_SUPPORTED);
NM_CHECK_VALUE(Status::kInsufficientResources, CUSPARSE_STATUS_INSUFFICIENT_RESOURCES);
NM_CHECK_VALUE(Order::kColumn, CUSPARSE_ORDER_COL);
NM_CHECK_VALUE(Order::kRow, CUSPARSE_ORDER_ROW);
NM_CHECK_VALUE(Operation::kNone, CUSPARSE_OPERATION_NON_TRANSPOSE);
NM_CHECK_VALUE(Property::kMajor, MAJOR_VERSION);
NM_CHECK_VALUE(Property::kMinor, MINOR_VERSION);
NM_CHECK_VALUE(Property::kPatch, PATCH_LEVEL);
NM_CHECK_VALUE(Sparsity::kHalf, CUSPARSELT_SPARSITY_50_PERCENT);
NM_CHECK_VALUE(MatmulAlg::kDefault, CUSPARSELT_MATMUL_ALG_DEFAULT);
NM_CHECK_VALUE(DataType::kF32, CUDA_R_32F);
NM_CHECK_VALUE(DataType::kF16, CUDA_R_16F);
NM_CHECK_VALUE(DataType::kS8, CUDA_R_8I);
NM_CHECK_VALUE(DataType::kS32, CUDA_R_32I);
NM_CHECK_VALUE(DataType::kBf16, CUDA_R_16BF);
NM_CHECK_VALUE(DataType::kE4m3, CUDA_R_8F_E4M3);
NM_CHECK_VALUE(DataType::kE5m2, CUDA_R_8F_E5M2);
NM_CHECK_VALUE(ComputeType::k32I, CUSPARSE_COMPUTE_32I);
NM_CHECK_VALUE(ComputeType::k32F, CUSPARSE_COMPUTE_32F);
NM_CHECK_VALUE(MatAttribute::kNumBatches, CUSPARSELT_MAT_NUM_BATCHES);
NM_CHECK_VALUE(MatAttribute::kBatchStride, CUSPARSELT_MAT_BATCH_STRIDE);
NM_CHECK_VALUE(MatmulAttribute::kRelu, CUSPARSELT_MATMUL_ACTIVATION_RELU);
NM_CHECK_VALUE(MatmulAttribute::kGelu, CUSPARSELT_MATMUL_ACTIVATION_GELU);
NM_CHECK_VALUE(MatmulAttribute::kAlphaVector, CUSPARSELT_MATMUL_ALPHA_VECTOR_SCALING);
NM_CHECK_VALUE(MatmulAttribute::kBetaVector, CUSPARSELT_MATMUL_BETA_VECTOR_SCALING);
NM_CHECK_VALUE(MatmulAttribute::kBiasStride, CUSPARSELT_MATMUL_BIAS_STRIDE);
NM_CHECK_VALUE(MatmulAttribute::kBiasPointer, CUSPARSELT_MATMUL_BIAS_POINTER);
NM_CHECK_VALUE(AlgAttribute::kConfigId, CUSPARSELT_MATMUL_ALG_CONFIG_ID);
NM_CHECK_VALUE(AlgAttribute::kConfigMaxId, CUSPARSELT_MATMUL_ALG_CONFIG_MAX_ID);
NM_CHECK_VALUE(AlgAttribute::kSearchIterations, CUSPARSELT_MATMUL_SEARCH_ITERATIONS);
NM_CHECK_VALUE(AlgAttribute::kSplitK, CUSPARSELT_MATMUL_SPLIT_K);
NM_CHECK_VALUE(AlgAttribute::kSplitKMode, CUSPARSELT_MATMUL_SPLIT_K_MODE);
NM_CHECK_VALUE(AlgAttribute::kSplitKBuffers, CUSPARSELT_MATMUL_SPLIT_K_BUFFERS);

}  // namespace lt
}  // namespace cuda
}  // namespace nm
