/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The double itself: that it sees what it is there to see. These tests call cuSPARSELt and the CUDA runtime as a
 * careless program would.
 */
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "cuda/support/numbers.h"
#include "cuda/support/product.h"
#include "double/lt/names.h"

namespace nm4j_test {
namespace {

using namespace nm4j_double;  // names of cuSPARSELt's numbers

// cuSPARSELt as a program sees it that includes NVIDIA's header.
struct alignas(16) Opaque {
  unsigned char bytes[16384] = {};
};
using cudaStream = void*;

class DoubleTest : public testing::Test {
 protected:
  void SetUp() override {
    NM4J_NEEDS_DOUBLE();
    library_ = dlopen(std::getenv("NM4J_CUSPARSELT"), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
  }

  template <typename... Arguments>
  int Call(const char* name, Arguments... arguments) {
    const auto function = reinterpret_cast<int (*)(Arguments...)>(dlsym(library_, name));
    if (function == nullptr) ADD_FAILURE() << name;
    return function == nullptr ? -1 : function(arguments...);
  }
  bool Has(const char* name) { return dlsym(library_, name) != nullptr; }

  int InitHandle() { return Call("cusparseLtInit", static_cast<void*>(&handle_)); }
  int Dense(Opaque* mat, int64_t rows, int64_t cols, int64_t ld, unsigned alignment, int type, int order) {
    return Call("cusparseLtDenseDescriptorInit", Const(&handle_), static_cast<void*>(mat), rows, cols, ld, alignment,
                type, order);
  }
  int Sparse(Opaque* mat, int64_t rows, int64_t cols, int64_t ld, int type, int order) {
    return Call("cusparseLtStructuredDescriptorInit", Const(&handle_), static_cast<void*>(mat), rows, cols, ld, 16u,
                type, order, 0);
  }
  int Matmul(int op_a, int op_b, int compute) {
    return Call("cusparseLtMatmulDescriptorInit", Const(&handle_), static_cast<void*>(&matmul_), op_a, op_b, Const(&a_),
                Const(&b_), Const(&c_), Const(&c_), compute);
  }
  int SetMatmul(int attribute, const void* data, size_t size) {
    return Call("cusparseLtMatmulDescSetAttribute", Const(&handle_), static_cast<void*>(&matmul_), attribute, data,
                size);
  }
  int Select() {
    return Call("cusparseLtMatmulAlgSelectionInit", Const(&handle_), static_cast<void*>(&alg_), Const(&matmul_), 0);
  }
  int Plan() {
    return Call("cusparseLtMatmulPlanInit", Const(&handle_), static_cast<void*>(&plan_), Const(&matmul_), Const(&alg_));
  }
  int Execute(const void* alpha, const void* a, const void* b, const void* beta, const void* c, void* d,
              void* workspace, cudaStream* streams = nullptr, int32_t count = 0) {
    return Call("cusparseLtMatmul", Const(&handle_), Const(&plan_), alpha, a, b, beta, c, d, workspace, streams, count);
  }
  int Destroy(const char* what, Opaque* object) { return Call(what, Const(object)); }

  // 32 x 64 times 64 x 32, fp16, all row-major.
  void Describe() {
    ASSERT_EQ(InitHandle(), SUCCESS);
    ASSERT_EQ(Sparse(&a_, 32, 64, 64, R_16F, ROW), SUCCESS);
    ASSERT_EQ(Dense(&b_, 64, 32, 32, 16, R_16F, ROW), SUCCESS);
    ASSERT_EQ(Dense(&c_, 32, 32, 32, 16, R_16F, ROW), SUCCESS);
    ASSERT_EQ(Matmul(NON_TRANSPOSE, NON_TRANSPOSE, COMPUTE_32F), SUCCESS);
  }
  void PlanAll() {
    Describe();
    ASSERT_EQ(Select(), SUCCESS);
    ASSERT_EQ(Plan(), SUCCESS);
  }
  void DestroyMats() {
    for (Opaque* mat : {&a_, &b_, &c_}) EXPECT_EQ(Destroy("cusparseLtMatDescriptorDestroy", mat), SUCCESS);
  }
  void DestroyAll() {
    EXPECT_EQ(Destroy("cusparseLtMatmulPlanDestroy", &plan_), SUCCESS);
    if (Has("cusparseLtMatmulAlgSelectionDestroy")) {
      EXPECT_EQ(Destroy("cusparseLtMatmulAlgSelectionDestroy", &alg_), SUCCESS);
    }
    DestroyMats();
    EXPECT_EQ(Destroy("cusparseLtDestroy", &handle_), SUCCESS);
  }

  static const void* Const(const Opaque* object) { return object; }

  void* library_ = nullptr;
  Opaque handle_, a_, b_, c_, matmul_, alg_, plan_;
};

TEST_F(DoubleTest, ShapesAndLeadingDimensions) {
  ASSERT_EQ(InitHandle(), SUCCESS);
  EXPECT_EQ(Dense(&a_, 8, 8, 8, 16, R_8I, ROW), NOT_SUPPORTED);
  EXPECT_EQ(Dense(&a_, 12, 8, 8, 16, R_16F, ROW), NOT_SUPPORTED);
  EXPECT_EQ(Dense(&a_, 8, 8, 9, 16, R_16F, ROW), NOT_SUPPORTED);
  EXPECT_EQ(Dense(&a_, 8, 16, 8, 16, R_16F, ROW), INVALID_VALUE);
  EXPECT_EQ(Dense(&a_, 16, 8, 8, 16, R_16F, COL), INVALID_VALUE);
  EXPECT_EQ(Dense(&a_, 0, 8, 8, 16, R_16F, ROW), INVALID_VALUE);
  for (const unsigned alignment : {0u, 8u, 24u}) EXPECT_EQ(Dense(&a_, 8, 8, 8, alignment, R_16F, ROW), NOT_SUPPORTED);
  EXPECT_EQ(Dense(&a_, 8, 8, 8, 16, R_16F, 0), INVALID_VALUE);
  EXPECT_EQ(Dense(&a_, 8, 8, 8, 16, 1 /* fp64 */, ROW), INVALID_VALUE);
  EXPECT_EQ(Sparse(&a_, 8, 16, 16, R_16F, ROW), NOT_SUPPORTED);
  EXPECT_EQ(Sparse(&a_, 16, 24, 24, R_16F, ROW), NOT_SUPPORTED);
  EXPECT_EQ(Sparse(&a_, 32, 32, 32, R_8I, ROW), SUCCESS);
  EXPECT_EQ(Sparse(&b_, 8, 8, 8, R_32F, ROW), SUCCESS);
  EXPECT_EQ(Dense(&c_, 4, 4, 4, 32, R_32F, COL), SUCCESS);
  EXPECT_EQ(Dense(&alg_, int64_t{1} << 16, int64_t{1} << 15, int64_t{1} << 15, 16, R_16F, ROW), NOT_SUPPORTED);
  DestroyMats();
  EXPECT_EQ(Destroy("cusparseLtDestroy", &handle_), SUCCESS);
}

TEST_F(DoubleTest, ProductsThatDoNotFit) {
  ASSERT_EQ(InitHandle(), SUCCESS);
  ASSERT_EQ(Sparse(&a_, 32, 64, 64, R_8I, ROW), SUCCESS);
  ASSERT_EQ(Dense(&b_, 64, 32, 32, 16, R_8I, ROW), SUCCESS);
  ASSERT_EQ(Dense(&c_, 32, 32, 32, 16, R_8I, ROW), SUCCESS);
  // int8: both along k.
  EXPECT_EQ(Matmul(NON_TRANSPOSE, NON_TRANSPOSE, COMPUTE_32I), NOT_SUPPORTED);
  EXPECT_EQ(Matmul(TRANSPOSE, NON_TRANSPOSE, COMPUTE_32I), INVALID_VALUE);  // 64 x 32 times 64 x 32
  ASSERT_EQ(Destroy("cusparseLtMatDescriptorDestroy", &b_), SUCCESS);
  ASSERT_EQ(Dense(&b_, 64, 32, 64, 16, R_8I, COL), SUCCESS);
  EXPECT_EQ(Matmul(NON_TRANSPOSE, NON_TRANSPOSE, COMPUTE_32F), NOT_SUPPORTED);
  EXPECT_EQ(Matmul(NON_TRANSPOSE, NON_TRANSPOSE, 3), INVALID_VALUE);
  EXPECT_EQ(Matmul(NON_TRANSPOSE, NON_TRANSPOSE, COMPUTE_32I), SUCCESS);
  DestroyMats();
  EXPECT_EQ(Destroy("cusparseLtDestroy", &handle_), SUCCESS);
}

TEST_F(DoubleTest, NullRules) {
  PlanAll();
  const float one = 1;
  const Stream stream;
  const DeviceBytes any(4096);
  void* const p = any.data();
  void* raw = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_stream_raw(stream.get(), &raw)));
  EXPECT_EQ(Execute(nullptr, p, p, &one, p, p, p), INVALID_VALUE);
  EXPECT_EQ(Execute(&one, p, p, nullptr, p, p, p), INVALID_VALUE);
  EXPECT_EQ(Execute(&one, p, p, &one, nullptr, p, p), INVALID_VALUE);
  EXPECT_EQ(Execute(&one, p, p, &one, p, nullptr, p), INVALID_VALUE);
  EXPECT_EQ(Execute(&one, p, p, &one, p, p, p, nullptr, 1), INVALID_VALUE);
  EXPECT_EQ(Execute(&one, p, p, &one, p, p, p, &raw, -1), INVALID_VALUE);
  DestroyAll();
}

TEST_F(DoubleTest, AttributesOutOfRange) {
  Describe();
  const int64_t negative = -1;
  const float wrong_type = 1;
  const int one = 1;
  EXPECT_EQ(SetMatmul(BIAS_STRIDE, &negative, sizeof negative), INVALID_VALUE);
  EXPECT_EQ(SetMatmul(BIAS_STRIDE, &one, sizeof one), INVALID_VALUE);  // it is 64 bits
  EXPECT_EQ(SetMatmul(GELU, &one, sizeof one), INVALID_VALUE);         // not for fp16
  EXPECT_EQ(SetMatmul(99, &wrong_type, sizeof wrong_type), INVALID_VALUE);
  ASSERT_EQ(Select(), SUCCESS);
  for (const auto& [attribute, value] :
       {std::pair<int, int>{CONFIG_ID, 5}, {CONFIG_ID, -1}, {CONFIG_MAX_ID, 3}, {SPLIT_K, 0}, {SPLIT_K_MODE, 0}}) {
    EXPECT_EQ(Call("cusparseLtMatmulAlgSetAttribute", Const(&handle_), static_cast<void*>(&alg_), attribute,
                   static_cast<const void*>(&value), sizeof value),
              INVALID_VALUE)
        << attribute << ' ' << value;
  }
  if (Has("cusparseLtMatmulAlgSelectionDestroy")) Destroy("cusparseLtMatmulAlgSelectionDestroy", &alg_);
  DestroyMats();
  EXPECT_EQ(Destroy("cusparseLtDestroy", &handle_), SUCCESS);
}

TEST_F(DoubleTest, StructsThatMovedOrWereWrittenTo) {
  Describe();
  Opaque moved;
  std::memcpy(&moved, &matmul_, sizeof moved);
  EXPECT_DEATH(Call("cusparseLtMatmulAlgSelectionInit", Const(&handle_), static_cast<void*>(&alg_), Const(&moved), 0),
               "matmul descriptor: moved");
  a_.bytes[100] ^= 1;
  EXPECT_DEATH(Destroy("cusparseLtMatDescriptorDestroy", &a_), "matrix descriptor: byte 100 was overwritten");
  a_.bytes[100] ^= 1;
  DestroyMats();
  EXPECT_EQ(Destroy("cusparseLtDestroy", &handle_), SUCCESS);
}

TEST_F(DoubleTest, OrderOfDestruction) {
  PlanAll();
  EXPECT_DEATH(Destroy("cusparseLtMatDescriptorDestroy", &a_), "destroyed before a plan");
  EXPECT_DEATH(Destroy("cusparseLtDestroy", &handle_), "handle: destroyed before");
  if (Has("cusparseLtMatmulAlgSelectionDestroy")) {
    EXPECT_DEATH(Destroy("cusparseLtMatmulAlgSelectionDestroy", &alg_), "selection: destroyed before a plan");
  }
  EXPECT_DEATH(Plan(), "initialised again");
  DestroyAll();
  EXPECT_DEATH(Destroy("cusparseLtMatmulPlanDestroy", &plan_), "used after it was destroyed");
  Opaque never;
  EXPECT_DEATH(Destroy("cusparseLtMatmulPlanDestroy", &never), "used before it was initialised");
}

TEST_F(DoubleTest, AttributesTooLate) {
  PlanAll();
  const int one = 1;
  EXPECT_DEATH(SetMatmul(RELU, &one, sizeof one), "set after MatmulAlgSelectionInit");
  EXPECT_DEATH(Call("cusparseLtMatmulAlgSetAttribute", Const(&handle_), static_cast<void*>(&alg_), int{CONFIG_ID},
                    static_cast<const void*>(&one), sizeof one),
               "set after MatmulPlanInit");
  EXPECT_DEATH(Call("cusparseLtMatDescSetAttribute", Const(&handle_), static_cast<void*>(&a_), int{NUM_BATCHES},
                    static_cast<const void*>(&one), sizeof one),
               "set after MatmulDescriptorInit");
  const void* pointer = nullptr;
  EXPECT_EQ(SetMatmul(SPARSE_MAT_POINTER, &pointer, sizeof pointer), SUCCESS);  // as NVIDIA's sample does
  DestroyAll();
}

TEST_F(DoubleTest, OperandsOfAProduct) {
  PlanAll();
  const Stream stream;
  const DeviceBytes dense(stream, std::vector<unsigned char>(32 * 64 * 2)), compressed(16384), buffer(16384),
      b(64 * 32 * 2), d(32 * 32 * 2), workspace(512), small(256);
  void* raw = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_stream_raw(stream.get(), &raw)));
  const float one = 1, zero = 0;
  const auto product = [&](const void* a, const void* x, void* y, void* scratch) {
    const int status = Execute(&one, a, x, &zero, y, y, scratch, &raw, 1);
    stream.Synchronize();
    return status;
  };
  EXPECT_DEATH(product(compressed.data(), b.data(), d.data(), workspace.data()), "nothing was compressed");
  ASSERT_EQ(Call("cusparseLtSpMMACompress", Const(&handle_), Const(&plan_), const_cast<const void*>(dense.data()),
                 compressed.data(), buffer.data(), raw),
            SUCCESS);
  EXPECT_EQ(product(compressed.data(), b.data(), d.data(), workspace.data()), SUCCESS);
  EXPECT_DEATH(product(compressed.data(), b.data(), d.data(), nullptr), "NULL for a workspace");
  EXPECT_DEATH(product(compressed.data(), b.data(), d.data(), small.data()), "workspace: 512 bytes .* 256 left");
  EXPECT_DEATH(product(compressed.data(), small.data(), d.data(), workspace.data()), "B: .* bytes are used where");
  EXPECT_DEATH(product(compressed.data(), static_cast<char*>(b.data()) + 8, d.data(), workspace.data()),
               "aligned to 16");
  float on_host[64];
  EXPECT_DEATH(product(compressed.data(), on_host, d.data(), workspace.data()), "no device memory");
  DestroyAll();
}

