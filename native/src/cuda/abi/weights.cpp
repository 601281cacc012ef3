// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_weights_*.
#include "cuda/lt/weights.h"

#include <cinttypes>
#include <memory>

#include "cuda/abi/check.h"
#include "cuda/lt/host_weights.h"
#include "cuda/lt/session.h"
#include "cuda/lt/types.h"
#include "cuda/runtime/device.h"

using nm::check_not_null;
using nm::fail;
using nm::guarded;
using nm::Span;
using nm::cuda::DeviceScope;
namespace lt = nm::cuda::lt;

namespace {

int32_t check_shape(int64_t rows, int64_t cols, int64_t count, int32_t dtype) {
  if (rows < 1 || cols < 1 || count < 1) {
    return fail(NM_INVALID_ARGUMENT,
                "weights: expected at least 1 row, column and matrix, got %" PRId64 " x %" PRId64 ", %" PRId64
                " matrices",
                rows, cols, count);
  }
  const int64_t limit = lt::element_limit(dtype), multiple = lt::sparse_multiple(dtype);
  int64_t elements;
  if (rows > limit || cols > limit ||
      __builtin_mul_overflow(lt::round_up(rows, multiple), lt::round_up(cols, multiple), &elements) ||
      elements > limit || count > INT32_MAX) {
    return fail(NM_UNSUPPORTED,
                "weights: cuSPARSELt takes at most %" PRId64
                " elements of %s, padded, and 2^31 - 1 matrices, got %" PRId64 " x %" PRId64 ", %" PRId64 " matrices",
                limit, lt::type_name(dtype), rows, cols, count);
  }
  return NM_OK;
}

int32_t check_fits_hardware(int32_t n, int32_t m, int32_t dtype) {
  NM_TRY(nm::check_pattern(n, m));
  if (n <= lt::kept_of_group(dtype) && m % lt::group_length(dtype) == 0) return NM_OK;
  return fail(
      NM_UNSUPPORTED,
      "pattern: sparse tensor cores take %s as %d:%d and what implies it (N <= %d, M a multiple of %d), got %d:%d",
      lt::type_name(dtype), lt::kept_of_group(dtype), lt::group_length(dtype), lt::kept_of_group(dtype),
      lt::group_length(dtype), n, m);
}

}  // namespace

