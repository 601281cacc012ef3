/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Tests of the test support itself: a guard that never faults and a comparison that never fails would prove nothing.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/guarded_buffer.h"
#include "support/matrix.h"
#include "support/multiplication.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/tolerance.h"

namespace nm4j_test {
namespace {

TEST(GuardDeathTest, AccessBehindTheEndFaults) {
  GuardedBuffer<float> buffer(5, Placement::kBeforeGuard);
  const volatile float* data = buffer.data();
  EXPECT_DEATH((void)data[5], "");
}

TEST(GuardDeathTest, AccessBeforeTheStartFaults) {
  GuardedBuffer<float> buffer(5, Placement::kAfterGuard);
  const volatile float* data = buffer.data();
  EXPECT_DEATH((void)data[-1], "");
}

TEST(GuardDeathTest, ForbiddenAccessFaults) {
  GuardedBuffer<float> buffer(5);
  volatile float* data = buffer.data();
  buffer.ForbidWrites();
  EXPECT_DEATH(data[0] = 1, "");
  buffer.ForbidAccess();
  EXPECT_DEATH((void)data[0], "");
}

TEST(GuardTest, UnalignedIsAlignedToTheElementOnly) {
  GuardedBuffer<float> floats(5, Placement::kUnaligned);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(floats.data()) % 8, 4u);
  GuardedBuffer<uint8_t> bytes(5, Placement::kUnaligned);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % 2, 1u);
}

TEST(GuardTest, WriteIntoSlackIsReported) {
  EXPECT_NONFATAL_FAILURE(
      {
        GuardedBuffer<float> buffer(5, Placement::kBeforeGuard);
        buffer.data()[-1] = 0;
      },
      "wrote outside");
  EXPECT_NONFATAL_FAILURE(
      {
        GuardedBuffer<float> buffer(5, Placement::kAfterGuard);
        buffer.data()[5] = 0;
      },
      "wrote outside");
}

TEST(GuardTest, WriteIntoPaddingIsReported) {
  EXPECT_NONFATAL_FAILURE(
      {
        FloatMatrix matrix(2, 3, 5);
        matrix.data()[4] = 0;
      },
      "into the padding");
}

TEST(MessageTest, WordsAreWhole) {
  EXPECT_TRUE(ContainsWord("ld must be >= 13, got 7", "13"));
  EXPECT_TRUE(ContainsWord("got -7", "-7"));
  EXPECT_TRUE(ContainsWord("w is NULL", "null"));
  EXPECT_FALSE(ContainsWord("got 1013", "13"));
  EXPECT_FALSE(ContainsWord("got 130", "13"));
  EXPECT_FALSE(ContainsWord("got -7", "7"));
  EXPECT_FALSE(ContainsWord("", "7"));
}

TEST(ReferenceTest, MagnitudeMaskByHand) {
  FloatMatrix w(2, 6);
  const float values[2][6] = {{1, -3, 2, -2, 0, 5}, {0, 0, -0.0f, 1, 7, -7}};
  w.Fill([&](int64_t r, int64_t c) { return values[r][c]; });
  const BitMask mask = MagnitudeMask(w, {2, 4});
  EXPECT_EQ(mask.data()[0], 0b110110);  // -3 and the first of the 2; both of the short group
  EXPECT_EQ(mask.data()[1], 0b111001);  // 1, the first of the zeros; both of the short group
}

TEST(ReferenceTest, CompressedValuesByHand) {
  FloatMatrix w(1, 7);
  w.Fill([](int64_t, int64_t c) { return static_cast<float>(c + 1); });
  BitMask mask(1, 7);
  mask.Set(0, 2);
  mask.Set(0, 6);
  EXPECT_EQ(Completed(mask, {2, 4}).data()[0], 0b1010101);
  const FloatMatrix values = CompressedValues(w, mask, {2, 4});
  ASSERT_EQ(values.cols(), 4);
  const float expected[] = {0, 3, 0, 7};
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(values(0, i), expected[i]);
}

TEST(ReferenceTest, GeluByHand) {
  EXPECT_EQ(Gelu(0), 0);
  EXPECT_NEAR(Gelu(1), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(Gelu(-1), -0.15865525393145707, 1e-15);
  EXPECT_NEAR(Gelu(3), 2.99595030590511, 1e-13);
}

// A product computed here by hand, so that the comparison is tested against something else than itself.
class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() : weights_{FloatMatrix(2, 4), BitMask(2, 4), {2, 4}}, product_(NM_FEATURE_MAJOR, 2, 4, 2) {
    const float w[2][4] = {{1, 2, 3, 4}, {-1, 1, 2, 0.5f}};
    weights_.w.Fill([&](int64_t r, int64_t c) { return w[r][c]; });
    weights_.mask.Set(0, 1);
    weights_.mask.Set(0, 3);
    weights_.mask.Set(1, 0);
    weights_.mask.Set(1, 2);
    const float x[4][2] = {{1, -1}, {2, 0}, {-1, 3}, {1, 1}};
    product_.x.Fill([&](int64_t r, int64_t c) { return x[r][c]; });
    const float y[2][2] = {{8, 4}, {-3, 7}};
    product_.y.Fill([&](int64_t r, int64_t c) { return y[r][c]; });
  }

  testing::AssertionResult Exact() { return Matches(product_, weights_, Accuracy::kExact); }
  testing::AssertionResult Rounded() { return Matches(product_, weights_, Accuracy::kRounded); }

  Weights weights_;
  Multiplication product_;
};

TEST_F(ComparisonTest, AcceptsTheProduct) {
  EXPECT_TRUE(Exact());
  EXPECT_TRUE(Rounded());
}

TEST_F(ComparisonTest, RoundedAcceptsARoundingErrorOnly) {
  product_.Y(0, 0) = std::nextafter(8.0f, 9.0f);
  EXPECT_FALSE(Exact());
  EXPECT_TRUE(Rounded());
  product_.Y(0, 0) = 8.0001f;
  EXPECT_FALSE(Rounded());
}

TEST_F(ComparisonTest, NoticesAnElementNeverWritten) {
  SetBits(&product_.Y(1, 1), kCanaryBits);
  EXPECT_FALSE(Exact());
  EXPECT_FALSE(Rounded());
}

TEST_F(ComparisonTest, NoticesInfinity) {
  product_.Y(1, 0) = kInfinity;
  EXPECT_FALSE(Rounded());
}

TEST_F(ComparisonTest, NoticesSwappedElements) {
  std::swap(product_.Y(0, 1), product_.Y(1, 0));
  EXPECT_FALSE(Rounded());
}

}  // namespace
}  // namespace nm4j_test