// A plan asks for less than a descriptor alone; each way of compressing is content with what its own question said.
TEST_F(DoubleTest, SizesOfCompressedWeights) {
  PlanAll();
  const Stream stream;
  const DeviceBytes dense(stream, std::vector<unsigned char>(32 * 64 * 2));
  void* raw = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_stream_raw(stream.get(), &raw)));
  size_t of_plan = 0, of_mat = 0, plan_buffer = 0, mat_buffer = 0;
  ASSERT_EQ(Call("cusparseLtSpMMACompressedSize", Const(&handle_), Const(&plan_), &of_plan, &plan_buffer), SUCCESS);
  ASSERT_EQ(Call("cusparseLtSpMMACompressedSize2", Const(&handle_), Const(&a_), &of_mat, &mat_buffer), SUCCESS);
  ASSERT_LT(of_plan, of_mat);
  const DeviceBytes small(static_cast<int64_t>(of_plan)), large(static_cast<int64_t>(of_mat)),
      buffer(static_cast<int64_t>(std::max(plan_buffer, mat_buffer)));
  const auto by_plan = [&](const DeviceBytes& to) {
    return Call("cusparseLtSpMMACompress", Const(&handle_), Const(&plan_), const_cast<const void*>(dense.data()),
                to.data(), buffer.data(), raw);
  };
  const auto by_mat = [&](const DeviceBytes& to) {
    return Call("cusparseLtSpMMACompress2", Const(&handle_), Const(&a_), 1, NON_TRANSPOSE,
                const_cast<const void*>(dense.data()), to.data(), buffer.data(), raw);
  };
  EXPECT_EQ(by_plan(small), SUCCESS);
  EXPECT_EQ(by_mat(large), SUCCESS);
  EXPECT_DEATH(by_mat(small), "compress, compressed: .* bytes are used where");
  stream.Synchronize();
  DestroyAll();
}

