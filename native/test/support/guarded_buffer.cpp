/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/guarded_buffer.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "support/float_bits.h"

namespace nm4j_test {
namespace {

size_t PageSize() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// The canary of a byte depends on its address only, so that whole floats of slack read as the canary NaN.
unsigned char CanaryByte(const unsigned char* p) {
  return static_cast<unsigned char>(kCanaryBits >> (8 * (reinterpret_cast<uintptr_t>(p) % 4)));
}

}  // namespace

GuardedMemory::GuardedMemory(size_t bytes, size_t element, Placement placement) : bytes_(bytes) {
  const size_t page = PageSize();
  page_bytes_ = (bytes + element + page - 1) / page * page;  // room for the data behind one element
  void* all = mmap(nullptr, page_bytes_ + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) throw std::bad_alloc();
  pages_ = static_cast<unsigned char*>(all) + page;
  AllowAccess();
  for (unsigned char* p = pages_; p < pages_ + page_bytes_; ++p) *p = CanaryByte(p);
  switch (placement) {
    case Placement::kBeforeGuard:
      data_ = pages_ + page_bytes_ - bytes;
      break;
    case Placement::kAfterGuard:
      data_ = pages_;
      break;
    case Placement::kUnaligned:
      data_ = pages_ + element;
      break;
  }
}

GuardedMemory::GuardedMemory(GuardedMemory&& other) noexcept
    : pages_(std::exchange(other.pages_, nullptr)),
      page_bytes_(other.page_bytes_),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(other.bytes_),
      protection_(other.protection_) {}

GuardedMemory::~GuardedMemory() {
  if (pages_ == nullptr) return;
  AllowAccess();
  EXPECT_TRUE(SlackIntact()) << "something wrote outside of a buffer of " << bytes_ << " bytes";
  munmap(pages_ - PageSize(), page_bytes_ + 2 * PageSize());
}

bool GuardedMemory::SlackIntact() const {
  for (const unsigned char* p = pages_; p < data_; ++p) {
    if (*p != CanaryByte(p)) return false;
  }
  for (const unsigned char* p = data_ + bytes_; p < pages_ + page_bytes_; ++p) {
    if (*p != CanaryByte(p)) return false;
  }
  return true;
}

void GuardedMemory::Protect(int protection) {
  if (protection == protection_) return;
  if (mprotect(pages_, page_bytes_, protection) != 0) throw std::bad_alloc();
  protection_ = protection;
}

void GuardedMemory::ForbidWrites() { Protect(PROT_READ); }
void GuardedMemory::ForbidAccess() { Protect(PROT_NONE); }
void GuardedMemory::AllowAccess() { Protect(PROT_READ | PROT_WRITE); }

}  // namespace nm4j_test
