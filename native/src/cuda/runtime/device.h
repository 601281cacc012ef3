// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Devices: whether they can be used and why not, and which one is current.
#ifndef NM4J_CUDA_RUNTIME_DEVICE_H_
#define NM4J_CUDA_RUNTIME_DEVICE_H_

#include <cstdint>
#include <string>

#include "cuda/runtime/error.h"

namespace nm {
namespace cuda {

struct Availability {
  nm_cuda_reason reason;
  std::string text;
};

// Looks at driver, device and compute capability.
Availability device_availability(int32_t device);

// NM_OK, or NM_CUDA_UNAVAILABLE with the reason; NM_INVALID_ARGUMENT for a number that no device has. What was usable
// once is not looked at again.
int32_t require_device(int32_t device);

// "device 0 (NVIDIA A100-SXM4-80GB)".
std::string device_label(int32_t device);

// The model's name, without the label.
std::string device_name(int32_t device);

// Makes a device current for the life of the object, then the one that was before.
class DeviceScope {
 public:
  DeviceScope() = default;
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;
  ~DeviceScope();
  int32_t enter(int32_t device);

 private:
  int previous_ = -1;
};

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_RUNTIME_DEVICE_H_
