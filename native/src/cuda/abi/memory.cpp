// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_alloc, nm_cuda_copy and their kin.
#include "cuda/runtime/memory.h"

#include <cinttypes>

#include "abi/check.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/stream.h"

using nm::check_not_negative;
using nm::check_not_null;
using nm::fail;
using nm::guarded;
using nm::Span;
using nm::cuda::check_device_memory;
using nm::cuda::check_host_memory;
using nm::cuda::DeviceScope;

namespace {

// Both sides of a copy: rows, pitches, overlap, and that each lies where `kind` says.
int32_t check_copy(const nm_cuda_stream* stream, int32_t kind, const void* to, int64_t to_pitch, const void* from,
                   int64_t from_pitch, int64_t width, int64_t rows, bool* nothing) {
  NM_TRY(nm::cuda::check_stream(stream));
  if (kind < NM_CUDA_TO_DEVICE || kind > NM_CUDA_ON_DEVICE) {
    return fail(NM_INVALID_ARGUMENT, "kind: expected 1 (to device), 2 (from device) or 3 (on device), got %d", kind);
  }
  Span target, source;
  NM_TRY(nm::check_matrix("to", to, rows, width, to_pitch, 1, &target));
  NM_TRY(nm::check_matrix("from", from, rows, width, from_pitch, 1, &source));
  *nothing = target.bytes == 0;
  if (*nothing) return NM_OK;
  NM_TRY(nm::check_disjoint(target, source));
  NM_TRY(kind == NM_CUDA_FROM_DEVICE ? check_host_memory("to", to, target.bytes)
                                     : check_device_memory("to", to, target.bytes, stream->device));
  return kind == NM_CUDA_TO_DEVICE ? check_host_memory("from", from, source.bytes)
                                   : check_device_memory("from", from, source.bytes, stream->device);
}

cudaMemcpyKind cuda_kind(int32_t kind) {
  switch (kind) {
    case NM_CUDA_TO_DEVICE:
      return cudaMemcpyHostToDevice;
    case NM_CUDA_FROM_DEVICE:
      return cudaMemcpyDeviceToHost;
    default:
      return cudaMemcpyDeviceToDevice;
  }
}

}  // namespace

int32_t nm_cuda_alloc(int32_t device, int64_t bytes, void** memory) {
  return guarded([&] {
    NM_TRY(check_not_null("memory", memory));
    *memory = nullptr;
    NM_TRY(check_not_negative("bytes", bytes));
    NM_TRY(nm::cuda::require_device(device));
    DeviceScope scope;
    NM_TRY(scope.enter(device));
    return nm::cuda::allocate_device(bytes, memory);
  });
}

int32_t nm_cuda_free(int32_t device, void* memory) {
  return guarded([&] {
    if (memory == nullptr) return int32_t{NM_OK};
    NM_TRY(nm::cuda::require_device(device));
    DeviceScope scope;
    NM_TRY(scope.enter(device));
    NM_TRY(check_device_memory("memory", memory, 1, device));
    NM_CUDA_TRY(cudaDeviceSynchronize);
    NM_CUDA_TRY(cudaFree, memory);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_host_alloc(int64_t bytes, void** memory) {
  return guarded([&] {
    NM_TRY(check_not_null("memory", memory));
    *memory = nullptr;
    NM_TRY(check_not_negative("bytes", bytes));
    if (bytes == 0) return int32_t{NM_OK};
    NM_TRY(nm::cuda::require_device(0));
    NM_CUDA_TRY(cudaHostAlloc, memory, static_cast<size_t>(bytes), cudaHostAllocPortable);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_host_free(void* memory) {
  return guarded([&] {
    if (memory == nullptr) return int32_t{NM_OK};
    NM_CUDA_TRY(cudaFreeHost, memory);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_copy(nm_cuda_stream* stream, int32_t kind, void* to, const void* from, int64_t bytes) {
  return guarded([&] {
    NM_TRY(check_not_negative("bytes", bytes));
    bool nothing;
    NM_TRY(check_copy(stream, kind, to, bytes, from, bytes, bytes, 1, &nothing));
    if (nothing) return int32_t{NM_OK};
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_CUDA_TRY(cudaMemcpyAsync, to, from, static_cast<size_t>(bytes), cuda_kind(kind), stream->raw);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_copy_rows(nm_cuda_stream* stream, int32_t kind, void* to, int64_t to_pitch, const void* from,
                          int64_t from_pitch, int64_t width, int64_t rows) {
  return guarded([&] {
    bool nothing;
    NM_TRY(check_copy(stream, kind, to, to_pitch, from, from_pitch, width, rows, &nothing));
    if (nothing) return int32_t{NM_OK};
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_CUDA_TRY(cudaMemcpy2DAsync, to, static_cast<size_t>(to_pitch), from, static_cast<size_t>(from_pitch),
                static_cast<size_t>(width), static_cast<size_t>(rows), cuda_kind(kind), stream->raw);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_fill(nm_cuda_stream* stream, void* memory, int32_t value, int64_t bytes) {
  return guarded([&] {
    NM_TRY(nm::cuda::check_stream(stream));
    NM_TRY(check_not_negative("bytes", bytes));
    if (value < 0 || value > 255) return fail(NM_INVALID_ARGUMENT, "value: expected 0 .. 255, got %d", value);
    if (bytes == 0) return int32_t{NM_OK};
    NM_TRY(check_device_memory("memory", memory, bytes, stream->device));
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_CUDA_TRY(cudaMemsetAsync, memory, value, static_cast<size_t>(bytes), stream->raw);
    return int32_t{NM_OK};
  });
}
