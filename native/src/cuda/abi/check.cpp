// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/abi/check.h"

#include <cinttypes>

namespace nm {
namespace cuda {

int32_t check_matrices(const char* name, const void* data, int64_t lines, int64_t width, int64_t ld, int64_t count,
                       int64_t stride, int64_t element, Span* span) {
  NM_TRY(check_matrix(name, data, lines, width, ld, element, span));
  if (count <= 1) return NM_OK;
  if (stride < 0) return fail(NM_INVALID_ARGUMENT, "%s: expected a stride of at least 0, got %" PRId64, name, stride);
  int64_t more;
  if (__builtin_mul_overflow(count - 1, stride, &more) || __builtin_mul_overflow(more, element, &more) ||
      __builtin_add_overflow(span->bytes, more, &span->bytes)) {
    return fail(NM_OVERFLOW, "%s: expected a size in bytes below 2^63, got %" PRId64 " matrices %" PRId64 " apart",
                name, count, stride);
  }
  span->width = span->stride = span->bytes;
  return check_address_space(*span);
}

int32_t check_layout(const char* name, int32_t layout) {
  if (layout == NM_FEATURE_MAJOR || layout == NM_BATCH_MAJOR) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected 0 (feature-major) or 1 (batch-major), got %d", name, layout);
}

int32_t check_separate_results(const nm_cuda_product& p, int64_t lines, int64_t width) {
  if (p.count <= 1) return NM_OK;
  int64_t one, columns;
  const bool after =
      !__builtin_mul_overflow(lines - 1, p.ldy, &one) && !__builtin_add_overflow(one, width, &one) && p.y_stride >= one;
  const bool beside = p.y_stride >= width && !__builtin_mul_overflow(p.count, p.y_stride, &columns) && columns <= p.ldy;
  if (after || beside) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "y: expected results that share no element, got a stride of %" PRId64, p.y_stride);
}

int32_t check_same_device(const nm_cuda_weights* weights, const nm_cuda_stream* stream) {
  NM_TRY(check_not_null("weights", weights));
  NM_TRY(check_stream(stream));
  if (weights->device == stream->device) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "stream: expected one of the weights' device %d, got one of device %d",
              weights->device, stream->device);
}

}  // namespace cuda
}  // namespace nm
