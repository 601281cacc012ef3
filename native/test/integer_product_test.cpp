/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Integer weights times integer activations: the sums themselves, against 64-bit arithmetic. What is made of them
// afterwards, and every pattern and layout, is in typed_product_test.cpp.
#include <gtest/gtest.h>

#include <vector>

#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/typed_matrix.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

struct Integers {
  Handle handle;
  BitMask mask;
  std::vector<int8_t> w;
};

// Extreme: weights are -128 and -127, so that a fp32 sum of too many products is not exact, and every group keeps what
// it may.
Integers MakeIntegers(int64_t rows, int64_t cols, Pattern pattern, int32_t workload, bool extreme, Random& random) {
  nm_matrix* a = nullptr;
  Require(nm_matrix_create(rows, cols, pattern.n, pattern.m, NM_S8, workload, &a));
  Handle handle(a);
  BitMask mask = extreme ? Completed(BitMask(rows, cols), pattern) : RandomMask(rows, cols, pattern, random);
  std::vector<int8_t> w(rows * cols);
  for (int8_t& value : w) value = static_cast<int8_t>(random.Int(-128, extreme ? -127 : 127));
  const std::vector<float> scales(rows, 0.37f);  // has no part in the sums
  Require(nm_matrix_set_rows_s8(a, 0, rows, w.data(), cols, mask.data(), scales.data()));
  Require(nm_matrix_seal(a));
  return {std::move(handle), std::move(mask), std::move(w)};
}

struct SumsCase {
  int64_t rows, cols, batch;
  Pattern pattern;
  int32_t workload, layout, x_dtype, x_zero;
  bool extreme;
};

// The number of sums that differ from 64-bit arithmetic; one element of the mask may be corrupted first.
int64_t Mismatches(const SumsCase& spec, Random& random, bool corrupt = false) {
  Integers weights = MakeIntegers(spec.rows, spec.cols, spec.pattern, spec.workload, spec.extreme, random);
  const bool batch_major = spec.layout == NM_BATCH_MAJOR;
  const auto operand = [&](int32_t dtype, int64_t features) {
    const int64_t lines = batch_major ? spec.batch : features, width = batch_major ? features : spec.batch;
    return TypedMatrix(dtype, lines, width, width + 3, Placement::kUnaligned);
  };
  TypedMatrix x = operand(spec.x_dtype, spec.cols), y = operand(NM_S32, spec.rows);
  const int64_t low = spec.x_dtype == NM_S8 ? -128 : 0;
  // As far from the zero point as the type goes, or anything.
  const int64_t far = spec.x_zero - low > 127 ? low : low + 255;
  x.Fill([&] { return static_cast<double>(spec.extreme ? far : random.Int(low, low + 255)); });
  nm_product p = {};
  p.layout = spec.layout;
  p.batch = spec.batch;
  p.count = 1;
  p.x = x.data();
  p.ldx = x.ld();
  p.y = y.data();
  p.ldy = y.ld();
  p.alpha = 1.0f;
  p.x_dtype = spec.x_dtype;
  p.y_dtype = NM_S32;
  p.x_scale = 0.41f;
  p.x_zero = spec.x_zero;
  int64_t tiles = -1;
  Require(nm_product_tiles(weights.handle.get(), &p, &tiles));
  Require(nm_multiply(weights.handle.get(), &p, 0, tiles));
  if (corrupt) weights.mask.Set(0, 0, !weights.mask.Get(0, 0));
  int64_t mismatches = 0;
  for (int64_t r = 0; r < spec.rows; ++r) {
    for (int64_t i = 0; i < spec.batch; ++i) {
      int64_t sum = 0;
      for (int64_t c = 0; c < spec.cols; ++c) {
        if (!weights.mask.Get(r, c)) continue;
        const auto number = static_cast<int64_t>(batch_major ? x.Get(i, c) : x.Get(c, i));
        sum += weights.w[r * spec.cols + c] * (number - spec.x_zero);
      }
      const double stored = batch_major ? y.Get(i, r) : y.Get(r, i);
      if (static_cast<int64_t>(stored) != sum) ++mismatches;
    }
  }
  return mismatches;
}

class IntegerProductTest : public testing::TestWithParam<int32_t> {
 protected:
  Random random_;
};

TEST_P(IntegerProductTest, SumsAreExact) {
  for (const int32_t x_dtype : {NM_S8, NM_U8}) {
    const int64_t low = x_dtype == NM_S8 ? -128 : 0;
    for (const Pattern pattern : kPatterns) {
      const SumsCase spec = {random_.Int(1, 150),
                             random_.Int(1, 400),
                             random_.Int(1, 40),
                             pattern,
                             random_.Pick(kWorkloads),
                             GetParam(),
                             x_dtype,
                             static_cast<int32_t>(random_.Int(low, low + 255)),
                             false};
      ASSERT_EQ(Mismatches(spec, random_), 0)
          << spec.rows << " x " << spec.cols << ", batch " << spec.batch << ", " << pattern.n << ":" << pattern.m;
    }
  }
}

// Sums beyond 2^24, several chunks of columns and tiles of rows and items.
TEST_P(IntegerProductTest, ExtremeSumsAreExact) {
  for (const int32_t x_dtype : {NM_S8, NM_U8}) {
    const int32_t low = x_dtype == NM_S8 ? -128 : 0;
    for (const int32_t zero : {low, low + 255}) {
      for (const int32_t workload : kWorkloads) {
        const Pattern pattern = random_.Chance(0.5) ? Pattern{2, 4} : Pattern{31, 32};
        ASSERT_EQ(Mismatches({19, 5003, 14, pattern, workload, GetParam(), x_dtype, zero, true}, random_), 0);
      }
    }
  }
  for (const int64_t batch : {5, 193}) {
    ASSERT_EQ(Mismatches({131, 4111, batch, {2, 4}, NM_SMALL_BATCH, GetParam(), NM_S8, -3, false}, random_), 0);
  }
}

