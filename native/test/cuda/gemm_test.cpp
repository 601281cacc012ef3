/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Dense products by cuBLAS. On a card without cuBLAS they are skipped.
 */
#include <limits>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"

namespace nm4j_test {
namespace {

class GemmTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    int32_t reason;
    const char* text;
    Need(nm_cuda_gemm_reason(0, &reason, &text));
    if (!Simulated() && reason != NM_CUDA_AVAILABLE) GTEST_SKIP() << text;
    ASSERT_EQ(reason, NM_CUDA_AVAILABLE) << text;
  }

  template <typename T>
  HostMatrix<T> Draw(int64_t rows, int64_t cols) {
    HostMatrix<T> m(rows, cols, cols + random().Int(0, 3));
    m.Fill([&] { return static_cast<float>(random().Int(-3, 3)); });
    return m;
  }

  // Small integers, which every type and every order of sums has exactly.
  template <typename T, typename C>
  void ExpectProduct(int64_t m, int64_t n, int64_t k, bool turn_a, bool turn_b, float beta) {
    const HostMatrix<T> a = turn_a ? Draw<T>(k, m) : Draw<T>(m, k), b = turn_b ? Draw<T>(n, k) : Draw<T>(k, n);
    HostMatrix<C> c = Draw<C>(m, n);
    if (beta == 0) c.Fill([] { return std::numeric_limits<float>::quiet_NaN(); });
    const DeviceArray<T> on_a(stream(), a.data, random().Int(0, 3)), on_b(stream(), b.data, random().Int(0, 3));
    const DeviceArray<C> on_c(stream(), c.data, random().Int(0, 3));
    nm_cuda_gemm_problem p = {kDtype<T>,   kDtype<C>, turn_a,      turn_b, m,    n,           k,
                              on_a.data(), a.ld,      on_b.data(), b.ld,   beta, on_c.data(), c.ld};
    ASSERT_TRUE(CudaOk(nm_cuda_gemm(stream(), &p)));
    p = {};  // read already
    for (int64_t row = 0; row < m; ++row) {
      for (int64_t col = 0; col < n; ++col) {
        float sum = beta == 0 ? 0 : beta * c.value(row, col);
        for (int64_t i = 0; i < k; ++i) {
          sum += (turn_a ? a.value(i, row) : a.value(row, i)) * (turn_b ? b.value(col, i) : b.value(i, col));
        }
        c.at(row, col) = Round<C>(sum);
      }
    }
    const std::vector<C> got = on_c.Read();
    for (size_t i = 0; i < got.size(); ++i) {
      const float expected = Value(c.data[i]), value = Value(got[i]);
      ASSERT_TRUE(expected == value || (std::isnan(expected) && std::isnan(value)))
          << i << " of " << m << " x " << n << " x " << k << ": " << value << " instead of " << expected;
    }
  }

  template <typename T, typename C>
  void ExpectProducts() {
    for (int i = 0; i < 24; ++i) {
      ExpectProduct<T, C>(random().Int(1, 9), random().Int(1, 9), random().Int(0, 17), i & 1, i & 2,
                          i % 3 == 0 ? 0.0f : 0.5f);
      if (HasFatalFailure()) return;
    }
  }
};

TEST_F(GemmTest, Fp32) { ExpectProducts<float, float>(); }
TEST_F(GemmTest, Bf16) { ExpectProducts<Brain, Brain>(); }
TEST_F(GemmTest, Bf16ToFp32) { ExpectProducts<Brain, float>(); }
TEST_F(GemmTest, Fp16) { ExpectProducts<Half, Half>(); }
TEST_F(GemmTest, Fp16ToFp32) { ExpectProducts<Half, float>(); }

// The twin of the tests above: a transpose that was forgotten would show.
TEST_F(GemmTest, TransposesMatter) {
  const DeviceArray<float> a(stream(), {1, 2, 3, 4}), b(stream(), {1, 0, 0, 1}), c(stream(), {0, 0, 0, 0});
  for (const int32_t turn : {0, 1}) {
    const nm_cuda_gemm_problem p = {NM_F32, NM_F32, turn, 0, 2, 2, 2, a.data(), 2, b.data(), 2, 0, c.data(), 2};
    ASSERT_TRUE(CudaOk(nm_cuda_gemm(stream(), &p)));
    EXPECT_EQ(c.Read(), turn == 1 ? (std::vector<float>{1, 3, 2, 4}) : (std::vector<float>{1, 2, 3, 4}));
  }
}

// Each stream has a handle of its own; what is queued on two of them may run at the same time.
TEST_F(GemmTest, StreamsAreApart) {
  const Stream other;
  const DeviceArray<float> a(stream(), {1, 2, 3, 4}), one(stream(), {0, 0, 0, 0}), two(other.get(), {0, 0, 0, 0});
  nm_cuda_gemm_problem p = {NM_F32, NM_F32, 0, 0, 2, 2, 2, a.data(), 2, a.data(), 2, 0, one.data(), 2};
  ASSERT_TRUE(CudaOk(nm_cuda_gemm(stream(), &p)));
  p.c = two.data();
  ASSERT_TRUE(CudaOk(nm_cuda_gemm(other.get(), &p)));
  EXPECT_EQ(two.Read(), (std::vector<float>{7, 10, 15, 22}));  // on the other stream alone
  EXPECT_EQ(one.Read(), two.Read());
}

TEST_F(GemmTest, Arguments) {
  const DeviceArray<float> memory(stream(), std::vector<float>(64, 1.0f));
  float* const x = memory.data();
  const nm_cuda_gemm_problem good = {NM_F32, NM_F32, 0, 0, 3, 4, 2, x, 2, x + 8, 4, 0, x + 16, 4};
  const auto refuses = [&](int32_t status, const nm_cuda_gemm_problem& p, std::initializer_list<std::string> words) {
    return CudaRefuses(status, nm_cuda_gemm(stream(), &p), words);
  };
  nm_cuda_gemm_problem bad = good;
  bad.dtype = NM_S8;
  EXPECT_TRUE(refuses(NM_UNSUPPORTED, bad, {"dtype", "fp16", "int8"}));
  bad = good;
  bad.c_dtype = NM_BF16;
  EXPECT_TRUE(refuses(NM_UNSUPPORTED, bad, {"c_dtype", "fp32 or the type", "got 1"}));
  bad = good;
  bad.transpose_a = 2;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"transpose_a", "got 2"}));
  bad = good;
  bad.m = -1;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"m", "-1"}));
  bad = good;
  bad.k = int64_t{1} << 31;
  EXPECT_TRUE(refuses(NM_UNSUPPORTED, bad, {"k", "2147483647", "2147483648"}));
  bad = good;
  bad.lda = 1;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"a", "at least 2", "got 1"}));
  bad = good;
  bad.b = nullptr;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"b", "NULL"}));
  bad = good;
  bad.c = x + 4;
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"a and c", "overlapping"}));
  bad = good;
  bad.beta = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"beta", "finite"}));
  std::vector<float> host(16);
  bad = good;
  bad.a = host.data();
  EXPECT_TRUE(refuses(NM_INVALID_ARGUMENT, bad, {"a", "device"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_gemm(nullptr, &good), {"stream"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_gemm(stream(), nullptr), {"problem"}));
  EXPECT_EQ(std::vector<float>(64, 1.0f), memory.Read());
  nm_cuda_gemm_problem empty = good;
  empty.n = 0;
  EXPECT_TRUE(CudaOk(nm_cuda_gemm(stream(), &empty)));
}

}  // namespace
}  // namespace nm4j_test
