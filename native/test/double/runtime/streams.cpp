// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Streams and events of the double.
#include "runtime/streams.h"

#include <memory>
#include <set>

using nm4j_double::breach;
using nm4j_double::fails_now;
using nm4j_double::lock;

namespace nm4j_double {
namespace {

struct Registry {
  std::map<cudaStream_t, std::unique_ptr<CUstream_st>> streams;
  std::map<int, std::unique_ptr<CUstream_st>> defaults;  // by device
  std::set<cudaEvent_t> events;
  int64_t ids = 0;
};

Registry& registry() {
  static Registry* const all = new Registry;
  return *all;
}

std::unique_ptr<CUstream_st> make(int device) {
  auto stream = std::make_unique<CUstream_st>();
  stream->device = device;
  stream->id = ++registry().ids;
  return stream;
}

cudaEvent_t known(cudaEvent_t event) {
  if (registry().events.count(event) == 0) breach("%p is no event, or was destroyed", static_cast<void*>(event));
  return event;
}

}  // namespace

std::vector<cudaStream_t> all_streams() {
  std::vector<cudaStream_t> out;
  for (const auto& [stream, owner] : registry().streams) out.push_back(stream);
  for (const auto& [device, stream] : registry().defaults) out.push_back(stream.get());
  return out;
}

cudaStream_t find_stream(int64_t id) {
  for (cudaStream_t stream : all_streams()) {
    if (stream->id == id) return stream;
  }
  return nullptr;
}

bool is_default(cudaStream_t stream) { return registry().streams.count(stream) == 0; }

cudaStream_t resolve(cudaStream_t stream) {
  if (stream == nullptr) {
    std::unique_ptr<CUstream_st>& of_device = registry().defaults[current_device()];
    if (of_device == nullptr) of_device = make(current_device());
    return of_device.get();
  }
  if (registry().streams.count(stream) == 0) breach("%p is no stream, or was destroyed", static_cast<void*>(stream));
  if (stream->device != current_device()) {
    breach("a stream of device %d is used while device %d is current", stream->device, current_device());
  }
  return stream;
}

}  // namespace nm4j_double

using nm4j_double::known;
using nm4j_double::registry;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorMemoryAllocation;
  auto made = nm4j_double::make(nm4j_double::current_device());
  *stream = made.get();
  registry().streams.emplace(*stream, std::move(made));
  nm4j_double::count_live(1);
  return cudaSuccess;
}

// What is queued still runs, as on a device.
cudaError_t cudaStreamDestroy(cudaStream_t asked) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  cudaStream_t stream = nm4j_double::resolve(asked);
  nm4j_double::run_to(stream, stream->enqueued);
  registry().streams.erase(stream);
  nm4j_double::count_live(-1);
  return fails_now() ? cudaErrorUnknown : cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  nm4j_double::run_all(nm4j_double::resolve(stream));
  return fails_now() ? cudaErrorLaunchFailure : cudaSuccess;
}

// Each question lets one operation pass: who asks often enough comes to an end.
cudaError_t cudaStreamQuery(cudaStream_t asked) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorLaunchFailure;
  cudaStream_t stream = nm4j_double::resolve(asked);
  if (stream->pending.empty()) {
    nm4j_double::host_joins(stream->clock);
    return cudaSuccess;
  }
  nm4j_double::run_to(stream, stream->executed + 1);
  return cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorUnknown;
  nm4j_double::wait_for(nm4j_double::resolve(stream), known(event));
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorMemoryAllocation;
  *event = new CUevent_st;
  (*event)->device = nm4j_double::current_device();
  (*event)->timing = (flags & cudaEventDisableTiming) == 0;
  registry().events.insert(*event);
  nm4j_double::count_live(1);
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  registry().events.erase(known(event));
  delete event;
  nm4j_double::count_live(-1);
  return fails_now() ? cudaErrorUnknown : cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t asked) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorUnknown;
  cudaStream_t stream = nm4j_double::resolve(asked);
  if (known(event)->device != stream->device) return cudaErrorInvalidResourceHandle;
  event->stream = stream;
  event->stream_id = stream->id;
  event->position = stream->enqueued + 1;
  event->reached = false;
  nm4j_double::enqueue(
      stream, {},
      [event, position = event->position, id = stream->id] {
        // It may have been recorded again, or destroyed.
        if (registry().events.count(event) == 0) return;
        if (event->stream_id != id || event->position != position) return;
        event->reached = true;
        event->time = nm4j_double::now();
      },
      0);
  event->clock = stream->clock;
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorUnknown;
  if (known(event)->reached) {
    nm4j_double::host_joins(event->clock);
    return cudaSuccess;
  }
  if (cudaStream_t stream = nm4j_double::find_stream(event->stream_id)) {
    nm4j_double::run_to(stream, stream->executed + 1);
  }
  return cudaErrorNotReady;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (cudaStream_t stream = nm4j_double::find_stream(known(event)->stream_id)) {
    nm4j_double::run_to(stream, event->position);
  }
  nm4j_double::host_joins(event->clock);
  return fails_now() ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return cudaErrorUnknown;
  for (cudaEvent_t event : {known(begin), known(end)}) {
    if (!event->timing || event->stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (!event->reached) return cudaErrorNotReady;
  }
  *milliseconds = static_cast<float>((end->time - begin->time) / 1000);
  return cudaSuccess;
}
