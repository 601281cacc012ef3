// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_update and nm_cuda_srste_gradient.
#include <cinttypes>
#include <mutex>

#include "abi/train_rule.h"
#include "cuda/abi/kernel_check.h"

using nm::fail;
using nm::guarded;
using nm::Span;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::Findings;
using nm::cuda::on_stream;
using nm::cuda::view;

namespace {

// Waits for what the device finds in the gradient.
int32_t check_gradient(nm_cuda_stream* stream, const nm_update& u) {
  const DenseView grad = view(NM_F32, u.grad, u.rows, u.cols, u.cols);
  Findings found;
  {
    const std::lock_guard<std::mutex> lock(stream->mutex);
    nm::cuda::DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_TRY(nm::cuda::reserve_scratch(stream, sizeof found));
    auto* const device = reinterpret_cast<Findings*>(stream->scratch.data());
    NM_TRY(on_stream(stream, "check_finite", [&] {
      if (const int error = nm::cuda::launch_clear(stream->raw, device)) return error;
      return nm::cuda::launch_check_finite(stream->raw, grad, device);
    }));
    NM_CUDA_TRY(cudaMemcpyAsync, &found, device, sizeof found, cudaMemcpyDeviceToHost, stream->raw);
    NM_CUDA_TRY(cudaStreamSynchronize, stream->raw);
  }
  if (found.count == 0) return NM_OK;
  return fail(NM_NAN,
              "grad: expected finite numbers, got %" PRIu64 " others, the first at row %" PRId64 ", column %" PRId64,
              found.count, static_cast<int64_t>(found.first) / u.cols, static_cast<int64_t>(found.first) % u.cols);
}

}  // namespace

int32_t nm_cuda_update(nm_cuda_stream* stream, const nm_update* update, int64_t* flips) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_not_null("update", update));
    const nm_update& u = *update;
    std::vector<Span> spans;
    NM_TRY(nm::check_update(u, &spans));
    if (nm::makes_mask(u) && u.mask_kind != NM_MASK_MAGNITUDE) {
      return fail(NM_UNSUPPORTED,
                  "mask_kind: expected 0 (magnitude) on a GPU, got %d; NM_KEEP_MASK, and a mask made apart, is a way",
                  u.mask_kind);
    }
    if (flips != nullptr) {
      Span span;
      NM_TRY(nm::check_matrix("flips", flips, 1, 1, 1, sizeof *flips, &span));
      for (const Span& other : spans) NM_TRY(nm::check_disjoint(other, span));
      spans.push_back(span);
    }
    for (const Span& span : spans) {
      NM_TRY(nm::cuda::check_device_memory(span.name, span.data, span.bytes, stream->device));
    }
    const bool empty = u.rows == 0 || u.cols == 0;
    if (!empty && (u.flags & NM_CHECK_GRADIENT) != 0 && (u.flags & NM_NO_STEP) == 0) NM_TRY(check_gradient(stream, u));
    return on_stream(stream, "update", [&]() -> int {
      if (flips != nullptr) {
        if (const int error = cudaMemsetAsync(flips, 0, sizeof *flips, stream->raw)) return error;
      }
      return empty ? 0 : nm::cuda::launch_update(stream->raw, u, nm::make_rule(u), reinterpret_cast<uint64_t*>(flips));
    });
  });
}

int32_t nm_cuda_srste_gradient(nm_cuda_stream* stream, const float* w, const uint8_t* mask, int64_t rows, int64_t cols,
                               float lambda, float* grad) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    nm::cuda::DeviceArguments arguments(stream);
    NM_TRY(arguments.in("w", w, rows, cols, cols, sizeof *w));
    NM_TRY(arguments.mask_in("mask", mask, rows, cols));
    NM_TRY(arguments.out("grad", grad, rows, cols, cols, sizeof *grad));
    NM_TRY(nm::check_finite_number("lambda", lambda));
    if (rows == 0 || cols == 0 || lambda == 0.0f) return NM_OK;
    return on_stream(stream, "srste_gradient",
                     [&] { return nm::cuda::launch_regularize(stream->raw, w, mask, rows, cols, lambda, grad); });
  });
}
