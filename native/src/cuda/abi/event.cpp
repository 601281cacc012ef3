// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_event_*.
#include "cuda/runtime/event.h"

#include <memory>

#include "abi/check.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/stream.h"

using nm::guarded;
using nm::cuda::check_stream;
using nm::cuda::DeviceScope;

namespace {

int32_t check_event(const char* name, const nm_cuda_event* event) { return nm::check_not_null(name, event); }

}  // namespace

int32_t nm_cuda_event_create(int32_t device, nm_cuda_event** out) {
  return guarded([&] {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::cuda::require_device(device));
    DeviceScope scope;
    NM_TRY(scope.enter(device));
    auto event = std::make_unique<nm_cuda_event>();
    event->device = device;
    NM_TRY(event->event.create(cudaEventDefault));
    *out = event.release();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_event_free(nm_cuda_event* event) {
  delete event;
  return NM_OK;
}

int32_t nm_cuda_event_record(nm_cuda_event* event, nm_cuda_stream* stream) {
  return guarded([&] {
    NM_TRY(check_event("event", event));
    NM_TRY(check_stream(stream));
    if (event->device != stream->device) {
      return nm::fail(NM_INVALID_ARGUMENT, "event: expected one of the stream's device %d, got one of device %d",
                      stream->device, event->device);
    }
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_CUDA_TRY(cudaEventRecord, event->event.raw(), stream->raw);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_stream_wait(nm_cuda_stream* stream, nm_cuda_event* event) {
  return guarded([&] {
    NM_TRY(check_stream(stream));
    NM_TRY(check_event("event", event));
    DeviceScope scope;
    NM_TRY(scope.enter(stream->device));
    NM_CUDA_TRY(cudaStreamWaitEvent, stream->raw, event->event.raw(), 0);
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_event_query(nm_cuda_event* event, int32_t* done) {
  return guarded([&] {
    NM_TRY(check_event("event", event));
    NM_TRY(nm::check_not_null("done", done));
    const cudaError_t error = cudaEventQuery(event->event.raw());
    *done = error == cudaSuccess;
    if (error != cudaErrorNotReady) return nm::cuda::check_cuda(error, "cudaEventQuery");
    cudaGetLastError();
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_event_synchronize(nm_cuda_event* event) {
  return guarded([&] {
    NM_TRY(check_event("event", event));
    NM_CUDA_TRY(cudaEventSynchronize, event->event.raw());
    return int32_t{NM_OK};
  });
}

int32_t nm_cuda_event_elapsed(nm_cuda_event* begin, nm_cuda_event* end, float* milliseconds) {
  return guarded([&] {
    NM_TRY(check_event("begin", begin));
    NM_TRY(check_event("end", end));
    NM_TRY(nm::check_not_null("milliseconds", milliseconds));
    if (begin->device != end->device) {
      return nm::fail(NM_INVALID_ARGUMENT, "events: expected two of one device, got devices %d and %d", begin->device,
                      end->device);
    }
    const cudaError_t error = cudaEventElapsedTime(milliseconds, begin->event.raw(), end->event.raw());
    if (error != cudaErrorNotReady && error != cudaErrorInvalidResourceHandle) {
      return nm::cuda::check_cuda(error, "cudaEventElapsedTime");
    }
    cudaGetLastError();
    return nm::fail(NM_INVALID_STATE, "events: expected two that were recorded and reached");
  });
}
