// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Device memory: owned buffers, and where a pointer points.
#ifndef NM4J_CUDA_RUNTIME_MEMORY_H_
#define NM4J_CUDA_RUNTIME_MEMORY_H_

#include <cstdint>
#include <utility>

#include "cuda/runtime/error.h"

namespace nm {
namespace cuda {

// Device memory that lives as long as its owner. Freeing it waits for the device.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~DeviceBuffer() { release(); }

  // On the current device. What it held before is released first.
  int32_t allocate(int64_t bytes);
  void release();

  unsigned char* data() const { return static_cast<unsigned char*>(data_); }
  int64_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  int64_t bytes_ = 0;
};

// The same allocation, its failure told with what was asked for and what is free.
int32_t allocate_device(int64_t bytes, void** memory);

// NULL is allowed where there are no bytes.
int32_t check_device_memory(const char* name, const void* memory, int64_t bytes, int32_t device);
int32_t check_host_memory(const char* name, const void* memory, int64_t bytes);

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_RUNTIME_MEMORY_H_
