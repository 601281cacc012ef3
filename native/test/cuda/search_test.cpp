/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The search for algorithms, what is kept of it, and the cache of plans.
 */
#include <string>
#include <thread>

#include "cuda/support/numbers.h"
#include "cuda/support/product.h"

namespace nm4j_test {
namespace {

std::string Export() {
  int64_t size = 0;
  EXPECT_TRUE(CudaOk(nm_cuda_algorithms_export(nullptr, 0, &size)));
  std::string text(static_cast<size_t>(size), '?');
  EXPECT_TRUE(CudaOk(nm_cuda_algorithms_export(text.data(), size, &size)));
  text.pop_back();  // the final 0
  return text;
}

nm_cuda_plans Plans() {
  nm_cuda_plans plans = {};
  EXPECT_TRUE(CudaOk(nm_cuda_plan_stats(&plans)));
  return plans;
}

class CudaSearch : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(CudaOk(nm_cuda_algorithms_clear())); }
  void TearDown() override {
    EXPECT_TRUE(CudaOk(nm_cuda_algorithms_clear()));
    BreakConfig(-1);
  }

  nm_cuda_algorithm Search(ProductTest& test, int32_t runs = 3) {
    nm_cuda_algorithm found = {};
    EXPECT_TRUE(CudaOk(nm_cuda_search(test.weights(), &test.product(), stream_.get(), 3, runs, &found)));
    return found;
  }

  const Stream stream_;
};

TEST_F(CudaSearch, FindsOneThatIsRightAndNotSlower) {
  for (const int32_t dtype : {int32_t{NM_F32}, int32_t{NM_BF16}, int32_t{NM_CUDA_F16}, int32_t{NM_S8}}) {
    Case c;
    c.dtype = c.y_dtype = dtype;
    c.bias = true;
    for (const CPlace place : {CPlace::kNone, CPlace::kInPlace}) {
      c.c = place;
      ProductTest test(c, stream_);
      const nm_cuda_algorithm found = Search(test);
      EXPECT_GE(found.candidates, 2);
      EXPECT_EQ(found.rejected, 0);
      EXPECT_LE(found.milliseconds, found.default_milliseconds);
      EXPECT_GE(found.workspace_bytes, 0);
      ASSERT_TRUE(CudaOk(test.Run()));  // C is what it was: the search had operands of its own
      test.Check();
    }
  }
}

TEST_F(CudaSearch, TakesTheFastest) {
  NM4J_NEEDS_DOUBLE();
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream_);
  const nm_cuda_algorithm found = Search(test);
  EXPECT_EQ(found.candidates, 6);  // five configurations, and the library's proposal
  EXPECT_EQ(found.config, 3);      // what the double makes fastest
  EXPECT_LT(found.milliseconds, found.default_milliseconds);
}

// For long sums the double proposes split-K, which needs more workspace than the plan that searched.
TEST_F(CudaSearch, TakesSplitKFromTheLibrarysProposal) {
  NM4J_NEEDS_DOUBLE();
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.cols = 512;
  ProductTest test(c, stream_);
  const nm_cuda_algorithm found = Search(test);
  EXPECT_EQ(found.split_k, 2);
  EXPECT_GE(found.workspace_bytes, 32 * 32 * 4);
  ASSERT_TRUE(CudaOk(test.Run()));
  test.Check();
}

// pytorch#155333: a configuration that is wrong now and then must not be used, however fast.
TEST_F(CudaSearch, RejectsWhatComputesSomethingElse) {
  NM4J_NEEDS_DOUBLE();
  BreakConfig(3);
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.rows = 288;
  ProductTest test(c, stream_);
  const nm_cuda_algorithm found = Search(test);
  EXPECT_EQ(found.rejected, 2);  // as a configuration, and as the proposal
  EXPECT_NE(found.config, 3);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(CudaOk(test.Run()));
    test.Check();
  }
}

TEST_F(CudaSearch, IsKeptForProductsOfTheSameKindOnly) {
  Case c;
  c.dtype = c.y_dtype = NM_BF16;
  ProductTest test(c, stream_);
  ASSERT_TRUE(CudaOk(test.Run()));
  const nm_cuda_algorithm found = Search(test);
  if (found.config == 0 && found.split_k < 0) GTEST_SKIP() << "the default is the fastest here";
  const nm_cuda_plans before = Plans();
  ASSERT_TRUE(CudaOk(test.Run()));
  EXPECT_EQ(Plans().misses, before.misses + 1);  // another algorithm is another plan
  ASSERT_TRUE(CudaOk(test.Run()));
  EXPECT_EQ(Plans().misses, before.misses + 1);
  c.y_layout = NM_FEATURE_MAJOR;
  ProductTest other(c, stream_);
  ASSERT_TRUE(CudaOk(other.Run()));
  other.Check();
}

