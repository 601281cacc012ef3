/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Device memory, copies, streams and events.
 */
#include <cstring>
#include <thread>

#include "cuda/support/backend.h"

namespace nm4j_test {
namespace {

std::vector<unsigned char> Counting(int64_t bytes) {
  std::vector<unsigned char> out(static_cast<size_t>(bytes));
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<unsigned char>(i * 7 + i / 256);
  return out;
}

TEST(CudaMemory, CopiesThereAndBack) {
  const Stream stream;
  for (const int64_t bytes : {1, 255, 4096, 100001}) {
    const std::vector<unsigned char> host = Counting(bytes);
    const DeviceBytes a(stream, host), b(bytes);
    ASSERT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_ON_DEVICE, b.data(), a.data(), bytes)));
    EXPECT_EQ(b.Download(stream), host);
  }
}

TEST(CudaMemory, RowsWithPitches) {
  const Stream stream;
  const int64_t width = 13, rows = 7, from_pitch = 20, to_pitch = 17;
  const std::vector<unsigned char> host = Counting(rows * from_pitch);
  const DeviceBytes device(stream, std::vector<unsigned char>(static_cast<size_t>(rows * to_pitch), 0xaa));
  // The last row ends with its last byte on both sides.
  ASSERT_TRUE(CudaOk(nm_cuda_copy_rows(stream.get(), NM_CUDA_TO_DEVICE, device.data(), to_pitch, host.data(),
                                       from_pitch, width, rows)));
  const std::vector<unsigned char> found = device.Download(stream);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < to_pitch; ++i) {
      const unsigned char expected = i < width ? host[static_cast<size_t>(row * from_pitch + i)] : 0xaa;
      ASSERT_EQ(found[static_cast<size_t>(row * to_pitch + i)], expected) << row << ' ' << i;
    }
  }
}

TEST(CudaMemory, Fill) {
  const Stream stream;
  const DeviceBytes device(stream, std::vector<unsigned char>(100, 1));
  ASSERT_TRUE(CudaOk(nm_cuda_fill(stream.get(), static_cast<unsigned char*>(device.data()) + 10, 0xfe, 80)));
  const std::vector<unsigned char> found = device.Download(stream);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(found[i], i >= 10 && i < 90 ? 0xfe : 1);
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_fill(stream.get(), device.data(), 256, 1), {"value", "256"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_fill(stream.get(), device.data(), -1, 1), {"value", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_fill(stream.get(), device.data(), 0, -1), {"bytes", "-1"}));
  EXPECT_TRUE(CudaOk(nm_cuda_fill(stream.get(), nullptr, 0, 0)));
}

TEST(CudaMemory, PinnedHostMemory) {
  const Stream stream;
  void* pinned = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_host_alloc(1000, &pinned)));
  std::memset(pinned, 3, 1000);
  const DeviceBytes device(1000);
  ASSERT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_TO_DEVICE, device.data(), pinned, 1000)));
  EXPECT_EQ(device.Download(stream), std::vector<unsigned char>(1000, 3));
  EXPECT_TRUE(CudaOk(nm_cuda_host_free(pinned)));
  EXPECT_TRUE(CudaOk(nm_cuda_host_free(nullptr)));
}

TEST(CudaMemory, NothingAndTooMuch) {
  void* memory = &memory;
  EXPECT_TRUE(CudaOk(nm_cuda_alloc(0, 0, &memory)));
  EXPECT_EQ(memory, nullptr);
  EXPECT_TRUE(CudaOk(nm_cuda_free(0, nullptr)));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_alloc(0, -1, &memory), {"bytes", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_alloc(0, 1, nullptr), {"memory"}));
  EXPECT_TRUE(CudaRefuses(NM_OUT_OF_MEMORY, nm_cuda_alloc(0, int64_t{1} << 50, &memory), {"free"}));
  EXPECT_EQ(memory, nullptr);
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_alloc(1000, 8, &memory), {"device", "1000"}));
  int on_host;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_free(0, &on_host), {"memory", "host"}));
}

