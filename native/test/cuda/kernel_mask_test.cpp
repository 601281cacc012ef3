/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Masks made on the device: magnitude for any N:M and stride, and transposable 2:4.
#include <gtest/gtest.h>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "nm4j/nm4j.h"
#include "support/all_patterns.h"

namespace nm4j_test {
namespace {

template <typename T>
class DeviceMaskTest : public DeviceTest {
 protected:
  // Equal to the reference in every byte; the mask's spare bits are 0 in both.
  testing::AssertionResult Prunes(const HostMatrix<T>& w, Pattern p, int64_t stride, int64_t offset) {
    const DeviceArray<T> weights(stream(), w.data, offset);
    const HostMask expected = MagnitudeMaskOf(w, p, stride);
    const DeviceArray<uint8_t> mask(stream(), std::vector<uint8_t>(expected.bytes.size(), 0xff), offset);
    const testing::AssertionResult ran = CudaOk(nm_cuda_mask_magnitude(
        stream(), kDtype<T>, weights.data(), w.rows, w.cols, w.ld, p.n, p.m, stride, mask.data(), nullptr));
    if (!ran) return ran;
    if (mask.Read() == expected.bytes) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "another mask than the reference for " << p.n << ":" << p.m << ", " << w.rows
                                       << " x " << w.cols << ", ld " << w.ld << ", stride " << stride << ", offset "
                                       << offset;
  }

