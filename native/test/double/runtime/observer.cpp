// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "runtime/observer.h"

#include <algorithm>

namespace nm4j_double {
namespace {

thread_local Observer* observer = nullptr;

constexpr size_t kWord = 64;

void set(std::vector<uint64_t>* bits, size_t begin, size_t end) {
  for (size_t i = begin; i < end;) {
    const size_t stop = std::min(end, (i / kWord + 1) * kWord), count = stop - i;
    const uint64_t ones = count == kWord ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    (*bits)[i / kWord] |= ones << i % kWord;
    i = stop;
  }
}

// The first byte from `i` on whose bit is `value`, or where the bits end.
size_t find(const std::vector<uint64_t>& bits, size_t i, bool value) {
  for (size_t word = i / kWord; word < bits.size(); ++word, i = word * kWord) {
    const uint64_t wanted = (value ? bits[word] : ~bits[word]) >> i % kWord;
    if (wanted != 0) return i + static_cast<size_t>(__builtin_ctzll(wanted));
  }
  return bits.size() * kWord;
}

std::vector<Run> runs_of(const std::vector<uint64_t>& bits) {
  std::vector<Run> runs;
  const size_t all = bits.size() * kWord;
  for (size_t begin = find(bits, 0, true); begin < all;) {
    const size_t end = find(bits, begin, false);
    runs.push_back({begin, end});
    begin = end < all ? find(bits, end, true) : all;
  }
  return runs;
}

}  // namespace

Observer::Observer(Toucher kernel) : kernel_(std::move(kernel)) { observer = this; }
Observer::~Observer() { observer = nullptr; }

void Observer::note(const void* address, size_t bytes, bool writes) {
  const auto* const first = static_cast<const unsigned char*>(address);
  if (last_ == nullptr || first < begin_ || first + bytes > begin_ + last_->bytes) {
    const Location at = locate_with_guards(address);
    if (at.where == Where::kNowhere) return;  // the host's: arguments, shared and local memory
    if (first < at.begin || first + bytes > at.begin + at.bytes) {
      breach("kernel %s %s %zu bytes %td bytes from the start of an allocation of %zu bytes", kernel_.kernel.c_str(),
             writes ? "writes" : "reads", bytes, first - at.begin, at.bytes);
    }
    begin_ = at.begin;
    last_ = &allocations_[begin_];
    last_->bytes = at.bytes;
  }
  std::vector<uint64_t>& bits = writes ? last_->written : last_->read;
  if (bits.empty()) bits.resize(last_->bytes / kWord + 1);
  const auto begin = static_cast<size_t>(first - begin_);
  set(&bits, begin, begin + bytes);
}

void Observer::check_races() const {
  for (const auto& [begin, touched] : allocations_) {
    check_race(begin, runs_of(touched.read), false, kernel_);
    check_race(begin, runs_of(touched.written), true, kernel_);
  }
}

}  // namespace nm4j_double

void nm_double_note_access(const void* address, size_t bytes, int writes) {
  if (nm4j_double::observer != nullptr) nm4j_double::observer->note(address, bytes, writes != 0);
}
