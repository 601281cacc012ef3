// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Uninitialised memory of a fixed size, aligned to cache lines (and so to the widest vectors). Copies share it.
#ifndef NM4J_FORMAT_ALIGNED_ARRAY_H_
#define NM4J_FORMAT_ALIGNED_ARRAY_H_

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace nm {

template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(int64_t size) : size_(size) {
    int64_t bytes;
    if (__builtin_mul_overflow(size, static_cast<int64_t>(sizeof(T)), &bytes) ||
        __builtin_add_overflow(bytes, kHugePage, &bytes)) {
      throw std::bad_alloc();
    }
    bytes -= kHugePage;
    const int64_t alignment = bytes < kHugePage ? kCacheLine : kHugePage;
    data_.reset(static_cast<T*>(std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment)),
                &std::free);
    if (data_ == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    // One page fault and one address translation for 2 MiB instead of 512. Where the system refuses, nothing is lost.
    if (alignment == kHugePage) madvise(data_.get(), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  int64_t size() const { return size_; }
  int64_t bytes() const { return size_ * static_cast<int64_t>(sizeof(T)); }

 private:
  static constexpr int64_t kCacheLine = 64, kHugePage = int64_t{2} << 20;
  std::shared_ptr<T> data_;
  int64_t size_ = 0;
};

}  // namespace nm

#endif  // NM4J_FORMAT_ALIGNED_ARRAY_H_