TEST_F(CudaSearch, ResultsOutliveTheProcessAsText) {
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream_);
  Search(test);
  const std::string text = Export();
  EXPECT_NE(text.find("nm4j-cusparselt-1 "), std::string::npos);
  ASSERT_TRUE(CudaOk(nm_cuda_algorithms_clear()));
  EXPECT_EQ(Export(), "");
  int64_t used = -1;
  ASSERT_TRUE(CudaOk(nm_cuda_algorithms_import(text.c_str(), &used)));
  EXPECT_GE(used, 1);
  EXPECT_EQ(Export(), text);
  ASSERT_TRUE(CudaOk(test.Run()));
  test.Check();
  // Lines of other devices are kept for the next export, and not used.
  const std::string elsewhere = text.substr(0, text.rfind(" : ")) + " : 9.9.9 1.0 1 Some other device\n";
  ASSERT_TRUE(CudaOk(nm_cuda_algorithms_import(elsewhere.c_str(), &used)));
  EXPECT_EQ(used, 0);
  EXPECT_NE(Export().find("Some other device"), std::string::npos);
}

TEST_F(CudaSearch, IsKnownOnceSearchedOrImported) {
  Case c;
  c.dtype = c.y_dtype = NM_BF16;
  ProductTest test(c, stream_);
  const auto known = [](ProductTest& t) {
    int32_t answer = -1;
    EXPECT_TRUE(CudaOk(nm_cuda_algorithm_known(t.weights(), &t.product(), &answer)));
    return answer;
  };
  EXPECT_EQ(known(test), 0);
  Search(test);
  EXPECT_EQ(known(test), 1);
  c.y_layout = NM_FEATURE_MAJOR;
  ProductTest other(c, stream_);
  EXPECT_EQ(known(other), 0);
  const std::string text = Export();
  ASSERT_TRUE(CudaOk(nm_cuda_algorithms_clear()));
  EXPECT_EQ(known(test), 0);
  int64_t used = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_algorithms_import(text.c_str(), &used)));
  EXPECT_EQ(known(test), 1);
  int32_t answer;
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithm_known(nullptr, &test.product(), &answer), {"weights"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithm_known(test.weights(), nullptr, &answer), {"product"}));
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithm_known(test.weights(), &test.product(), nullptr), {"known"}));
}

TEST_F(CudaSearch, TextThatIsNone) {
  int64_t used = -1;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream_);
  Search(test);
  const std::string text = Export();
  for (const std::string& bad : {std::string("nonsense"), "nm4j-cusparselt-2" + text.substr(17), text.substr(0, 40),
                                 text.substr(0, text.rfind(" : ")), text + "nonsense"}) {
    EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithms_import(bad.c_str(), &used), {"text", "line"}))
        << bad;
    EXPECT_EQ(Export(), text);
  }
  EXPECT_TRUE(CudaOk(nm_cuda_algorithms_import("", &used)));
  EXPECT_EQ(used, 0);
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithms_import(nullptr, &used), {"text"}));
  int64_t size = 0;
  char small[8];
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithms_export(small, 8, &size), {"capacity", "8"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_algorithms_export(nullptr, 8, &size), {"text"}));
}

// An algorithm that this library refuses (from a file that somebody edited) is an error, not a wrong result.
TEST_F(CudaSearch, ImportedAlgorithmThatDoesNotExist) {
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream_);
  Search(test);
  std::string text = Export();
  const size_t config = text.find(" : ") + 3;
  text.replace(config, text.find(' ', config) - config, "12345");
  int64_t used = -1;
  ASSERT_TRUE(CudaOk(nm_cuda_algorithms_import(text.c_str(), &used)));
  EXPECT_TRUE(CudaRefuses(NM_CUDA_LT_FAILURE, test.Run(), {"cusparseLtMatmulAlgSetAttribute"}));
}

TEST_F(CudaSearch, Arguments) {
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream_);
  nm_cuda_algorithm found;
  const auto search = [&](int32_t iterations, int32_t runs, nm_cuda_algorithm* out) {
    return nm_cuda_search(test.weights(), &test.product(), stream_.get(), iterations, runs, out);
  };
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, search(0, 1, &found), {"iterations", "0"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, search(1, -1, &found), {"runs", "-1"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, search(1, 1, nullptr), {"algorithm"}));
  test.product().batch = 0;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, search(1, 1, &found), {"batch"}));
}