TEST_F(DoubleTest, HandlesOfOtherThreads) {
  ASSERT_EQ(InitHandle(), SUCCESS);
  EXPECT_DEATH(std::thread([&] { Dense(&a_, 8, 8, 8, 16, R_16F, ROW); }).join(), "used in another thread");
  EXPECT_EQ(Destroy("cusparseLtDestroy", &handle_), SUCCESS);
}

// Two streams without an event between them.
TEST_F(DoubleTest, UnorderedAccesses) {
  const Stream first, second;
  const DeviceBytes a(256), b(256), c(256);
  ASSERT_TRUE(CudaOk(nm_cuda_fill(first.get(), a.data(), 1, 256)));
  EXPECT_DEATH(nm_cuda_copy(second.get(), NM_CUDA_ON_DEVICE, b.data(), a.data(), 256), "race: stream .* reads");
  EXPECT_DEATH(nm_cuda_fill(second.get(), a.data(), 2, 256), "race: stream .* writes");
  ASSERT_TRUE(CudaOk(nm_cuda_copy(first.get(), NM_CUDA_ON_DEVICE, b.data(), a.data(), 128)));
  ASSERT_TRUE(CudaOk(nm_cuda_fill(second.get(), static_cast<char*>(b.data()) + 128, 3, 128)));  // elsewhere
  first.Synchronize();
  ASSERT_TRUE(CudaOk(nm_cuda_copy(second.get(), NM_CUDA_ON_DEVICE, c.data(), a.data(), 256)));  // the host waited
  second.Synchronize();
}