// A test of the tests.
TEST_P(IntegerProductTest, ACorruptedMaskBitShows) {
  EXPECT_GT(Mismatches({3, 64, 2, {2, 4}, NM_ANY_BATCH, GetParam(), NM_U8, 0, true}, random_, true), 0);
}

INSTANTIATE_TEST_SUITE_P(Layouts, IntegerProductTest, testing::ValuesIn(kLayouts));

class IntegerArgumentsTest : public testing::Test {
 protected:
  IntegerArgumentsTest() : weights_(MakeIntegers(2, 8, {2, 4}, NM_ANY_BATCH, false, random_)) {
    p_.layout = NM_BATCH_MAJOR;
    p_.batch = p_.count = 1;
    p_.x = x_;
    p_.ldx = 8;
    p_.y = y_;
    p_.ldy = 2;
    p_.alpha = 1.0f;
    p_.x_dtype = NM_S8;
    p_.y_dtype = NM_S32;
    p_.x_scale = 1.0f;
  }
  int32_t Multiply() { return nm_multiply(weights_.handle.get(), &p_, 0, 0); }

  Random random_;
  Integers weights_;
  int8_t x_[8] = {};
  int32_t y_[2] = {};
  float numbers_[2] = {1.0f, 1.0f};
  nm_product p_ = {};
};

TEST_F(IntegerArgumentsTest, SumsTakeNothingElse) {
  EXPECT_TRUE(Succeeds(Multiply()));
  const nm_product good = p_;
  p_.alpha = 2.0f;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"alpha 1", "alpha 2"}));
  p_ = good;
  p_.beta = 1.0f;
  p_.c = y_;
  p_.ldc = 2;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"beta 0", "beta 1"}));
  p_ = good;
  p_.bias = numbers_;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"no bias", "a bias"}));
  p_ = good;
  p_.feature_scale = numbers_;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"no feature_scale", "a feature_scale"}));
  p_ = good;
  p_.activation = NM_RELU;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"activation 0", "activation 1"}));
}

TEST_F(IntegerArgumentsTest, ZeroPointWithinTheType) {
  p_.x_zero = -129;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"x_zero", "-128", "127", "-129"}));
  p_.x_dtype = NM_U8;
  p_.x_zero = 256;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Multiply(), {"x_zero", "255", "256"}));
}

TEST_F(IntegerArgumentsTest, SumsThatMayNotFit) {
  for (const int64_t kept : {65793, 65794}) {
    const int64_t cols = 2 * kept;
    const Integers weights = MakeIntegers(1, cols, {1, 2}, NM_SMALL_BATCH, true, random_);
    const std::vector<int8_t> least(cols, -128);
    const float scale = 1.0f;
    Require(nm_matrix_reopen(weights.handle.get()));
    Require(nm_matrix_set_rows_s8(weights.handle.get(), 0, 1, least.data(), cols, weights.mask.data(), &scale));
    Require(nm_matrix_seal(weights.handle.get()));
    std::vector<int8_t> x(cols, 127);
    p_.x = x.data();
    p_.ldx = cols;
    p_.x_zero = -128;
    p_.ldy = 1;
    int64_t tiles = 0;
    const int32_t status = nm_product_tiles(weights.handle.get(), &p_, &tiles);
    if (kept == 65793) {
      ASSERT_TRUE(Succeeds(status));
      ASSERT_TRUE(Succeeds(nm_multiply(weights.handle.get(), &p_, 0, tiles)));
      EXPECT_EQ(y_[0], -128 * 255 * kept);
    } else {
      EXPECT_TRUE(Refuses(NM_UNSUPPORTED, status, {"65793", "65794"}));
    }
  }
}

// A sum is rounded to fp32 once: 2^24 + 1 products of 1 become 2^24.
TEST_F(IntegerArgumentsTest, ASumIsRoundedOnce) {
  const int64_t cols = 2 * 600;
  nm_matrix* a = nullptr;
  Require(nm_matrix_create(1, cols, 1, 2, NM_S8, NM_ANY_BATCH, &a));
  const Handle handle(a);
  const BitMask mask = Completed(BitMask(1, cols), {1, 2});
  std::vector<int8_t> w(cols, -128);
  std::vector<uint8_t> x(cols, 255);
  // 514 products of -32640 and one of -257 + 1: -16777217.
  int64_t rest = -16777217, at = 0;
  for (; rest <= -32640; rest += 32640) at += 2;
  w[at] = -1;
  x[at] = static_cast<uint8_t>(-rest > 255 ? 255 : -rest);
  rest += x[at];
  w[at + 2] = -1;
  x[at + 2] = static_cast<uint8_t>(-rest);
  for (at += 4; at < cols; at += 2) w[at] = 0;
  const float one = 1.0f;
  Require(nm_matrix_set_rows_s8(a, 0, 1, w.data(), cols, mask.data(), &one));
  Require(nm_matrix_seal(a));
  float y = 0;
  p_.x = x.data();
  p_.ldx = cols;
  p_.x_dtype = NM_U8;
  p_.y = &y;
  p_.ldy = 1;
  p_.y_dtype = NM_F32;
  Require(nm_multiply(a, &p_, 0, 1));
  EXPECT_EQ(y, -16777216.0f);
}

}  // namespace
}  // namespace nm4j_test