TEST(CudaPlans, AreMadeOnce) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  ProductTest test(c, stream);
  const nm_cuda_plans before = Plans();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(CudaOk(test.Run()));
  const nm_cuda_plans after = Plans();
  EXPECT_EQ(after.misses, before.misses + 1);
  EXPECT_EQ(after.hits, before.hits + 4);
  EXPECT_EQ(after.plans + after.evicted, before.plans + before.evicted + 1);
  test.Check();
}

// 128 are kept, the last used ones.
TEST(CudaPlans, OldOnesMakeRoom) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.rows = c.cols = 16;
  ProductTest test(c, stream);
  const DeviceBytes biases(64 * 200);
  const nm_cuda_plans before = Plans();
  const auto run = [&](int64_t bias) {
    test.product().bias = static_cast<unsigned char*>(biases.data()) + 64 * bias;
    return test.Run();
  };
  for (int64_t i = 0; i < 200; ++i) ASSERT_TRUE(CudaOk(run(i)));
  nm_cuda_plans after = Plans();
  EXPECT_EQ(after.misses, before.misses + 200);
  EXPECT_EQ(after.plans, 128);
  EXPECT_EQ(after.evicted, before.evicted + before.plans + 72);
  ASSERT_TRUE(CudaOk(run(199)));
  ASSERT_TRUE(CudaOk(run(100)));
  EXPECT_EQ(Plans().misses, after.misses);
  ASSERT_TRUE(CudaOk(run(0)));
  EXPECT_EQ(Plans().misses, after.misses + 1);
}

// Each thread has a handle and plans of its own, which end with it.
TEST(CudaPlans, OfManyThreads) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_BF16;
  const nm_cuda_plans before = Plans();
  const int64_t live = LiveObjects();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&c] {
      const Stream own;
      for (int i = 0; i < 3; ++i) CheckProduct(c, own);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const nm_cuda_plans after = Plans();
  EXPECT_EQ(after.misses, before.misses + 4);
  EXPECT_EQ(after.plans, before.plans);
  EXPECT_EQ(after.threads, before.threads);
  EXPECT_EQ(LiveObjects(), live);
}

// The handle belongs to the second device; when the thread ends, the first is current.
TEST(CudaPlans, OfAnotherDevice) {
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  if (count < 2) GTEST_SKIP() << "one device";
  const int64_t live = LiveObjects();
  std::thread([] {
    const Stream stream(1);
    nm_cuda_weights* weights = nullptr;
    ASSERT_TRUE(CudaOk(nm_cuda_weights_create(1, 32, 32, 1, 2, 4, NM_S8, &weights)));
    const std::vector<signed char> dense(32 * 32);
    EXPECT_TRUE(CudaOk(nm_cuda_weights_set_host(weights, stream.get(), dense.data(), NM_S8, 32, 0, nullptr)));
    const DeviceBytes x(32 * 16, 0, 1), y(32 * 16 * 4, 0, 1);
    ASSERT_TRUE(CudaOk(nm_cuda_fill(stream.get(), x.data(), 1, 32 * 16)));
    nm_cuda_product p = {};
    p.x_layout = p.y_layout = NM_BATCH_MAJOR;
    p.y_dtype = NM_S32;
    p.batch = 16;
    p.count = 1;
    p.x = x.data();
    p.ldx = p.ldy = 32;
    p.y = y.data();
    p.alpha = 1;
    EXPECT_TRUE(CudaOk(nm_cuda_multiply(weights, &p, stream.get())));
    EXPECT_EQ(y.Download(stream), std::vector<unsigned char>(32 * 16 * 4));
    EXPECT_TRUE(CudaOk(nm_cuda_weights_free(weights)));
  }).join();
  EXPECT_EQ(LiveObjects(), live);
}

// Weights and stream shared by threads: products take turns on the scratch memory.
TEST(CudaPlans, OneStreamForManyThreads) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_CUDA_F16;
  c.rows = 19;
  c.batch = 5;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) CheckProduct(c, stream);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CudaPlans, ScratchMemoryGrowsAndIsGivenBack) {
  const Stream stream;
  const auto scratch = [&] {
    int64_t bytes = -1;
    EXPECT_TRUE(CudaOk(nm_cuda_stream_scratch(stream.get(), &bytes)));
    return bytes;
  };
  EXPECT_EQ(scratch(), 0);
  Case c;
  c.batch = 5;
  CheckProduct(c, stream);
  const int64_t small = scratch();
  EXPECT_GT(small, 0);
  c.batch = 501;
  CheckProduct(c, stream);
  EXPECT_GT(scratch(), small);
  ASSERT_TRUE(CudaOk(nm_cuda_stream_trim(stream.get())));
  EXPECT_EQ(scratch(), 0);
  CheckProduct(c, stream);
}

}  // namespace
}  // namespace nm4j_test
