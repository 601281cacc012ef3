// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_mask_* and nm_cuda_check*.
#include "abi/train_rule.h"
#include "cuda/abi/kernel_check.h"

using nm::guarded;
using nm::cuda::check_element;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::DeviceArguments;
using nm::cuda::Findings;
using nm::cuda::nothing_found;
using nm::cuda::on_stream;
using nm::cuda::view;
using nm::cuda::with_findings;

int32_t nm_cuda_mask_magnitude(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                               int64_t ld, int32_t n, int32_t m, int64_t group_stride, uint8_t* mask,
                               nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    NM_TRY(nm::check_training_pattern(n, m));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    NM_TRY(arguments.mask_out("mask", mask, rows, cols));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    NM_TRY(nm::check_stride(cols, group_stride));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "mask_magnitude", findings, [&](Findings* nan) {
      return nm::cuda::launch_mask_magnitude(stream->raw, weights, n, m, group_stride, mask, nan);
    });
  });
}

int32_t nm_cuda_mask_transposable(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols,
                                  int64_t ld, uint8_t* mask, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    NM_TRY(arguments.mask_out("mask", mask, rows, cols));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "mask_transposable", findings, [&](Findings* nan) {
      return nm::cuda::launch_mask_transposable(stream->raw, weights, mask, nan);
    });
  });
}

int32_t nm_cuda_check(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols, int64_t ld,
                      int32_t n, int32_t m, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    NM_TRY(nm::check_pattern(n, m));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    NM_TRY(arguments.findings(findings));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "check", findings,
                         [&](Findings* found) { return nm::cuda::launch_check(stream->raw, weights, n, m, found); });
  });
}

int32_t nm_cuda_check_mask(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n,
                           int32_t m, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_pattern(n, m));
    DeviceArguments arguments(stream);
    NM_TRY(arguments.mask_in("mask", mask, rows, cols));
    NM_TRY(arguments.findings(findings));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "check_mask", findings, [&](Findings* found) {
      return nm::cuda::launch_check_mask(stream->raw, mask, rows, cols, n, m, found);
    });
  });
}

int32_t nm_cuda_check_finite(nm_cuda_stream* stream, int32_t dtype, const void* x, int64_t rows, int64_t cols,
                             int64_t ld, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    const DenseView numbers = view(dtype, x, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(numbers, "x"));
    NM_TRY(arguments.findings(findings));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "check_finite", findings,
                         [&](Findings* found) { return nm::cuda::launch_check_finite(stream->raw, numbers, found); });
  });
}

int32_t nm_cuda_mask_distance(nm_cuda_stream* stream, const uint8_t* a, const uint8_t* b, int64_t rows, int64_t cols,
                              int64_t* bits) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    DeviceArguments arguments(stream);
    NM_TRY(arguments.mask_in("a", a, rows, cols));
    NM_TRY(arguments.mask_in("b", b, rows, cols));
    NM_TRY(arguments.out("bits", bits, 1, 1, 1, sizeof *bits));
    return on_stream(stream, "mask_distance", [&]() -> int {
      if (const int error = cudaMemsetAsync(bits, 0, sizeof *bits, stream->raw)) return error;
      if (rows == 0 || cols == 0) return 0;
      return nm::cuda::launch_mask_distance(stream->raw, a, b, rows, cols, reinterpret_cast<uint64_t*>(bits));
    });
  });
}