  HostMatrix<T> Draw(int64_t rows, int64_t cols, int64_t ld, bool ties) {
    return DrawMatrix<T>(rows, cols, ld, ties, this->random());
  }
};
TYPED_TEST_SUITE(DeviceMaskTest, AllTypes);

TYPED_TEST(DeviceMaskTest, AllPatternsAndLengths) {
  ForAllPatternsAndLengths([&](Pattern p, int64_t cols) {
    const auto w = this->Draw(3, cols, cols + this->random().Int(0, 3), this->random().Chance(0.5));
    ASSERT_TRUE(this->Prunes(w, p, 1, this->random().Int(0, 3)));
  });
}

TYPED_TEST(DeviceMaskTest, WholeChunksAtAnyAlignment) {
  for (const int m : {2, 4, 8, 16, 32}) {
    for (int64_t offset = 0; offset < 16; ++offset) {
      ASSERT_TRUE(this->Prunes(this->Draw(5, 128, 128, true), {m / 2, m}, 1, offset));
      ASSERT_TRUE(this->Prunes(this->Draw(5, 128, 129 + offset, true), {1, m}, 1, offset));
    }
  }
}

TYPED_TEST(DeviceMaskTest, GroupsWithAStride) {
  for (const Pattern p : {Pattern{2, 4}, Pattern{1, 4}, Pattern{3, 5}, Pattern{1, 16}}) {
    for (const int64_t stride : {2, 3, 9, 64}) {
      const int64_t cols = stride * this->random().Int(1, 20);
      ASSERT_TRUE(this->Prunes(this->Draw(4, cols, cols, true), p, stride, 1));
    }
  }
}

TYPED_TEST(DeviceMaskTest, KeepsAllWhereNIsM) {
  ASSERT_TRUE(this->Prunes(this->Draw(3, 37, 40, true), {4, 4}, 1, 0));
  ASSERT_TRUE(this->Prunes(this->Draw(3, 37, 40, true), {1, 1}, 1, 0));
}

// More chunks than the grid has threads: each thread takes several.
TYPED_TEST(DeviceMaskTest, LongRowsAndManyRows) {
  ASSERT_TRUE(
      this->Prunes(this->Draw(1, (int64_t{1} << 19) * 17 + 5, (int64_t{1} << 19) * 17 + 5, false), {2, 4}, 1, 0));
  ASSERT_TRUE(this->Prunes(this->Draw(70000, 3, 4, true), {1, 2}, 1, 0));
}

template <typename T>
class DeviceSpecialValuesTest : public DeviceMaskTest<T> {};
TYPED_TEST_SUITE(DeviceSpecialValuesTest, FloatTypes);

TYPED_TEST(DeviceSpecialValuesTest, ZerosInfinitiesAndNan) {
  const float values[] = {0.0f, -0.0f, 1.0f, -1.0f, kInfinity, -kInfinity, kNan, -kNan, 65504.0f, 0x1p-24f, -0x1p-24f};
  for (const int m : {2, 3, 4, 7, 8, 16, 32}) {
    HostMatrix<TypeParam> w(4, 70, 70);
    w.Fill([&] { return this->random().Pick(values); });
    ASSERT_TRUE(this->Prunes(w, {(m + 1) / 2, m}, 1, 0));
  }
}

TYPED_TEST(DeviceSpecialValuesTest, FindsTheFirstNan) {
  auto w = this->Draw(6, 50, 53, false);
  w.at(2, 49) = Round<TypeParam>(kNan);
  w.at(4, 0) = Round<TypeParam>(-kNan);
  w.at(1, 3) = Round<TypeParam>(kInfinity);
  const DeviceArray<TypeParam> weights(this->stream(), w.data);
  const DeviceArray<uint8_t> mask(this->stream(), std::vector<uint8_t>(6 * 7));
  const DeviceFindings findings(this->stream());
  for (const Pattern p : {Pattern{2, 4}, Pattern{3, 5}}) {
    ASSERT_TRUE(CudaOk(nm_cuda_mask_magnitude(this->stream(), kDtype<TypeParam>, weights.data(), 6, 50, 53, p.n, p.m, 1,
                                              mask.data(), findings.data())));
    EXPECT_TRUE(findings.Are(2, 2 * 50 + 49));
    ASSERT_TRUE(CudaOk(nm_cuda_mask_magnitude(this->stream(), kDtype<TypeParam>, weights.data(), 2, 50, 53, p.n, p.m, 1,
                                              mask.data(), findings.data())));
    EXPECT_TRUE(findings.Are(0, -1));
  }
}

// --- transposable ---

// The CPU's mask, whose choice among the 90 is tested there, bit for bit; rounded weights are exact in fp32.
template <typename T>
class DeviceTransposableTest : public DeviceMaskTest<T> {
 protected:
  void ExpectTheCpusMask(const HostMatrix<T>& w, int64_t offset, int64_t nans, int64_t first_nan) {
    const std::vector<float> wide = Wide(w);
    HostMask expected(w.rows, w.cols);
    ASSERT_EQ(NM_OK,
              nm_mask_transposable_f32(wide.data(), w.rows, w.cols, w.cols, 2, 4, NM_ALLOW_NAN, expected.bytes.data()));
    const DeviceArray<T> weights(this->stream(), w.data, offset);
    const DeviceArray<uint8_t> mask(this->stream(), std::vector<uint8_t>(expected.bytes.size(), 0xff), offset);
    const DeviceFindings findings(this->stream());
    ASSERT_TRUE(CudaOk(nm_cuda_mask_transposable(this->stream(), kDtype<T>, weights.data(), w.rows, w.cols, w.ld,
                                                 mask.data(), findings.data())));
    ASSERT_EQ(expected.bytes, mask.Read()) << w.rows << " x " << w.cols;
    ASSERT_TRUE(findings.Are(nans, first_nan));
  }
};
TYPED_TEST_SUITE(DeviceTransposableTest, AllTypes);

TYPED_TEST(DeviceTransposableTest, IsTheCpusMask) {
  for (const int64_t rows : {1, 4, 7, 12, 66}) {
    for (const int64_t cols : {1, 3, 4, 5, 8, 13, 64, 100}) {
      const int64_t offset = this->random().Int(0, 3);
      this->ExpectTheCpusMask(this->Draw(rows, cols, cols + offset, false), offset, 0, -1);
      this->ExpectTheCpusMask(this->Draw(rows, cols, cols, true), offset, 0, -1);  // many ties
    }
  }
}

template <typename T>
class DeviceTransposableSpecialTest : public DeviceTransposableTest<T> {};
TYPED_TEST_SUITE(DeviceTransposableSpecialTest, FloatTypes);

TYPED_TEST(DeviceTransposableSpecialTest, InfinitiesAndNan) {
  const float values[] = {0.0f, -0.0f, 1.0f, kInfinity, -kInfinity, 65504.0f};
  HostMatrix<TypeParam> w(16, 24, 24);
  w.Fill([&] { return this->random().Pick(values); });
  this->ExpectTheCpusMask(w, 0, 0, -1);
  w.at(3, 7) = w.at(3, 8) = w.at(15, 23) = Round<TypeParam>(kNan);
  this->ExpectTheCpusMask(w, 0, 3, 3 * 24 + 7);
}

}  // namespace
}  // namespace nm4j_test