int32_t nm_cuda_weights_create(int32_t device, int64_t rows, int64_t cols, int64_t count, int32_t n, int32_t m,
                               int32_t dtype, nm_cuda_weights** out) {
  return guarded([&] {
    NM_TRY(check_not_null("out", out));
    *out = nullptr;
    if (!lt::is_weight_type(dtype)) {
      return fail(NM_UNSUPPORTED,
                  "dtype: expected NM_F32, NM_BF16, NM_S8, NM_CUDA_F16, NM_CUDA_E4M3 or NM_CUDA_E5M2, got %d", dtype);
    }
    NM_TRY(check_fits_hardware(n, m, dtype));
    NM_TRY(check_shape(rows, cols, count, dtype));
    NM_TRY(nm::cuda::require_device(device));
    const nm::cuda::Availability found = lt::product_availability(device);
    if (found.reason != NM_CUDA_AVAILABLE) return fail(NM_CUDA_UNAVAILABLE, "%s", found.text.c_str());
    auto weights = std::make_unique<nm_cuda_weights>();
    weights->device = device;
    weights->rows = rows;
    weights->cols = cols;
    weights->count = count;
    weights->n = n;
    weights->m = m;
    weights->dtype = dtype;
    weights->padded_rows = lt::round_up(rows, lt::sparse_multiple(dtype));
    weights->padded_cols = lt::round_up(cols, lt::sparse_multiple(dtype));
    *out = weights.release();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_weights_free(nm_cuda_weights* weights) {
  return guarded([&] {
    if (weights == nullptr) return int32_t{NM_OK};
    // Whatever fails, all of it goes; the first failure is told.
    DeviceScope scope;
    const int32_t entered = scope.enter(weights->device), waited = weights->usage.synchronize_reads();
    delete weights;
    return entered != NM_OK ? entered : waited;
  });
}

int32_t nm_cuda_weights_set(nm_cuda_weights* weights, nm_cuda_stream* stream, const void* dense, int64_t ld,
                            int64_t stride, int32_t order, int32_t flags) {
  return guarded([&] {
    NM_TRY(nm::cuda::check_same_device(weights, stream));
    if (order != NM_CUDA_ROW_MAJOR && order != NM_CUDA_COLUMN_MAJOR) {
      return fail(NM_INVALID_ARGUMENT, "order: expected 0 (row-major) or 1 (column-major), got %d", order);
    }
    if ((flags & ~NM_CUDA_TRUST) != 0) {
      return fail(NM_INVALID_ARGUMENT, "flags: expected 0 or NM_CUDA_TRUST (1), got %d", flags);
    }
    const bool column_major = order == NM_CUDA_COLUMN_MAJOR;
    const int64_t element = lt::element_bytes(weights->dtype);
    if (column_major && element == 1) {
      return fail(NM_UNSUPPORTED, "order: cuSPARSELt takes weights of %s row-major only",
                  lt::type_name(weights->dtype));
    }
    Span span;
    NM_TRY(nm::cuda::check_matrices("dense", dense, column_major ? weights->cols : weights->rows,
                                    column_major ? weights->rows : weights->cols, ld, weights->count, stride, element,
                                    &span));
    NM_TRY(nm::cuda::check_device_memory("dense", dense, span.bytes, weights->device));
    DeviceScope scope;
    NM_TRY(scope.enter(weights->device));
    const std::scoped_lock lock(stream->mutex, weights->mutex);
    return lt::compress_weights(weights, stream, {dense, weights->rows, weights->cols, ld, stride, column_major},
                                (flags & NM_CUDA_TRUST) == 0);
  });
}

int32_t nm_cuda_weights_set_host(nm_cuda_weights* weights, nm_cuda_stream* stream, const void* dense, int32_t dtype,
                                 int64_t ld, int64_t stride, const uint8_t* mask) {
  return guarded([&] {
    NM_TRY(nm::cuda::check_same_device(weights, stream));
    const bool from_float = dtype == NM_F32 && (weights->dtype == NM_BF16 || weights->dtype == NM_CUDA_F16);
    if (dtype != weights->dtype && !from_float) {
      return fail(NM_UNSUPPORTED, "dtype: expected %s%s, got %s", lt::type_name(weights->dtype),
                  weights->dtype == NM_BF16 || weights->dtype == NM_CUDA_F16 ? " or NM_F32" : "", lt::type_name(dtype));
    }
    Span span;
    NM_TRY(nm::cuda::check_matrices("dense", dense, weights->rows, weights->cols, ld, weights->count, stride,
                                    lt::element_bytes(dtype), &span));
    NM_TRY(nm::cuda::check_host_memory("dense", dense, span.bytes));
    NM_TRY(nm::cuda::check_host_memory("mask", mask, mask == nullptr ? 0 : 1));
    std::vector<unsigned char> rows;
    NM_TRY(lt::encode_weights(*weights, {dense, dtype, ld, stride, mask}, &rows));
    DeviceScope scope;
    NM_TRY(scope.enter(weights->device));
    nm::cuda::DeviceBuffer uploaded;
    NM_TRY(uploaded.allocate(static_cast<int64_t>(rows.size())));
    NM_CUDA_TRY(cudaMemcpyAsync, uploaded.data(), rows.data(), rows.size(), cudaMemcpyHostToDevice, stream->raw);
    NM_CUDA_TRY(cudaStreamSynchronize, stream->raw);
    const std::scoped_lock lock(stream->mutex, weights->mutex);
    const int64_t padded_rows = weights->padded_rows, padded_cols = weights->padded_cols;
    NM_TRY(lt::compress_weights(
        weights, stream, {uploaded.data(), padded_rows, padded_cols, padded_cols, padded_rows * padded_cols, false},
        false));
    NM_CUDA_TRY(cudaStreamSynchronize, stream->raw);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_weights_bytes(const nm_cuda_weights* weights, int64_t* bytes) {
  return guarded([&] {
    NM_TRY(check_not_null("weights", weights));
    NM_TRY(check_not_null("bytes", bytes));
    const std::lock_guard<std::mutex> lock(weights->mutex);
    *bytes = weights->compressed.bytes();
    return int32_t{NM_OK};
  });
}
