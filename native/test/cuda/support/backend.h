/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_BACKEND_H_
#define NM4J_TEST_CUDA_SUPPORT_BACKEND_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "nm4j/nm4j_cuda.h"
#include "support/status.h"

namespace nm4j_test {

testing::AssertionResult CudaOk(int32_t status);
testing::AssertionResult CudaRefuses(int32_t expected, int32_t status, std::initializer_list<std::string> words);

// Whether the tests run on the double; on a card, those that steer it are skipped.
bool Simulated();

// The double's control functions (test/double/control.h); on a card they do nothing and return 0.
int64_t LiveObjects();
int64_t PendingOperations();
int64_t Calls();
void FailAt(int64_t k);
bool HasFailed();
void BreakConfig(int32_t config);

#define NM4J_NEEDS_DOUBLE() \
  if (!::nm4j_test::Simulated()) GTEST_SKIP() << "steers the double"

// A stream of the test's own, on device 0 unless said otherwise.
class Stream {
 public:
  explicit Stream(int32_t device = 0) { EXPECT_TRUE(CudaOk(nm_cuda_stream_create(device, &stream_))); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { EXPECT_TRUE(CudaOk(nm_cuda_stream_free(stream_))); }

  nm_cuda_stream* get() const { return stream_; }
  void Synchronize() const { EXPECT_TRUE(CudaOk(nm_cuda_stream_synchronize(stream_))); }

 private:
  nm_cuda_stream* stream_ = nullptr;
};

// Bytes of device memory. `offset` bytes lie before them, so that they are less aligned than cudaMalloc's.
class DeviceBytes {
 public:
  explicit DeviceBytes(int64_t bytes, int64_t offset = 0, int32_t device = 0)
      : device_(device), bytes_(bytes), offset_(offset) {
    EXPECT_TRUE(CudaOk(nm_cuda_alloc(device, bytes + offset, &memory_)));
  }
  DeviceBytes(const Stream& stream, const std::vector<unsigned char>& host, int64_t offset = 0)
      : DeviceBytes(static_cast<int64_t>(host.size()), offset) {
    Upload(stream, host);
  }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;
  ~DeviceBytes() { EXPECT_TRUE(CudaOk(nm_cuda_free(device_, memory_))); }

  void* data() const { return static_cast<unsigned char*>(memory_) + offset_; }
  int64_t bytes() const { return bytes_; }

  void Upload(const Stream& stream, const std::vector<unsigned char>& host) const {
    EXPECT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_TO_DEVICE, data(), host.data(), bytes_)));
    stream.Synchronize();
  }
  std::vector<unsigned char> Download(const Stream& stream) const {
    std::vector<unsigned char> host(static_cast<size_t>(bytes_));
    EXPECT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_FROM_DEVICE, host.data(), data(), bytes_)));
    stream.Synchronize();
    return host;
  }

 private:
  const int32_t device_;
  const int64_t bytes_, offset_;
  void* memory_ = nullptr;
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_BACKEND_H_
