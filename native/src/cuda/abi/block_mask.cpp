// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_mask_vnm, nm_cuda_check_vnm and nm_cuda_check_transposable.
#include <cinttypes>

#include "cuda/abi/kernel_check.h"

using nm::fail;
using nm::guarded;
using nm::cuda::check_element;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::DeviceArguments;
using nm::cuda::Findings;
using nm::cuda::nothing_found;
using nm::cuda::view;
using nm::cuda::with_findings;

namespace {

// One block of threads to V rows of at least 128 columns.
int32_t check_blocks(int64_t rows, int64_t cols, int32_t v) {
  const int64_t down = rows / v + 1, across = cols / 128 + 1;
  int64_t blocks;
  if (!__builtin_mul_overflow(down, across, &blocks) && blocks <= INT32_MAX) return NM_OK;
  return fail(NM_UNSUPPORTED, "w: expected less than 2^31 blocks of %d x 128 weights, got %" PRId64 " x %" PRId64, v,
              rows, cols);
}

template <typename Launch>
int32_t check_mask_blocks(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols,
                          nm_cuda_findings* findings, const char* name, const Launch& launch) {
  DeviceArguments arguments(stream);
  NM_TRY(arguments.mask_in("mask", mask, rows, cols));
  NM_TRY(arguments.findings(findings));
  if (rows == 0 || cols == 0) return nothing_found(stream, findings);
  return with_findings(stream, name, findings, launch);
}

}  // namespace

int32_t nm_cuda_mask_vnm(nm_cuda_stream* stream, int32_t dtype, const void* w, int64_t rows, int64_t cols, int64_t ld,
                         int32_t v, int32_t n, int32_t m, uint8_t* mask, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(check_element("dtype", dtype));
    NM_TRY(nm::check_vnm_pattern(v, n, m));
    const DenseView weights = view(dtype, w, rows, cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "w"));
    NM_TRY(arguments.mask_out("mask", mask, rows, cols));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    NM_TRY(check_blocks(rows, cols, v));
    if (rows == 0 || cols == 0) return nothing_found(stream, findings);
    return with_findings(stream, "mask_vnm", findings, [&](Findings* nan) {
      return nm::cuda::launch_mask_vnm(stream->raw, weights, v, n, m, mask, nan);
    });
  });
}

int32_t nm_cuda_check_vnm(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t v, int32_t n,
                          int32_t m, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_vnm_pattern(v, n, m));
    return check_mask_blocks(stream, mask, rows, cols, findings, "check_vnm", [&](Findings* found) {
      return nm::cuda::launch_check_vnm(stream->raw, mask, rows, cols, v, n, m, found);
    });
  });
}

int32_t nm_cuda_check_transposable(nm_cuda_stream* stream, const uint8_t* mask, int64_t rows, int64_t cols, int32_t n,
                                   int32_t m, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_pattern(n, m));
    return check_mask_blocks(stream, mask, rows, cols, findings, "check_transposable", [&](Findings* found) {
      return nm::cuda::launch_check_transposable(stream->raw, mask, rows, cols, n, m, found);
    });
  });
}
