// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What a kernel touches, byte for byte, while it runs: kernels are compiled with -fsanitize=thread, but for
// the calls alone that this puts before each access (kernel_accesses.cpp answers them). So kernels of two streams that
// meet in memory without an event between them, and accesses outside an allocation, end the process.
#ifndef NM4J_DOUBLE_RUNTIME_OBSERVER_H_
#define NM4J_DOUBLE_RUNTIME_OBSERVER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "runtime/memory.h"

namespace nm4j_double {

// Of the thread that runs a kernel, as long as it does.
class Observer {
 public:
  explicit Observer(Toucher kernel);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  void note(const void* address, size_t bytes, bool writes);
  void check_races() const;

 private:
  // One bit a byte of an allocation.
  struct Touched {
    size_t bytes;
    std::vector<uint64_t> read, written;
  };

  const Toucher kernel_;
  std::map<const unsigned char*, Touched> allocations_;
  // The allocation that was touched last.
  const unsigned char* begin_ = nullptr;
  Touched* last_ = nullptr;
};

}  // namespace nm4j_double

// For kernel_accesses.cpp: an access by this thread. Anything but device memory, and whoever runs no kernel, is
// ignored.
extern "C" NM4J_DOUBLE_API void nm_double_note_access(const void* address, size_t bytes, int writes);

#endif  // NM4J_DOUBLE_RUNTIME_OBSERVER_H_
