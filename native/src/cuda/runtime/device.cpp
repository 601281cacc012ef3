// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "cuda/runtime/device.h"

#include <atomic>
#include <memory>

namespace nm {
namespace cuda {
namespace {

constexpr int kMajor = 8;  // sparse tensor cores begin with compute capability 8.0

// Devices found usable, one bit each; those beyond 64 are looked at each time.
std::atomic<uint64_t> usable_devices{0};

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

Availability cuda_failed(nm_cuda_reason reason, const std::string& subject, cudaError_t error) {
  cudaGetLastError();
  return {reason, subject + ": " + cudaGetErrorName(error) + " (" + cudaGetErrorString(error) + ")"};
}

Availability machine_availability(int* count) {
  *count = 0;
  int driver = 0;
  if (const cudaError_t error = cudaDriverGetVersion(&driver)) {
    return cuda_failed(NM_CUDA_NO_DRIVER, "NVIDIA driver", error);
  }
  if (driver == 0) return {NM_CUDA_NO_DRIVER, "no NVIDIA driver: libcuda.so.1 was not found"};
  const cudaError_t error = cudaGetDeviceCount(count);
  if (error == cudaSuccess && *count > 0) return {NM_CUDA_AVAILABLE, ""};
  cudaGetLastError();
  *count = 0;
  if (error == cudaErrorInsufficientDriver) {
    int runtime = 0;
    cudaRuntimeGetVersion(&runtime);
    return {NM_CUDA_DRIVER_TOO_OLD, "the driver supports CUDA " + version_text(driver) + ", this library needs " +
                                        version_text(runtime) + "; install a newer driver"};
  }
  if (error == cudaErrorNoDevice || error == cudaSuccess) {
    return {NM_CUDA_NO_DEVICE, "no NVIDIA device (does CUDA_VISIBLE_DEVICES hide it?)"};
  }
  return cuda_failed(NM_CUDA_DEVICE_FAILED, "NVIDIA driver", error);
}

}  // namespace

std::string device_name(int32_t device) {
  const auto properties = std::make_unique<cudaDeviceProp>();
  if (cudaGetDeviceProperties(properties.get(), device) != cudaSuccess) {
    cudaGetLastError();
    return "unknown";
  }
  return properties->name;
}

std::string device_label(int32_t device) {
  return "device " + std::to_string(device) + " (" + device_name(device) + ")";
}

Availability device_availability(int32_t device) {
  int count;
  const Availability machine = machine_availability(&count);
  if (machine.reason != NM_CUDA_AVAILABLE) return machine;
  if (device < 0 || device >= count) {
    return {NM_CUDA_NO_DEVICE,
            "device: expected 0 .. " + std::to_string(count - 1) + ", got " + std::to_string(device)};
  }
  const std::string label = device_label(device);
  int major = 0, minor = 0;
  cudaError_t error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  if (error != cudaSuccess) return cuda_failed(NM_CUDA_DEVICE_FAILED, label, error);
  if (major < kMajor) {
    return {NM_CUDA_OLD_DEVICE, label + ": compute capability " + std::to_string(major) + "." + std::to_string(minor) +
                                    " is below " + std::to_string(kMajor) + ".0, the first with sparse tensor cores"};
  }
  DeviceScope scope;
  error = scope.enter(device) == NM_OK ? cudaFree(nullptr) : cudaErrorInvalidDevice;
  if (error != cudaSuccess) return cuda_failed(NM_CUDA_DEVICE_FAILED, label, error);
  if (device < 64) usable_devices |= uint64_t{1} << device;
  return {NM_CUDA_AVAILABLE, label + " is usable"};
}

int32_t require_device(int32_t device) {
  if (0 <= device && device < 64 && (usable_devices >> device & 1)) return NM_OK;
  int count;
  if (machine_availability(&count).reason == NM_CUDA_AVAILABLE && (device < 0 || device >= count)) {
    return fail(NM_INVALID_ARGUMENT, "device: expected 0 .. %d, got %d", count - 1, device);
  }
  const Availability found = device_availability(device);
  return found.reason == NM_CUDA_AVAILABLE ? NM_OK : fail(NM_CUDA_UNAVAILABLE, "%s", found.text.c_str());
}

int32_t DeviceScope::enter(int32_t device) {
  int current;
  NM_CUDA_TRY(cudaGetDevice, &current);
  if (current == device) return NM_OK;
  NM_CUDA_TRY(cudaSetDevice, device);
  previous_ = current;
  return NM_OK;
}

DeviceScope::~DeviceScope() {
  if (previous_ >= 0) cudaSetDevice(previous_);
}

}  // namespace cuda
}  // namespace nm
