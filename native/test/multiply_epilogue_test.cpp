/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Y = act(alpha * (W X) + beta * C + bias), and nothing else of it is read than what the arguments ask for.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/tolerance.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

class EpilogueTest : public ProductTest {
 protected:
  // A matrix with one kept weight of 1 in column 0 of each row: the epilogue gets the activations themselves.
  Handle PackIdentity(int64_t rows) const {
    Weights weights{FloatMatrix(rows, 2), BitMask(rows, 2), {1, 2}};
    weights.w.Fill([](int64_t, int64_t) { return 1.0f; });
    for (int64_t r = 0; r < rows; ++r) weights.mask.Set(r, 0);
    return weights.Pack(Workload());
  }

  // act(value) for each value, through the batch and through the features, so that both ends of a vector are met.
  std::vector<float> Activate(const std::vector<float>& values, int32_t activation) {
    const auto count = static_cast<int64_t>(values.size());
    Multiplication product(Layout(), 3, 2, count, {1.0f, 0.0f, false, false, activation});
    for (int64_t s = 0; s < count; ++s) {
      product.X(0, s) = values[static_cast<size_t>(s)];
      product.X(1, s) = kNan;
    }
    Require(product.Run(PackIdentity(3).get()));
    std::vector<float> result;
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t r = 1; r < 3; ++r) EXPECT_EQ(Bits(product.Y(r, s)), Bits(product.Y(0, s)));
      result.push_back(product.Y(0, s));
    }
    return result;
  }
};

TEST_P(EpilogueTest, AllCombinations) {
  const Weights weights = IntegerWeights(21, 50, {2, 4}, random_);
  const Handle a = weights.Pack(Workload());
  for (int64_t batch : {1, 6, 35, 130}) {
    for (float alpha : {1.0f, 0.0f, -0.0f, -1.0f, 0.25f, -3.0f}) {
      for (float beta : {0.0f, -0.0f, 1.0f, -1.0f, 0.5f}) {
        for (bool bias : {false, true}) {
          for (bool in_place : {false, true}) {
            for (int32_t activation : {NM_IDENTITY, NM_RELU, NM_GELU}) {
              if (in_place && beta == 0) continue;
              Multiplication product(Layout(), 21, 50, batch, {alpha, beta, bias, in_place, activation},
                                     RandomSpace(random_));
              product.FillIntegers(random_);
              product.c.buffer().ForbidWrites();
              ASSERT_TRUE(Succeeds(product.Run(a.get())));
              ASSERT_TRUE(Matches(product, weights, Accuracy::kExact));
            }
          }
        }
      }
    }
  }
}

// C lies on pages that may not be touched.
TEST_P(EpilogueTest, BetaZeroDoesNotReadC) {
  const Weights weights = IntegerWeights(21, 50, {2, 4}, random_);
  const Handle a = weights.Pack(Workload());
  for (int64_t batch : {1, 70}) {
    for (float beta : {0.0f, -0.0f}) {
      Multiplication product(Layout(), 21, 50, batch);
      product.FillIntegers(random_);
      GuardedBuffer<float> c(21 * batch);
      c.ForbidAccess();
      product.ResetY();
      ASSERT_TRUE(Succeeds(nm_multiply_f32(a.get(), Layout(), batch, product.x.data(), product.x.ld(), 1.0f, c.data(),
                                           product.y.ld(), beta, nullptr, NM_IDENTITY, product.y.data(), product.y.ld(),
                                           0, product.Tiles(a.get()))));
      EXPECT_TRUE(Matches(product, weights, Accuracy::kExact));
    }
  }
}

