// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The remaining functions of the CUDA runtime, over the memory and the streams of the double.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "control.h"
#include "runtime/memory.h"
#include "runtime/queue.h"

using nm4j_double::Access;
using nm4j_double::breach;
using nm4j_double::current_device;
using nm4j_double::fails_now;
using nm4j_double::lock;
using nm4j_double::Where;

namespace {

constexpr int kRuntimeVersion = 13000;
thread_local int device_of_thread = 0;
thread_local cudaError_t last_error = cudaSuccess;

int number(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? std::atoi(text) : otherwise;
}

int driver_version() { return number("NM4J_DOUBLE_DRIVER", kRuntimeVersion); }
int device_count() { return number("NM4J_DOUBLE_DEVICES", 2); }

cudaError_t note(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

// What is copied, with the direction that the caller names: the real runtime takes a wrong one for "default".
void require(const char* name, const Access& access, bool on_device, int device) {
  const size_t bytes = access.rows == 0 ? 0 : (access.rows - 1) * access.pitch + access.width;
  if (on_device) {
    nm4j_double::require_device_memory(name, access.data, bytes, device);
  } else if (nm4j_double::locate(access.data).where == Where::kDevice) {
    breach("%s: device memory where the copy's direction says host memory", name);
  }
}

}  // namespace

namespace nm4j_double {

int current_device() { return device_of_thread; }

void capability(int* major, int* minor) {
  const char* text = std::getenv("NM4J_DOUBLE_SM");
  *major = 8;
  *minor = 0;
  if (text != nullptr) std::sscanf(text, "%d.%d", major, minor);
}

}  // namespace nm4j_double

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInitializationError:
      return "cudaErrorInitializationError";
    case cudaErrorInsufficientDriver:
      return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    default:
      return "cudaErrorUnknown";
  }
}

const char* cudaGetErrorString(cudaError_t) { return "simulated"; }

cudaError_t cudaGetLastError(void) {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

cudaError_t cudaDriverGetVersion(int* version) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorUnknown);
  *version = driver_version();
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = kRuntimeVersion;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorUnknown);
  if (driver_version() < kRuntimeVersion) return note(cudaErrorInsufficientDriver);
  *count = device_count();
  return *count > 0 ? cudaSuccess : note(cudaErrorNoDevice);
}

cudaError_t cudaGetDevice(int* device) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorUnknown);
  *device = device_of_thread;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now() || device < 0 || device >= device_count()) return note(cudaErrorInvalidDevice);
  device_of_thread = device;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now() || device < 0 || device >= device_count()) return note(cudaErrorInvalidDevice);
  int major, minor;
  nm4j_double::capability(&major, &minor);
  std::snprintf(properties->name, sizeof properties->name, "nm4j contract double, sm_%d%d", major, minor);
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now() || device < 0 || device >= device_count()) return note(cudaErrorInvalidDevice);
  int major, minor;
  nm4j_double::capability(&major, &minor);
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor:
      *value = major;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = minor;
      break;
    case cudaDevAttrMultiProcessorCount:
      *value = 4;
      break;
    default:
      *value = 0;
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  nm4j_double::run_device(current_device());
  return fails_now() ? note(cudaErrorLaunchFailure) : cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorUnknown);
  nm4j_double::memory_info(current_device(), free_bytes, total_bytes);
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorMemoryAllocation);
  return note(nm4j_double::allocate(current_device(), bytes, memory));
}

// A failure here is that of earlier work; the memory is free all the same.
cudaError_t cudaFree(void* memory) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (memory != nullptr) nm4j_double::release(memory);
  return fails_now() ? note(cudaErrorLaunchFailure) : cudaSuccess;
}

cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorMemoryAllocation);
  return note(nm4j_double::allocate_host(bytes, memory));
}

cudaError_t cudaFreeHost(void* memory) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  nm4j_double::release_host(memory);
  return fails_now() ? note(cudaErrorLaunchFailure) : cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* memory) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorUnknown);
  const nm4j_double::Location at = nm4j_double::locate(memory);
  *attributes = {at.where == Where::kDevice ? cudaMemoryTypeDevice
                 : at.where == Where::kHost ? cudaMemoryTypeHost
                                            : cudaMemoryTypeUnregistered,
                 at.where == Where::kDevice ? at.device : -1, nullptr, nullptr};
  return cudaSuccess;
}

// On the default stream; the host waits.
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  const cudaError_t error = cudaMemcpyAsync(to, from, bytes, kind, nullptr);
  return error == cudaSuccess ? cudaStreamSynchronize(nullptr) : error;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorInvalidValue);
  if (width > to_pitch || width > from_pitch) return note(cudaErrorInvalidValue);
  if (height > 1 && (to_pitch > 0x7fffffff || from_pitch > 0x7fffffff)) return note(cudaErrorInvalidValue);
  const int device = nm4j_double::resolve(stream)->device;
  const Access source = {from, width, from_pitch, height, false}, target = {to, width, to_pitch, height, true};
  require("the source of a copy", source, kind != cudaMemcpyHostToDevice, device);
  require("the target of a copy", target, kind != cudaMemcpyDeviceToHost, device);
  nm4j_double::enqueue(stream, {source, target}, [=] {
    for (size_t row = 0; row < height; ++row) {
      std::memcpy(static_cast<unsigned char*>(to) + row * to_pitch,
                  static_cast<const unsigned char*>(from) + row * from_pitch, width);
    }
  });
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  const std::lock_guard<std::recursive_mutex> guard(lock());
  if (fails_now()) return note(cudaErrorInvalidValue);
  const Access target = {memory, bytes, bytes, 1, true};
  require("the target of a fill", target, true, nm4j_double::resolve(stream)->device);
  nm4j_double::enqueue(stream, {target}, [=] { std::memset(memory, value, bytes); });
  return cudaSuccess;
}
