/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_GUARDED_BUFFER_H_
#define NM4J_TEST_SUPPORT_GUARDED_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <utility>

namespace nm4j_test {

// Where the data lies between its two inaccessible pages.
enum class Placement {
  kBeforeGuard,  // ends at the rear one: an access behind the last byte faults
  kAfterGuard,   // starts at the front one: an access before the first byte faults
  kUnaligned     // one element behind the front one: no better aligned than the element type
};
inline constexpr Placement kPlacements[] = {Placement::kBeforeGuard, Placement::kAfterGuard, Placement::kUnaligned};

// Pages of its own between two inaccessible ones. What is left of the pages beside the data (the slack) holds canaries,
// which the destructor checks: a stray write that hits no guard page becomes a test failure there.
class GuardedMemory {
 public:
  GuardedMemory(size_t bytes, size_t element, Placement placement);
  GuardedMemory(GuardedMemory&& other) noexcept;
  GuardedMemory& operator=(GuardedMemory&&) = delete;
  ~GuardedMemory();

  unsigned char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

  void ForbidWrites();
  void ForbidAccess();
  void AllowAccess();

 private:
  bool SlackIntact() const;
  void Protect(int protection);

  unsigned char* pages_ = nullptr;  // the accessible ones
  size_t page_bytes_ = 0;
  unsigned char* data_ = nullptr;
  size_t bytes_ = 0;
  int protection_ = 0;
};

template <typename T>
class GuardedBuffer {
 public:
  explicit GuardedBuffer(int64_t size, Placement placement = Placement::kBeforeGuard)
      : memory_(static_cast<size_t>(size) * sizeof(T), sizeof(T), placement), size_(size) {}

  T* data() const { return reinterpret_cast<T*>(memory_.data()); }
  int64_t size() const { return size_; }
  T& operator[](int64_t i) const { return data()[i]; }
  T* begin() const { return data(); }
  T* end() const { return data() + size_; }

  void ForbidWrites() { memory_.ForbidWrites(); }
  void ForbidAccess() { memory_.ForbidAccess(); }
  void AllowAccess() { memory_.AllowAccess(); }

 private:
  GuardedMemory memory_;
  int64_t size_;
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_GUARDED_BUFFER_H_