TEST_P(EpilogueTest, BetaZeroDoesNotReadY) {
  const Weights weights = IntegerWeights(21, 50, {2, 4}, random_);
  const Handle a = weights.Pack(Workload());
  Multiplication product(Layout(), 21, 50, 70);
  product.FillIntegers(random_);
  product.ResetY();  // to NaN
  ASSERT_TRUE(Succeeds(nm_multiply_f32(a.get(), Layout(), 70, product.x.data(), product.x.ld(), 1.0f, product.y.data(),
                                       product.y.ld(), 0.0f, nullptr, NM_IDENTITY, product.y.data(), product.y.ld(), 0,
                                       product.Tiles(a.get()))));
  EXPECT_TRUE(Matches(product, weights, Accuracy::kExact));
}

TEST_P(EpilogueTest, NanAndInfinityPassThrough) {
  const Handle a = PackIdentity(20);
  for (int64_t batch : {1, 40}) {
    Multiplication product(Layout(), 20, 2, batch, {1.0f, 2.0f, true, false, NM_IDENTITY});
    product.FillIntegers(random_);
    product.C(3, 0) = kNan;
    product.C(4, 0) = -kInfinity;
    product.bias[5] = kInfinity;
    product.bias[6] = kNan;
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    EXPECT_TRUE(std::isnan(product.Y(3, 0)));
    EXPECT_EQ(product.Y(4, 0), -kInfinity);
    for (int64_t s = 0; s < batch; ++s) {
      EXPECT_EQ(product.Y(5, s), kInfinity);
      EXPECT_TRUE(std::isnan(product.Y(6, s)));
      EXPECT_TRUE(std::isfinite(product.Y(7, s)));
    }
  }
}

// alpha * (W X) is computed as it stands: zero times infinity is NaN.
TEST_P(EpilogueTest, AlphaZeroStillMultiplies) {
  const Handle a = PackIdentity(20);
  for (int64_t batch : {1, 40}) {
    Multiplication product(Layout(), 20, 2, batch, {0.0f, 0.0f, false, false, NM_IDENTITY});
    product.FillIntegers(random_);
    product.X(0, batch - 1) = kInfinity;
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    for (int64_t r = 0; r < 20; ++r) EXPECT_TRUE(std::isnan(product.Y(r, batch - 1)));
  }
}

TEST_P(EpilogueTest, Relu) {
  const std::vector<float> values{1.0f,       -1.0f,    0.0f,      -0.0f,    kNan,      -kNan,    kInfinity,
                                  -kInfinity, kTiniest, -kTiniest, kLargest, -kLargest, 0x1p-126f};
  const std::vector<float> results = Activate(values, NM_RELU);
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      EXPECT_TRUE(std::isnan(results[i]));
    } else {
      EXPECT_EQ(results[i], values[i] > 0 ? values[i] : 0.0f) << "of " << values[i];
    }
  }
}

void ExpectGelu(const std::vector<float>& values, const std::vector<float>& results) {
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_LE(std::fabs(results[i] - Gelu(values[i])), GeluTolerance(values[i], 0)) << "of " << values[i];
  }
}

TEST_P(EpilogueTest, GeluFromMinusTwentyToTwenty) {
  std::vector<float> values;
  for (int i = -200000; i <= 200000; ++i) values.push_back(static_cast<float>(i) * 1e-4f);
  ExpectGelu(values, Activate(values, NM_GELU));
}

TEST_P(EpilogueTest, GeluOfAnyExponent) {
  std::vector<float> values{0.0f, -0.0f, kTiniest, -kTiniest, kLargest, -kLargest};
  while (values.size() < 100000) values.push_back(random_.AnyFinite());
  ExpectGelu(values, Activate(values, NM_GELU));
}

TEST_P(EpilogueTest, GeluOfSpecialValues) {
  const std::vector<float> results = Activate({kNan, kInfinity, 1.0f, -kInfinity}, NM_GELU);
  EXPECT_TRUE(std::isnan(results[0]));
  EXPECT_EQ(results[1], kInfinity);
  EXPECT_NEAR(results[2], 0.8413447, 4e-7);
  EXPECT_EQ(results[3], 0.0f) << "the limit";
}

INSTANTIATE_TEST_SUITE_P(Products, EpilogueTest, AllProducts(), ProductName());

}  // namespace
}  // namespace nm4j_test
