/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Infinities and NaN: seen opposite kept weights, not seen opposite pruned ones.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

class SpecialValuesTest : public ProductTest {};

bool SameSpecial(float expected, float actual) {
  return std::isnan(expected) ? std::isnan(actual) : expected == actual;
}

// Puts one special value into one activation of each column in turn. The sample it belongs to changes for the rows that
// keep the column, as IEEE 754 says; everything else keeps its bits. Incomplete masks make the library fill in kept
// zeros, opposite which infinity gives NaN.
TEST_P(SpecialValuesTest, AreSeenWhereKeptOnly) {
  for (Pattern p : kPatterns) {
    const int64_t rows = 19, cols = 2 * p.m + p.m / 2 + 1;  // a short group at the end
    Weights weights = IntegerWeights(rows, cols, p, random_);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; ++c) {
        if (random_.Chance(0.1)) weights.mask.Set(r, c, false);
      }
    }
    const BitMask full = Completed(weights.mask, p);
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : {1, 7, 33, 130}) {
      Multiplication product(Layout(), rows, cols, batch, {}, RandomSpace(random_));
      product.FillIntegers(random_);
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      FloatMatrix expected = Copy(product.y);
      const auto expected_at = [&](int64_t r, int64_t s) -> float& {
        return Layout() == NM_FEATURE_MAJOR ? expected(r, s) : expected(s, r);
      };
      for (int64_t c = 0; c < cols; ++c) {
        const float special = std::vector<float>{kNan, kInfinity, -kInfinity}[static_cast<size_t>(c % 3)];
        const int64_t sample = random_.Int(0, batch - 1);
        const float former = product.X(c, sample);
        product.X(c, sample) = special;
        ASSERT_TRUE(Succeeds(product.Run(a.get())));
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t s = 0; s < batch; ++s) {
            const float weight = weights.mask.Get(r, c) ? weights.w(r, c) : 0.0f;
            const float wanted = s == sample && full.Get(r, c) ? weight * special : expected_at(r, s);
            ASSERT_TRUE(SameSpecial(wanted, product.Y(r, s)))
                << special << " in column " << c << " of sample " << sample << ", "
                << (full.Get(r, c) ? "kept" : "pruned") << " in row " << r << ": expected " << wanted << ", got "
                << product.Y(r, s) << " for sample " << s << " " << product.Describe() << ", pattern " << p.n << ":"
                << p.m;
          }
        }
        product.X(c, sample) = former;
      }
    }
  }
}

// All that is pruned is opposite a NaN: a kernel that multiplies by zero instead of leaving out finds one.
TEST_P(SpecialValuesTest, APrunedColumnMayBeAllNan) {
  for (Pattern p : kPatterns) {
    const int64_t cols = 3 * p.m;
    Weights weights = IntegerWeights(30, cols, p, random_);
    // The same columns kept in each row.
    for (int64_t r = 1; r < 30; ++r) {
      for (int64_t c = 0; c < cols; ++c) weights.mask.Set(r, c, weights.mask.Get(0, c));
    }
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : {1, 5, 16, 70}) {
      Multiplication product(Layout(), 30, cols, batch);
      product.FillIntegers(random_);
      for (int64_t c = 0; c < cols; ++c) {
        for (int64_t s = 0; s < batch && !weights.mask.Get(0, c); ++s) product.X(c, s) = kNan;
      }
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      ASSERT_TRUE(Matches(product, weights, Accuracy::kExact));
    }
  }
}

TEST_P(SpecialValuesTest, WeightsMayBeInfinite) {
  Weights weights = IntegerWeights(20, 40, {2, 4}, random_);
  for (int64_t c = 0; c < 4; ++c) weights.mask.Set(3, c, c == 2);
  weights.w(3, 2) = -kInfinity;
  const Handle a = weights.Pack(Workload());
  for (int64_t batch : {1, 40}) {
    Multiplication product(Layout(), 20, 40, batch);
    product.FillIntegers(random_);
    product.X(2, 0) = 2.0f;
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    EXPECT_EQ(product.Y(3, 0), -kInfinity);
    EXPECT_TRUE(std::isfinite(product.Y(2, 0)));
    product.X(2, 0) = 0.0f;
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    EXPECT_TRUE(std::isnan(product.Y(3, 0)));
  }
}

TEST_P(SpecialValuesTest, AllowedNanWeightsAreSeen) {
  Weights weights = IntegerWeights(20, 40, {2, 4}, random_);
  for (int64_t c = 0; c < 4; ++c) weights.mask.Set(3, c, c == 2);
  weights.w(3, 2) = kNan;
  const Handle a = Create(20, 40, {2, 4}, Workload());
  Require(nm_matrix_set_rows_f32(a.get(), 0, 20, weights.w.data(), 40, weights.mask.data(), NM_ALLOW_NAN));
  Require(nm_matrix_seal(a.get()));
  for (int64_t batch : {1, 40}) {
    Multiplication product(Layout(), 20, 40, batch);
    product.FillIntegers(random_);
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    for (int64_t s = 0; s < batch; ++s) {
      for (int64_t r = 0; r < 20; ++r) ASSERT_EQ(std::isnan(product.Y(r, s)), r == 3);
    }
  }
}

TEST_P(SpecialValuesTest, FiniteOperandsMayOverflow) {
  Weights weights = IntegerWeights(20, 40, {2, 4}, random_);
  weights.w.Fill([](int64_t r, int64_t) { return r == 3 ? kLargest : 1.0f; });
  const Handle a = weights.Pack(Workload());
  for (int64_t batch : {1, 40}) {
    Multiplication product(Layout(), 20, 40, batch);
    product.x.Fill([](int64_t, int64_t) { return 2.0f; });
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    EXPECT_EQ(product.Y(3, batch - 1), kInfinity);
    EXPECT_EQ(product.Y(4, batch - 1), 40.0f);
  }
}

INSTANTIATE_TEST_SUITE_P(Products, SpecialValuesTest, AllProducts(), ProductName());

}  // namespace
}  // namespace nm4j_test
