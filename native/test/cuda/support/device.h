/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Device memory for the tests of kernels, which run alike on the double and on a card.
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_DEVICE_H_
#define NM4J_TEST_CUDA_SUPPORT_DEVICE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "cuda/support/backend.h"
#include "cuda/support/elements.h"
#include "nm4j/nm4j_cuda.h"
#include "support/random.h"

namespace nm4j_test {

// For calls that only prepare what a test is about.
inline void Need(int32_t status) {
  if (status != NM_OK) throw std::runtime_error(std::string(nm_cuda_status_name(status)) + ": " + nm_cuda_last_error());
}

// For typed tests: what the kernels take.
using AllTypes = testing::Types<float, Half, Brain, int8_t>;
using FloatTypes = testing::Types<float, Half, Brain>;

// Device 0 and a stream on it. No device is a failure: the double always has one, and a card is what the others want.
class DeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    int32_t reason;
    const char* text;
    Need(nm_cuda_device_reason(0, &reason, &text));
    ASSERT_EQ(reason, NM_CUDA_AVAILABLE) << text;
    Need(nm_cuda_stream_create(0, &stream_));
  }
  void TearDown() override { EXPECT_TRUE(CudaOk(nm_cuda_stream_free(stream_))); }

  nm_cuda_stream* stream() const { return stream_; }
  Random& random() { return random_; }

 private:
  nm_cuda_stream* stream_ = nullptr;
  Random random_;
};

// An array in device memory, `offset` elements behind an address that is aligned to 256 bytes. The bytes around it hold
// canaries, which reading it back checks.
template <typename T>
class DeviceArray {
 public:
  DeviceArray(nm_cuda_stream* stream, const std::vector<T>& values, int64_t offset = 0)
      : stream_(stream), size_(static_cast<int64_t>(values.size())), before_(kMargin + offset * kElement) {
    Need(nm_cuda_alloc(0, Bytes(), &memory_));
    Need(nm_cuda_fill(stream, memory_, kCanary, Bytes()));
    if (size_ > 0) Need(nm_cuda_copy(stream, NM_CUDA_TO_DEVICE, data(), values.data(), size_ * kElement));
    Need(nm_cuda_stream_synchronize(stream));
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { nm_cuda_free(0, memory_); }

  T* data() const { return reinterpret_cast<T*>(static_cast<unsigned char*>(memory_) + before_); }
  int64_t size() const { return size_; }

  std::vector<T> Read() const {
    std::vector<unsigned char> all(static_cast<size_t>(Bytes()));
    Need(nm_cuda_copy(stream_, NM_CUDA_FROM_DEVICE, all.data(), memory_, Bytes()));
    Need(nm_cuda_stream_synchronize(stream_));
    const auto values = all.begin() + before_, end = values + size_ * kElement;
    const auto touched = [](unsigned char byte) { return byte != kCanary; };
    EXPECT_EQ(0, std::count_if(all.begin(), values, touched)) << "something wrote before an array";
    EXPECT_EQ(0, std::count_if(end, all.end(), touched)) << "something wrote behind an array";
    std::vector<T> out(static_cast<size_t>(size_));
    if (size_ > 0) std::memcpy(out.data(), &*values, static_cast<size_t>(size_ * kElement));
    return out;
  }

 private:
  static constexpr int64_t kElement = sizeof(T), kMargin = 256;
  static constexpr unsigned char kCanary = 0xc5;

  int64_t Bytes() const { return before_ + size_ * kElement + kMargin; }

  nm_cuda_stream* stream_;
  int64_t size_, before_;
  void* memory_ = nullptr;
};

// Findings that say something else until a kernel has written them.
class DeviceFindings {
 public:
  explicit DeviceFindings(nm_cuda_stream* stream) : array_(stream, {{77, 77}}) {}
  nm_cuda_findings* data() const { return array_.data(); }
  testing::AssertionResult Are(int64_t count, int64_t first) const {
    const nm_cuda_findings found = array_.Read()[0];
    if (found.count == count && found.first == first) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "expected " << count << ", the first at " << first << "; got " << found.count
                                       << ", the first at " << found.first;
  }

 private:
  DeviceArray<nm_cuda_findings> array_;
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_DEVICE_H_
