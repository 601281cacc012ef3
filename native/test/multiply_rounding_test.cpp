/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The product on real numbers: fp32 rounds, within the bound that tolerance.h derives.
#include <gtest/gtest.h>

#include <cmath>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

class RoundingTest : public ProductTest {
 protected:
  // An epilogue none of whose operations is exact.
  Epilogue InexactEpilogue() {
    const int32_t activation = static_cast<int32_t>(random_.Int(NM_IDENTITY, NM_GELU));
    return {0.3f, random_.Chance(0.5) ? 0.7f : 0.0f, random_.Chance(0.5), false, activation};
  }
};

TEST_P(RoundingTest, Uniform) {
  for (Pattern p : kPatterns) {
    for (int64_t cols : {3, 50, 129, 1000, 4099}) {
      const Weights weights = RealWeights(random_.Int(1, 40), cols, p, random_);
      const Handle a = weights.Pack(Workload());
      for (int64_t batch : {1, 8, 40, 129}) {
        Multiplication product(Layout(), weights.rows(), cols, batch, InexactEpilogue(), RandomSpace(random_));
        product.FillReals(random_);
        ASSERT_TRUE(Succeeds(product.Run(a.get())));
        ASSERT_TRUE(Matches(product, weights, Accuracy::kRounded));
      }
    }
  }
}

// Terms of very different size that cancel: what is left is small beside the magnitudes, which bound the error.
TEST_P(RoundingTest, Cancellation) {
  for (Pattern p : {Pattern{2, 4}, {3, 5}}) {
    Weights weights = RealWeights(20, 600, p, random_);
    weights.w.Fill(
        [&](int64_t, int64_t) { return std::ldexp(random_.Uniform(), static_cast<int>(random_.Int(-20, 20))); });
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : {1, 8, 40}) {
      Multiplication product(Layout(), 20, 600, batch, InexactEpilogue());
      product.FillReals(random_);
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      ASSERT_TRUE(Matches(product, weights, Accuracy::kRounded));
    }
  }
}

// Subnormal operands and results are kept, not flushed to zero.
TEST_P(RoundingTest, Subnormal) {
  Weights weights = RealWeights(20, 40, {2, 4}, random_);
  weights.w.Fill([&](int64_t, int64_t) { return std::ldexp(random_.SmallInteger(), -149); });
  const Handle a = weights.Pack(Workload());
  for (int64_t batch : {1, 8, 40}) {
    Multiplication product(Layout(), 20, 40, batch);
    product.FillIntegers(random_);
    ASSERT_TRUE(Succeeds(product.Run(a.get())));
    ASSERT_TRUE(Matches(product, weights, Accuracy::kExact));
  }
}

TEST_P(RoundingTest, LongRows) {
  for (Pattern p : {Pattern{1, 2}, {2, 4}, {1, 16}}) {
    const Weights weights = RealWeights(5, 100003, p, random_);
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : {1, 19}) {
      Multiplication product(Layout(), 5, 100003, batch);
      product.FillReals(random_);
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      ASSERT_TRUE(Matches(product, weights, Accuracy::kRounded));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Products, RoundingTest, AllProducts(), ProductName());

}  // namespace
}  // namespace nm4j_test
