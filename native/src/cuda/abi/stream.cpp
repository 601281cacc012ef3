// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_stream_*.
#include "cuda/runtime/stream.h"

#include <memory>

#include "abi/check.h"
#include "cuda/runtime/device.h"

using nm::guarded;
using nm::cuda::check_stream;
using nm::cuda::DeviceScope;

int32_t nm_cuda_stream_create(int32_t device, nm_cuda_stream** out) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::cuda::require_device(device));
    DeviceScope scope;
    NM_TRY(scope.enter(device));
    auto stream = std::make_unique<nm_cuda_stream>();
    stream->device = device;
    stream->owned = true;
    NM_CUDA_TRY(cudaStreamCreateWithFlags, &stream->raw, cudaStreamNonBlocking);
    *out = stream.release();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_wrap(int32_t device, void* cuda_stream, nm_cuda_stream** out) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::cuda::require_device(device));
    auto stream = std::make_unique<nm_cuda_stream>();
    stream->device = device;
    stream->raw = static_cast<cudaStream_t>(cuda_stream);
    *out = stream.release();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_free(nm_cuda_stream* stream) {
  return guarded([&] {
    if (stream == nullptr) return int32_t{NM_OK};
    // Whatever fails, all of it goes; the first failure is told.
    const std::unique_ptr<nm_cuda_stream> owner(stream);
    DeviceScope scope;
    const int32_t entered = scope.enter(stream->device);
    const int32_t waited = nm::cuda::check_cuda(cudaStreamSynchronize(stream->raw), "cudaStreamSynchronize");
    stream->scratch.release();
    stream->workspace.release();
    const int32_t left = nm::cuda::blas::destroy(stream->blas);
    const cudaError_t destroyed = stream->owned ? cudaStreamDestroy(stream->raw) : cudaSuccess;
    for (const int32_t status : {entered, waited, left}) NM_TRY(status);
    return nm::cuda::check_cuda(destroyed, "cudaStreamDestroy");
  });
}

int32_t nm_cuda_stream_device(const nm_cuda_stream* stream, int32_t* device) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_not_null("device", device));
    *device = stream->device;
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_raw(const nm_cuda_stream* stream, void** cuda_stream) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_not_null("cuda_stream", cuda_stream));
    *cuda_stream = stream->raw;
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_synchronize(nm_cuda_stream* stream) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_CUDA_TRY(cudaStreamSynchronize, stream->raw);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_query(nm_cuda_stream* stream, int32_t* done) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_not_null("done", done));
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    const cudaError_t error = cudaStreamQuery(stream->raw);
    *done = error == cudaSuccess;
    if (error != cudaErrorNotReady) return nm::cuda::check_cuda(error, "cudaStreamQuery");
    cudaGetLastError();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_scratch(nm_cuda_stream* stream, int64_t* bytes) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::check_not_null("bytes", bytes));
    const std::lock_guard<std::mutex> lock(stream->mutex);
    *bytes = stream->scratch.bytes() + stream->workspace.bytes();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_trim(nm_cuda_stream* stream) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    const std::lock_guard<std::mutex> lock(stream->mutex);
    NM_CUDA_TRY(cudaStreamSynchronize, stream->raw);
    stream->scratch.release();
    stream->workspace.release();
    return int32_t{NM_OK};
  });
}
