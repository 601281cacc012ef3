// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/descriptor.h"

#include "cuda/lt/session.h"
#include "cuda/lt/types.h"

namespace nm {
namespace cuda {
namespace lt {

int32_t Descriptor::init(Session* session, const Matrix& matrix, bool structured) {
  const Functions& f = session->functions();
  const Handle* handle = session->handle();
  const auto alignment = static_cast<uint32_t>(kAlignment);
  if (structured) {
    NM_TRY(check_supported(f.StructuredDescriptorInit(handle, &opaque_, matrix.rows, matrix.cols, matrix.ld, alignment,
                                                      matrix.type, matrix.order, Sparsity::kHalf),
                           "cusparseLtStructuredDescriptorInit", session->device()));
  } else {
    NM_TRY(check_supported(f.DenseDescriptorInit(handle, &opaque_, matrix.rows, matrix.cols, matrix.ld, alignment,
                                                 matrix.type, matrix.order),
                           "cusparseLtDenseDescriptorInit", session->device()));
  }
  functions_ = &f;
  if (matrix.count == 1) return NM_OK;
  const auto count = static_cast<int>(matrix.count);
  NM_LT_TRY(f, MatDescSetAttribute, handle, &opaque_, MatAttribute::kNumBatches, &count, sizeof count);
  NM_LT_TRY(f, MatDescSetAttribute, handle, &opaque_, MatAttribute::kBatchStride, &matrix.stride, sizeof matrix.stride);
  return NM_OK;
}

Descriptor::~Descriptor() {
  if (functions_ != nullptr) functions_->MatDescriptorDestroy(&opaque_);
}

int32_t check_supported(Status status, const char* call, int32_t device) {
  if (status != Status::kNotSupported) return check_lt(status, call);
  return fail(NM_UNSUPPORTED,
              "%s: cuSPARSELt %s does not take this product on %s. NM_F32, NM_BF16 and NM_CUDA_F16 need compute "
              "capability 8.0; NM_S8 the same, but not 10.3; NM_CUDA_E4M3 and NM_CUDA_E5M2 need 9.0, or 8.9 with "
              "cuSPARSELt 0.8.1; GELU depends on the device too",
              call, library().version.text().c_str(), device_label(device).c_str());
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
