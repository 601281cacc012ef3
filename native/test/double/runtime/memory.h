// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The memory of the double's devices: pages that nobody can touch but the work on streams, between guard
// pages.
#ifndef NM4J_DOUBLE_RUNTIME_MEMORY_H_
#define NM4J_DOUBLE_RUNTIME_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "runtime/queue.h"

namespace nm4j_double {

enum class Where { kNowhere, kDevice, kHost };

struct Location {
  Where where;
  int device;
  const unsigned char* begin;  // of the allocation
  size_t bytes;
};

cudaError_t allocate(int device, size_t bytes, void** memory);
cudaError_t release(void* memory);
cudaError_t allocate_host(size_t bytes, void** memory);
cudaError_t release_host(void* memory);
void memory_info(int device, size_t* free_bytes, size_t* total_bytes);

NM4J_DOUBLE_API Location locate(const void* memory);

// Ends the process unless all of the access is device memory of that device.
NM4J_DOUBLE_API void require_device_memory(const char* name, const void* memory, size_t bytes, int device);

// While it exists, the process can touch the memory of this device, and of no other.
class Unlocked {
 public:
  explicit Unlocked(int device);
  ~Unlocked();

 private:
  const int device_;
};

// Remembers the access and ends the process if it is not ordered after an earlier one that it conflicts with.
void check_race(const Access& access, int64_t stream, int64_t position, const Clock& clock, const Clock& host);

void report_memory_leaks();

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_RUNTIME_MEMORY_H_
