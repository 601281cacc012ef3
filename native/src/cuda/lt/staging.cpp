// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/lt/staging.h"

#include "cuda/lt/types.h"

namespace nm {
namespace cuda {
namespace lt {
namespace {

bool aligned(const View& view, int64_t elements) { return elements * view.element % kAlignment == 0; }

// One matrix after another, or the same one for all.
bool legal_stride(const View& view) {
  if (view.count == 1) return true;
  return aligned(view, view.stride) && (view.stride == 0 || view.stride >= view.lines * view.ld);
}

int32_t copy_lines(void* to, int64_t to_ld, const void* from, int64_t from_ld, const View& view, cudaStream_t stream) {
  if (view.width == to_ld && view.width == from_ld) {
    NM_CUDA_TRY(cudaMemcpyAsync, to, from, static_cast<size_t>(view.lines * view.width * view.element),
                cudaMemcpyDeviceToDevice, stream);
    return NM_OK;
  }
  NM_CUDA_TRY(cudaMemcpy2DAsync, to, static_cast<size_t>(to_ld * view.element), from,
              static_cast<size_t>(from_ld * view.element), static_cast<size_t>(view.width * view.element),
              static_cast<size_t>(view.lines), cudaMemcpyDeviceToDevice, stream);
  return NM_OK;
}

}  // namespace

int32_t ScratchPlan::take(int64_t bytes, int64_t* offset) {
  constexpr int64_t kPiece = 256;  // as cudaMalloc aligns
  *offset = bytes_;
  if (bytes > INT64_MAX - kPiece || __builtin_add_overflow(bytes_, round_up(bytes, kPiece), &bytes_)) {
    return fail(NM_OVERFLOW, "scratch memory: expected fewer than 2^63 bytes");
  }
  return NM_OK;
}

int32_t place(const View& view, int64_t lines, int64_t width, ScratchPlan* scratch, Placement* out) {
  if (view.lines == lines && view.width == width && aligned(view, view.ld) && legal_stride(view) &&
      reinterpret_cast<uintptr_t>(view.data) % kAlignment == 0) {
    *out = {lines, width, view.ld, view.count == 1 ? 0 : view.stride, -1};
    return NM_OK;
  }
  return place_in_scratch(view, lines, width, width, lines * width, scratch, out);
}

int32_t place_in_scratch(const View& view, int64_t lines, int64_t width, int64_t ld, int64_t stride,
                         ScratchPlan* scratch, Placement* out) {
  *out = {lines, width, ld, view.count == 1 ? 0 : stride, 0};
  int64_t elements, bytes;
  if (__builtin_mul_overflow(view.count - 1, out->stride, &elements) ||
      __builtin_add_overflow(elements, lines * ld, &elements) ||
      __builtin_mul_overflow(elements, view.element, &bytes)) {
    return fail(NM_OVERFLOW, "scratch memory: expected fewer than 2^63 bytes");
  }
  return scratch->take(bytes, &out->offset);
}

int32_t copy_in(const View& view, const Placement& placement, void* other, cudaStream_t stream) {
  auto* const to = static_cast<unsigned char*>(other);
  const auto* const from = static_cast<const unsigned char*>(view.data);
  if (placement.lines != view.lines || placement.width != view.width) {
    NM_CUDA_TRY(
        cudaMemsetAsync, to, 0,
        static_cast<size_t>(((view.count - 1) * placement.stride + placement.lines * placement.ld) * view.element),
        stream);
  }
  for (int64_t i = 0; i < view.count; ++i) {
    NM_TRY(copy_lines(to + i * placement.stride * view.element, placement.ld, from + i * view.stride * view.element,
                      view.ld, view, stream));
  }
  return NM_OK;
}

int32_t copy_out(const Placement& placement, const void* other, const View& view, void* data, cudaStream_t stream) {
  const auto* const from = static_cast<const unsigned char*>(other);
  auto* const to = static_cast<unsigned char*>(data);
  for (int64_t i = 0; i < view.count; ++i) {
    NM_TRY(copy_lines(to + i * view.stride * view.element, view.ld, from + i * placement.stride * view.element,
                      placement.ld, view, stream));
  }
  return NM_OK;
}

}  // namespace lt
}  // namespace cuda
}  // namespace nm