// Kernels of nm4j on two streams: what they touch is seen when they run, in whatever order that is.
class DoubleKernelTest : public DoubleTest {
 protected:
  static constexpr int64_t kCount = 1000;

  void SetUp() override {
    DoubleTest::SetUp();
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "AddressSanitizer watches the kernels, not the double";
#endif
  }

  // fp32 from `from` to `to`.
  void Cast(const Stream& stream, const DeviceBytes& from, const DeviceBytes& to, int64_t first = 0,
            int64_t count = kCount) {
    ASSERT_TRUE(CudaOk(nm_cuda_cast(stream.get(), NM_F32, At(from, first), count, NM_F32, At(to, first), count, 1,
                                    count, nullptr, 1.0f)));
  }
  static float* At(const DeviceBytes& memory, int64_t first) { return static_cast<float*>(memory.data()) + first; }

  const Stream one_, two_;
  const DeviceBytes a_{4 * kCount}, b_{4 * kCount}, c_{4 * kCount};
};

TEST_F(DoubleKernelTest, ReadAndWriteWithoutOrder) {
  const auto queue = [&] {
    Cast(one_, a_, b_);
    Cast(two_, b_, c_);
  };
  EXPECT_DEATH((queue(), one_.Synchronize(), two_.Synchronize()),
               "race: stream .* .kernel Cast<float, float>. reads memory that .* .kernel Cast.* writes");
  EXPECT_DEATH((queue(), two_.Synchronize(), one_.Synchronize()), "race: .* writes memory that .* reads");
  EXPECT_DEATH((queue(), nm_cuda_synchronize(0)), "race: ");
}