TEST(CudaMemory, CopiesThatAreRefused) {
  const Stream stream;
  const DeviceBytes device(64);
  unsigned char host[64], other[64];
  const auto copy = [&](int32_t kind, void* to, const void* from, int64_t bytes) {
    return nm_cuda_copy(stream.get(), kind, to, from, bytes);
  };
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(0, device.data(), host, 8), {"kind", "0"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(4, device.data(), host, 8), {"kind", "4"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_TO_DEVICE, device.data(), host, -1), {"bytes", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_TO_DEVICE, nullptr, host, 8), {"to", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_TO_DEVICE, device.data(), nullptr, 8), {"from", "NULL"}));
  // The wrong direction.
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_TO_DEVICE, other, host, 8), {"to", "host"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_FROM_DEVICE, device.data(), other, 8), {"to", "device"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_FROM_DEVICE, host, other, 8), {"from", "host"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_ON_DEVICE, device.data(), host, 8), {"from", "host"}));
  // Overlap.
  auto* const bytes = static_cast<unsigned char*>(device.data());
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, copy(NM_CUDA_ON_DEVICE, bytes + 4, bytes, 8), {"overlapping"}));
  EXPECT_TRUE(CudaOk(copy(NM_CUDA_ON_DEVICE, bytes + 8, bytes, 8)));
  EXPECT_TRUE(CudaOk(copy(NM_CUDA_ON_DEVICE, nullptr, nullptr, 0)));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_copy_rows(stream.get(), NM_CUDA_TO_DEVICE, bytes, 3, host, 8, 4, 2),
                          {"to", "3", "4"}));
  EXPECT_TRUE(CudaRefuses(
      NM_OVERFLOW, nm_cuda_copy_rows(stream.get(), NM_CUDA_TO_DEVICE, bytes, INT64_MAX, host, 8, 4, 3), {"2^63"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_copy(nullptr, NM_CUDA_TO_DEVICE, bytes, host, 8), {"stream"}));
  stream.Synchronize();
}

TEST(CudaMemory, OfAnotherDevice) {
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  if (count < 2) GTEST_SKIP() << "one device";
  const Stream stream(1);
  const DeviceBytes here(64, 0, 0), there(64, 0, 1);
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT,
                          nm_cuda_copy(stream.get(), NM_CUDA_ON_DEVICE, there.data(), here.data(), 8),
                          {"from", "device", "0", "1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_fill(stream.get(), here.data(), 0, 8), {"memory", "device"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_free(1, here.data()), {"memory", "device"}));
}

TEST(CudaStreams, KnowTheirDevice) {
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  for (int32_t device = 0; device < count; ++device) {
    const Stream stream(device);
    int32_t found = -1;
    EXPECT_TRUE(CudaOk(nm_cuda_stream_device(stream.get(), &found)));
    EXPECT_EQ(found, device);
    EXPECT_TRUE(CudaOk(nm_cuda_synchronize(device)));
  }
}

TEST(CudaStreams, WrapForeignOnes) {
  const Stream stream;
  void* raw = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_stream_raw(stream.get(), &raw)));
  ASSERT_NE(raw, nullptr);
  for (void* foreign : {raw, static_cast<void*>(nullptr)}) {
    nm_cuda_stream* wrapped = nullptr;
    ASSERT_TRUE(CudaOk(nm_cuda_stream_wrap(0, foreign, &wrapped)));
    void* same = &same;
    EXPECT_TRUE(CudaOk(nm_cuda_stream_raw(wrapped, &same)));
    EXPECT_EQ(same, foreign);
    const DeviceBytes device(16);
    EXPECT_TRUE(CudaOk(nm_cuda_fill(wrapped, device.data(), 9, 16)));
    EXPECT_TRUE(CudaOk(nm_cuda_stream_synchronize(wrapped)));
    EXPECT_EQ(device.Download(stream), std::vector<unsigned char>(16, 9));
    EXPECT_TRUE(CudaOk(nm_cuda_stream_free(wrapped)));
  }
  stream.Synchronize();  // it lives on
}

