/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Breaches of a pattern, numbers that are not finite, and the distance of masks.
#include <gtest/gtest.h>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "support/all_patterns.h"

namespace nm4j_test {
namespace {

struct Expected {
  int64_t count = 0, first = -1;
};

// Counts by groups what `kept` says.
template <typename Kept>
Expected Breaches(int64_t rows, int64_t cols, Pattern p, Kept kept) {
  Expected expected;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t first = 0; first < cols; first += p.m) {
      int in_group = 0;
      for (int64_t c = first; c < std::min<int64_t>(cols, first + p.m); ++c) in_group += kept(r, c);
      if (in_group <= p.n) continue;
      if (expected.count++ == 0) expected.first = r * cols + first;
    }
  }
  return expected;
}

template <typename T>
class DeviceCheckTest : public DeviceTest {};
TYPED_TEST_SUITE(DeviceCheckTest, AllTypes);

TYPED_TEST(DeviceCheckTest, CountsGroupsThatKeepTooMany) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    Random& random = this->random();
    const double density = std::min(0.95, 1.1 * p.n / p.m);
    HostMatrix<TypeParam> w(3, cols, cols + random.Int(0, 3));
    w.Fill([&] { return random.Chance(density) ? random.SmallInteger() : random.Chance(0.5) ? 0.0f : -0.0f; });
    const DeviceArray<TypeParam> weights(this->stream(), w.data, random.Int(0, 3));
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(
        nm_cuda_check(this->stream(), kDtype<TypeParam>, weights.data(), 3, cols, w.ld, p.n, p.m, findings.data())));
    const Expected e = Breaches(3, cols, p, [&](int64_t r, int64_t c) { return w.value(r, c) != 0.0f; });
    ASSERT_TRUE(findings.Are(e.count, e.first)) << p.n << ":" << p.m << ", " << cols << " columns";
  });
}

TEST_F(DeviceTest, CheckMaskCountsGroupsThatKeepTooMany) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    HostMask mask(5, cols);
    for (int64_t r = 0; r < 5; ++r) {
      for (int64_t c = 0; c < cols; ++c) mask.set(r, c, random().Chance(std::min(0.95, 1.1 * p.n / p.m)));
    }
    const DeviceArray<uint8_t> bits(this->stream(), mask.bytes, random().Int(0, 7));
    const DeviceFindings findings(stream());
    ASSERT_TRUE(CudaOk(nm_cuda_check_mask(stream(), bits.data(), 5, cols, p.n, p.m, findings.data())));
    const Expected e = Breaches(5, cols, p, [&](int64_t r, int64_t c) { return mask.get(r, c); });
    ASSERT_TRUE(findings.Are(e.count, e.first)) << p.n << ":" << p.m << ", " << cols << " columns";
  });
}

// The spare bits of a row's last byte are no weights, whatever they are.
TEST_F(DeviceTest, SpareBitsAreIgnored) {
  HostMask a(4, 35), b(4, 35);
  for (int64_t r = 0; r < 4; ++r) a.bytes[static_cast<size_t>(r * a.row_bytes + 4)] = 0xf8;
  const DeviceArray<uint8_t> first(stream(), a.bytes), second(stream(), b.bytes);
  const DeviceFindings findings(stream());
  ASSERT_TRUE(CudaOk(nm_cuda_check_mask(stream(), first.data(), 4, 35, 1, 4, findings.data())));
  EXPECT_TRUE(findings.Are(0, -1));
  const DeviceArray<int64_t> bits(stream(), {-5});
  ASSERT_TRUE(CudaOk(nm_cuda_mask_distance(stream(), first.data(), second.data(), 4, 35, bits.data())));
  EXPECT_EQ(0, bits.Read()[0]);
}

// One bit too many, anywhere in a good mask, is found where it is.
TEST_F(DeviceTest, CheckMaskFindsASingleBit) {
  for (const Pattern p : {Pattern{2, 4}, Pattern{3, 5}, Pattern{1, 16}}) {
    const int64_t rows = 7, cols = 160;
    HostMask mask(rows, cols);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; ++c) mask.set(r, c, c % p.m < p.n);
    }
    const DeviceFindings findings(stream());
    for (int64_t trial = 0; trial < 50; ++trial) {
      HostMask broken = mask;
      const int64_t r = random().Int(0, rows - 1), group = random().Int(0, cols / p.m - 1) * p.m;
      broken.set(r, group + random().Int(p.n, p.m - 1));
      const DeviceArray<uint8_t> bits(stream(), broken.bytes);
      ASSERT_TRUE(CudaOk(nm_cuda_check_mask(stream(), bits.data(), rows, cols, p.n, p.m, findings.data())));
      ASSERT_TRUE(findings.Are(1, r * cols + group));
    }
  }
}

template <typename T>
class DeviceFiniteTest : public DeviceTest {};
TYPED_TEST_SUITE(DeviceFiniteTest, FloatTypes);

TYPED_TEST(DeviceFiniteTest, FindsInfinitiesAndNan) {
  for (const int64_t cols : {1, 7, 8, 64, 1003}) {
    HostMatrix<TypeParam> x(4, cols, cols + 1);
    x.Fill([&] { return this->random().Uniform(); });
    for (int64_t r = 0; r + 1 < 4; ++r) x.data[static_cast<size_t>(r * x.ld + cols)] = Round<TypeParam>(kNan);
    const DeviceFindings findings(this->stream());
    const auto check = [&] {
      const DeviceArray<TypeParam> device(this->stream(), x.data, 1);
      return CudaOk(
          nm_cuda_check_finite(this->stream(), kDtype<TypeParam>, device.data(), 4, cols, x.ld, findings.data()));
    };
    ASSERT_TRUE(check());
    EXPECT_TRUE(findings.Are(0, -1)) << "padding was read";
    x.at(3, cols - 1) = Round<TypeParam>(-kInfinity);
    x.at(2, 0) = Round<TypeParam>(kNan);
    ASSERT_TRUE(check());
    EXPECT_TRUE(findings.Are(2, 2 * cols));
  }
}

TEST_F(DeviceTest, MaskDistanceCountsBitsThatDiffer) {
  for (const int64_t cols : {1, 8, 31, 128, 1000}) {
    HostMask a(9, cols), b(9, cols);
    int64_t expected = 0;
    for (int64_t r = 0; r < 9; ++r) {
      for (int64_t c = 0; c < cols; ++c) {
        a.set(r, c, random().Chance(0.5));
        b.set(r, c, random().Chance(0.9) ? a.get(r, c) : !a.get(r, c));
        expected += a.get(r, c) != b.get(r, c);
      }
    }
    const DeviceArray<uint8_t> first(stream(), a.bytes, 3), second(stream(), b.bytes, random().Int(0, 7));
    const DeviceArray<int64_t> bits(stream(), {-5});
    ASSERT_TRUE(CudaOk(nm_cuda_mask_distance(stream(), first.data(), second.data(), 9, cols, bits.data())));
    EXPECT_EQ(expected, bits.Read()[0]);
  }
}

}  // namespace
}  // namespace nm4j_test