TEST_F(DoubleKernelTest, WritesWithoutOrder) {
  EXPECT_DEATH((Cast(one_, a_, c_, 0, 501), Cast(two_, b_, c_, 500, 500), nm_cuda_synchronize(0)),
               "race: .* writes memory that .* writes");
}

TEST_F(DoubleKernelTest, OrderedOrElsewhere) {
  Cast(one_, a_, b_);
  nm_cuda_event* done = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_event_create(0, &done)));
  ASSERT_TRUE(CudaOk(nm_cuda_event_record(done, one_.get())));
  ASSERT_TRUE(CudaOk(nm_cuda_stream_wait(two_.get(), done)));
  Cast(two_, b_, c_, 0, 500);    // after the event
  Cast(one_, b_, c_, 500, 500);  // other bytes of the same memory; both read b
  two_.Synchronize();
  one_.Synchronize();
  Cast(two_, c_, a_);  // the host has waited for both
  two_.Synchronize();
  EXPECT_TRUE(CudaOk(nm_cuda_event_free(done)));
}

// The copy is known, and done, before the kernel has run: that the host waited for it orders nothing.
TEST_F(DoubleKernelTest, KernelsAndCopies) {
  const auto copy = [&] { nm_cuda_copy(two_.get(), NM_CUDA_ON_DEVICE, c_.data(), b_.data(), 64); };
  EXPECT_DEATH((Cast(one_, a_, b_), copy(), two_.Synchronize(), one_.Synchronize()),
               "race: .* .kernel Cast.* writes memory that stream [0-9]+ reads");
  EXPECT_DEATH((copy(), Cast(one_, a_, b_), nm_cuda_synchronize(0)), "race: .* .kernel Cast.* writes memory");
  Cast(one_, a_, b_);
  one_.Synchronize();
  copy();
  two_.Synchronize();
}

