// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The memory of the double's devices: pages that nobody can touch but the work on streams, between guard
// pages.
#ifndef NM4J_DOUBLE_RUNTIME_MEMORY_H_
#define NM4J_DOUBLE_RUNTIME_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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

// What touches memory: an operation of a stream.
struct Toucher {
  int64_t stream, position;
  Clock clock;
  std::string kernel;  // its name, or empty
};

// Bytes of an allocation from its first one on, [begin, end).
struct Run {
  size_t begin, end;
};

// Remembers the accesses, and ends the process if one is not ordered with another that it conflicts with. The second
// form: ascending runs in the allocation that begins there.
void check_race(const Access& access, const Toucher& toucher);
void check_race(const unsigned char* begin, std::vector<Run> runs, bool writes, const Toucher& toucher);

// The allocation of device memory around an address, its guard pages included; kNowhere if there is none.
Location locate_with_guards(const void* memory);

void report_memory_leaks();

}  // namespace nm4j_double

#endif  // NM4J_DOUBLE_RUNTIME_MEMORY_H_
