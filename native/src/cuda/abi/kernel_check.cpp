// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/abi/kernel_check.h"

namespace nm {
namespace cuda {

int32_t check_element(const char* name, int32_t dtype) {
  if (dtype == NM_F32 || dtype == NM_BF16 || dtype == NM_CUDA_F16 || dtype == NM_S8) return NM_OK;
  const bool known = (NM_F32 <= dtype && dtype <= NM_S32) || (NM_CUDA_F16 <= dtype && dtype <= NM_CUDA_E5M2);
  return fail(known ? NM_UNSUPPORTED : NM_INVALID_ARGUMENT,
              "%s: expected 0 (fp32), 1 (bf16), 2 (int8) or 16 (fp16), got %d", name, dtype);
}

int32_t check_float_element(const char* name, int32_t dtype) {
  NM_TRY(check_element(name, dtype));
  if (dtype != NM_S8) return NM_OK;
  return fail(NM_UNSUPPORTED, "%s: expected 0 (fp32), 1 (bf16) or 16 (fp16), got int8", name);
}

int64_t element_bytes(int32_t dtype) { return dtype == NM_F32 ? 4 : dtype == NM_S8 ? 1 : 2; }

int32_t DeviceArguments::add(const Span& span, bool written) {
  if (span.bytes == 0) return NM_OK;
  NM_TRY(check_device_memory(span.name, span.data, span.bytes, stream_->device));
  for (const Argument& other : arguments_) {
    if (written || other.written) NM_TRY(check_disjoint(other.span, span));
  }
  arguments_.push_back({span, written});
  return NM_OK;
}

int32_t DeviceArguments::in(const char* name, const void* data, int64_t rows, int64_t cols, int64_t ld,
                            int64_t element) {
  Span span;
  NM_TRY(check_matrix(name, data, rows, cols, ld, element, &span));
  return add(span, false);
}

int32_t DeviceArguments::out(const char* name, const void* data, int64_t rows, int64_t cols, int64_t ld,
                             int64_t element) {
  Span span;
  NM_TRY(check_matrix(name, data, rows, cols, ld, element, &span));
  return add(span, true);
}

int32_t DeviceArguments::mask_in(const char* name, const void* mask, int64_t rows, int64_t cols) {
  Span span;
  NM_TRY(check_mask(name, mask, rows, cols, &span));
  return add(span, false);
}

int32_t DeviceArguments::mask_out(const char* name, const void* mask, int64_t rows, int64_t cols) {
  Span span;
  NM_TRY(check_mask(name, mask, rows, cols, &span));
  return add(span, true);
}

}  // namespace cuda
}  // namespace nm