TEST_F(DoubleKernelTest, BeyondAnAllocation) {
  EXPECT_DEATH((Cast(one_, a_, b_, 0, kCount + 1), one_.Synchronize()),
               "Cast<float, float> reads .* bytes from the start of an allocation of 4000 bytes");
}

TEST_F(DoubleTest, MemoryFreedUnderQueuedWork) {
  const Stream stream;
  const auto free_early = [&] {
    void* memory = nullptr;
    const auto allocate = reinterpret_cast<int (*)(void**, size_t)>(dlsym(RTLD_DEFAULT, "cudaMalloc"));
    const auto release = reinterpret_cast<int (*)(void*)>(dlsym(RTLD_DEFAULT, "cudaFree"));
    allocate(&memory, 256);
    nm_cuda_fill(stream.get(), memory, 1, 256);
    release(memory);
  };
  EXPECT_DEATH(free_early(), "cudaFree: work that is queued");
}

// Work runs no earlier than it has to.
TEST_F(DoubleTest, LateRunning) {
  const Stream stream;
  const DeviceBytes device(64);
  std::vector<unsigned char> host(64, 1);
  ASSERT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_TO_DEVICE, device.data(), host.data(), 64)));
  host.assign(64, 2);  // too early: the copy has not run
  EXPECT_EQ(device.Download(stream), std::vector<unsigned char>(64, 2));
}

TEST_F(DoubleTest, DeviceMemoryIsOutOfTheHostsReach) {
  const DeviceBytes device(64);
  EXPECT_DEATH(*static_cast<volatile char*>(device.data()) = 1, "");
}

// Where the host stands in for another library: its kernels would follow what is queued on default streams only.
TEST_F(DoubleTest, Guest) {
  setenv("NM4J_DOUBLE_GUEST", "1", 1);
  {
    const DeviceBytes device(64);
    const Stream own;
    nm_cuda_stream* shared = nullptr;
    ASSERT_TRUE(CudaOk(nm_cuda_stream_wrap(0, nullptr, &shared)));
    auto* const bytes = static_cast<volatile unsigned char*>(device.data());
    ASSERT_TRUE(CudaOk(nm_cuda_fill(shared, device.data(), 1, 32)));
    ASSERT_TRUE(CudaOk(nm_cuda_fill(own.get(), static_cast<char*>(device.data()) + 32, 1, 32)));
    EXPECT_EQ(bytes[31], 1);
    EXPECT_NE(bytes[32], 1);
    own.Synchronize();
    EXPECT_EQ(bytes[32], 1);
    ASSERT_TRUE(CudaOk(nm_cuda_stream_free(shared)));
  }
  unsetenv("NM4J_DOUBLE_GUEST");
}

TEST_F(DoubleTest, Leaks) {
  EXPECT_EXIT(
      {
        void* memory;
        nm_cuda_alloc(0, 100, &memory);
        std::exit(0);
      },
      testing::ExitedWithCode(97), "1 CUDA and cuSPARSELt objects were never freed");
}

TEST_F(DoubleTest, DestroyedStreams) {
  void* raw = nullptr;
  {
    const Stream stream;
    ASSERT_TRUE(CudaOk(nm_cuda_stream_raw(stream.get(), &raw)));
  }
  nm_cuda_stream* wrapped = nullptr;
  EXPECT_DEATH((nm_cuda_stream_wrap(0, raw, &wrapped), nm_cuda_stream_synchronize(wrapped)),
               "no stream, or was destroyed");
}

}  // namespace
}  // namespace nm4j_test
