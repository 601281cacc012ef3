// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_mask_scores, nm_cuda_mask_nonzero, nm_cuda_mask_random, nm_cuda_soft_threshold(_scale) and nm_cuda_sample.
#include <mutex>

#include "abi/train_rule.h"
#include "cuda/abi/kernel_check.h"

using nm::guarded;
using nm::cuda::check_element;
using nm::cuda::check_float_element;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::DeviceArguments;
using nm::cuda::Findings;
using nm::cuda::nothing_found;
using nm::cuda::on_stream;
using nm::cuda::view;
using nm::cuda::with_findings;

namespace {

// A mask of weights: all that the functions for it have in common.
template <typename Launch>
int32_t mask_of(nm_cuda_stream* stream, const char* name, const DenseView& weights, int32_t n, int32_t m, uint8_t* mask,
                nm_cuda_findings* findings, const char* kernel, const Launch& launch) {
  NM_TRY(nm::check_pattern(n, m));
  DeviceArguments arguments(stream);
  NM_TRY(arguments.in(weights, name));
  NM_TRY(arguments.mask_out("mask", mask, weights.rows, weights.cols));
  if (findings != nullptr) NM_TRY(arguments.findings(findings));
  if (weights.rows == 0 || weights.cols == 0) return nothing_found(stream, findings);
  return with_findings(stream, kernel, findings, launch);
}

}  // namespace

int32_t nm_cuda_mask_scores(nm_cuda_stream* stream, int32_t dtype, const void* scores, int64_t rows, int64_t cols,
                            int64_t ld, int32_t n, int32_t m, uint8_t* mask, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_float_element("dtype", dtype));
    const DenseView numbers = view(dtype, scores, rows, cols, ld);
    return mask_of(stream, "scores", numbers, n, m, mask, findings, "mask_scores",
                   [&](Findings* nan) { return nm::cuda::launch_mask_scores(stream->raw, numbers, n, m, mask, nan); });
  });
}

int32_t nm_cuda_mask_nonzero(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                             int64_t ld, int32_t n, int32_t m, uint8_t* mask, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    return mask_of(stream, "w", weights, n, m, mask, findings, "mask_nonzero", [&](Findings* breaches) {
      return nm::cuda::launch_mask_nonzero(stream->raw, weights, n, m, mask, breaches);
    });
  });
}

int32_t nm_cuda_mask_random(nm_cuda_stream* stream, int64_t rows, int64_t cols, int32_t n, int32_t m, int64_t seed,
                            int64_t first_row, uint8_t* mask) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_not_negative("first_row", first_row));
    DeviceArguments arguments(stream);
    NM_TRY(arguments.mask_out("mask", mask, rows, cols));
    if (rows == 0 || cols == 0) return NM_OK;
    return on_stream(stream, "mask_random", [&] {
      return nm::cuda::launch_mask_random(stream->raw, rows, cols, n, m, seed, first_row, mask);
    });
  });
}

int32_t nm_cuda_soft_threshold(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                               int64_t ld, int32_t n, int32_t m, float scale, void* out, int64_t ldo,
                               nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_float_element("dtype", dtype));
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_finite_number("scale", scale));
    const DenseView weights = view(dtype, w, rows, cols, ld), result = view(dtype, out, rows, cols, ldo);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    NM_TRY(arguments.out(result, "out"));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "soft_threshold", findings, [&](Findings* not_finite) {
      return nm::cuda::launch_soft_threshold(stream->raw, weights, n, m, scale, result, not_finite);
    });
  });
}

int32_t nm_cuda_soft_threshold_scale(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                     int64_t ld, int32_t n, int32_t m, double* scale, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_float_element("dtype", dtype));
    NM_TRY(nm::check_pattern(n, m));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    NM_TRY(arguments.out("scale", scale, 1, 1, 1, sizeof *scale));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    const std::lock_guard<std::mutex> lock(stream->mutex);
    {
      nm::cuda::DeviceScope scope;
      NM_TRY(scope.enter(stream->device));
      NM_TRY(nm::cuda::reserve_scratch(stream, nm::cuda::kScaleSumBytes));
    }
    return with_findings(stream, "soft_threshold_scale", findings, [&](Findings* not_finite) {
      return nm::cuda::launch_soft_threshold_scale(stream->raw, weights, n, m, stream->scratch.data(), scale,
                                                   not_finite);
    });
  });
}

int32_t nm_cuda_sample(nm_cuda_stream* stream, const float* g, int64_t rows, int64_t cols, int64_t ld, int32_t n,
                       int32_t m, int64_t seed, int64_t first_row, float* out, int64_t ldo, uint8_t* mask,
                       nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_pattern(n, m));
    NM_TRY(nm::check_not_negative("first_row", first_row));
    const DenseView numbers = view(NM_F32, g, rows, cols, ld), result = view(NM_F32, out, rows, cols, ldo);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(numbers, "g"));
    NM_TRY(arguments.out(result, "out"));
    if (mask != nullptr) NM_TRY(arguments.mask_out("mask", mask, rows, cols));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "sample", findings, [&](Findings* not_finite) {
      if (const int error =
              nm::cuda::launch_sample(stream->raw, numbers, n, m, seed, first_row, out, ldo, not_finite)) {
        return error;
      }
      return mask == nullptr ? 0 : nm::cuda::launch_mask_nonzero(stream->raw, result, n, m, mask, nullptr);
    });
  });
}