TEST(CudaStreams, QueryComesToAnEnd) {
  const Stream stream;
  const DeviceBytes device(1 << 20);
  ASSERT_TRUE(CudaOk(nm_cuda_fill(stream.get(), device.data(), 1, 1 << 20)));
  int32_t done = 0;
  for (int i = 0; i < 1000000 && done == 0; ++i) ASSERT_TRUE(CudaOk(nm_cuda_stream_query(stream.get(), &done)));
  EXPECT_EQ(done, 1);
}

TEST(CudaStreams, Null) {
  int32_t value;
  void* raw;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_create(0, nullptr), {"out"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_wrap(0, nullptr, nullptr), {"out"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_device(nullptr, &value), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_raw(nullptr, &raw), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_synchronize(nullptr), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_query(nullptr, &value), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_trim(nullptr), {"stream"}));
  EXPECT_TRUE(CudaOk(nm_cuda_stream_free(nullptr)));
  EXPECT_TRUE(CudaOk(nm_cuda_event_free(nullptr)));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_event_create(0, nullptr), {"out"}));
}

class Event {
 public:
  explicit Event(int32_t device = 0) { EXPECT_TRUE(CudaOk(nm_cuda_event_create(device, &event_))); }
  ~Event() { EXPECT_TRUE(CudaOk(nm_cuda_event_free(event_))); }
  nm_cuda_event* get() const { return event_; }

 private:
  nm_cuda_event* event_ = nullptr;
};

// The second stream copies what the first one writes.
TEST(CudaEvents, OrderStreams) {
  const Stream first, second;
  const Event written;
  const DeviceBytes a(256), b(256);
  ASSERT_TRUE(CudaOk(nm_cuda_fill(first.get(), a.data(), 42, 256)));
  ASSERT_TRUE(CudaOk(nm_cuda_event_record(written.get(), first.get())));
  ASSERT_TRUE(CudaOk(nm_cuda_stream_wait(second.get(), written.get())));
  ASSERT_TRUE(CudaOk(nm_cuda_copy(second.get(), NM_CUDA_ON_DEVICE, b.data(), a.data(), 256)));
  EXPECT_EQ(b.Download(second), std::vector<unsigned char>(256, 42));
}

TEST(CudaEvents, NeverRecorded) {
  const Stream stream;
  const Event event;
  int32_t done = 0;
  EXPECT_TRUE(CudaOk(nm_cuda_event_query(event.get(), &done)));
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(CudaOk(nm_cuda_event_synchronize(event.get())));
  EXPECT_TRUE(CudaOk(nm_cuda_stream_wait(stream.get(), event.get())));
  float milliseconds;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_STATE, nm_cuda_event_elapsed(event.get(), event.get(), &milliseconds), {}));
}

TEST(CudaEvents, MeasureTime) {
  const Stream stream;
  const Event begin, end;
  const DeviceBytes device(1 << 16);
  ASSERT_TRUE(CudaOk(nm_cuda_event_record(begin.get(), stream.get())));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(CudaOk(nm_cuda_fill(stream.get(), device.data(), i, 1 << 16)));
  ASSERT_TRUE(CudaOk(nm_cuda_event_record(end.get(), stream.get())));
  ASSERT_TRUE(CudaOk(nm_cuda_event_synchronize(end.get())));
  float milliseconds = -1;
  ASSERT_TRUE(CudaOk(nm_cuda_event_elapsed(begin.get(), end.get(), &milliseconds)));
  EXPECT_GT(milliseconds, 0);
}

TEST(CudaEvents, BelongToADevice) {
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  if (count < 2) GTEST_SKIP() << "one device";
  const Stream stream(1);
  const Event event(0), other(1);
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_event_record(event.get(), stream.get()), {"event", "1", "0"}));
  float milliseconds;
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_event_elapsed(event.get(), other.get(), &milliseconds), {"device"}));
}

// Threads keep their own current device: nm4j leaves it as it found it, so one that never chose works on device 0.
TEST(CudaStreams, FromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      const Stream stream(0);
      const std::vector<unsigned char> host(1000, static_cast<unsigned char>(t));
      const DeviceBytes a(stream, host), b(1000);
      for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_ON_DEVICE, b.data(), a.data(), 1000)));
        EXPECT_EQ(b.Download(stream), host);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace nm4j_test
