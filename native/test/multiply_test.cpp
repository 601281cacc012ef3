/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The product itself, on small integers: fp32 makes no rounding error there, so that any wrong, missing or doubled term
// shows, however small its share. Shapes are swept along each dimension past the edges of vectors, panels and tiles;
// what the sweep leaves open (the other dimensions, leading dimensions, placement, epilogue) is drawn at random.
#include <gtest/gtest.h>

#include <vector>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

class MultiplyTest : public ProductTest {
 protected:
  testing::AssertionResult Multiplies(const Handle& a, const Weights& weights, int64_t batch) {
    Multiplication product(Layout(), weights.rows(), weights.cols(), batch, RandomEpilogue(random_),
                           RandomSpace(random_));
    product.FillIntegers(random_);
    product.x.buffer().ForbidWrites();
    product.bias.ForbidWrites();
    if (auto succeeded = Succeeds(product.Run(a.get())); !succeeded) return succeeded << "\n" << product.Describe();
    return Matches(product, weights, Accuracy::kExact);
  }
};

TEST_P(MultiplyTest, Batches) {
  std::vector<int64_t> batches{127, 128, 129, 200, 255, 256, 257, 383, 384, 385};
  for (int64_t batch = 0; batch <= 70; ++batch) batches.push_back(batch);
  for (Pattern p : kPatterns) {
    const Weights weights = IntegerWeights(random_.Int(1, 40), random_.Int(1, 140), p, random_);
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : batches) ASSERT_TRUE(Multiplies(a, weights, batch));
  }
}

TEST_P(MultiplyTest, Rows) {
  std::vector<int64_t> all_rows{63, 64, 65, 127, 128, 129, 255, 256, 257, 510, 511, 512, 513, 514, 530, 1025};
  for (int64_t rows = 1; rows <= 40; ++rows) all_rows.push_back(rows);
  for (int64_t rows : all_rows) {
    for (Pattern p : {Pattern{2, 4}, {3, 5}, {1, 32}}) {
      const Weights weights = IntegerWeights(rows, random_.Int(1, 80), p, random_);
      const Handle a = weights.Pack(Workload());
      for (int64_t batch : {1, 2, 5, 16, 33, 66}) ASSERT_TRUE(Multiplies(a, weights, batch));
    }
  }
}

TEST_P(MultiplyTest, Columns) {
  std::vector<int64_t> all_cols{255, 256, 257, 511, 512, 513, 1023, 1024, 1025};
  for (int64_t cols = 1; cols <= 140; ++cols) all_cols.push_back(cols);
  for (int64_t cols : all_cols) {
    for (Pattern p : kPatterns) {
      const Weights weights = IntegerWeights(random_.Int(1, 24), cols, p, random_);
      const Handle a = weights.Pack(Workload());
      for (int64_t batch : {int64_t{1}, random_.Int(2, 20), random_.Int(21, 70)}) {
        ASSERT_TRUE(Multiplies(a, weights, batch));
      }
    }
  }
}

TEST_P(MultiplyTest, AllPatterns) {
  for (int32_t m = 2; m <= 32; ++m) {
    for (int32_t n = 1; n < m; ++n) {
      const Weights weights = IntegerWeights(random_.Int(1, 20), random_.Int(1, 4 * m), {n, m}, random_);
      const Handle a = weights.Pack(Workload());
      for (int64_t batch : {int64_t{1}, random_.Int(2, 70)}) ASSERT_TRUE(Multiplies(a, weights, batch));
    }
  }
}

TEST_P(MultiplyTest, IncompleteMasks) {
  for (Pattern p : kPatterns) {
    Weights weights = IntegerWeights(37, 101, p, random_);
    for (int64_t r = 0; r < 37; ++r) {
      for (int64_t c = 0; c < 101; ++c) {
        if (random_.Chance(0.5)) weights.mask.Set(r, c, false);
      }
    }
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : {1, 7, 40, 130}) ASSERT_TRUE(Multiplies(a, weights, batch));
  }
}

// Sums of 100000 terms whose columns need more than 16 bits; ones and minus ones keep even these exact.
TEST_P(MultiplyTest, LongRows) {
  for (int64_t cols : {65535, 65536, 65537, 140003}) {
    for (Pattern p : {Pattern{2, 4}, {1, 32}, {3, 5}}) {
      Weights weights = IntegerWeights(5, cols, p, random_);
      weights.w.Fill([&](int64_t, int64_t) { return random_.Chance(0.5) ? 1.0f : -1.0f; });
      const Handle a = weights.Pack(Workload());
      for (int64_t batch : {1, 3, 19}) ASSERT_TRUE(Multiplies(a, weights, batch));
    }
  }
}

TEST_P(MultiplyTest, ManyRows) {
  const Weights weights = IntegerWeights(70001, 12, {2, 4}, random_);
  const Handle a = weights.Pack(Workload());
  for (int64_t batch : {1, 3, 17}) EXPECT_TRUE(Multiplies(a, weights, batch));
}

TEST_P(MultiplyTest, ManySamples) {
  const Weights weights = IntegerWeights(3, 12, {2, 4}, random_);
  EXPECT_TRUE(Multiplies(weights.Pack(Workload()), weights, 70001));
}

// The comparison notices a wrong library too: weights that differ from the packed ones in one bit of the mask or in one
// value give another product.
TEST_P(MultiplyTest, ASingleDifferenceIsNoticed) {
  for (Pattern p : kPatterns) {
    for (int64_t batch : {1, 9, 70}) {
      const Weights weights = IntegerWeights(13, 64, p, random_);
      Multiplication product(Layout(), 13, 64, batch);
      product.FillIntegers(random_);
      ASSERT_TRUE(Succeeds(product.Run(weights.Pack(Workload()).get())));
      ASSERT_TRUE(Matches(product, weights, Accuracy::kExact));

      const int64_t row = random_.Int(0, 12);
      int64_t kept = random_.Int(0, 63);
      while (!weights.mask.Get(row, kept)) kept = random_.Int(0, 63);

      Weights other_mask{Copy(weights.w), Copy(weights.mask), p};
      other_mask.mask.Set(row, kept, false);
      EXPECT_FALSE(Matches(product, other_mask, Accuracy::kExact));
      EXPECT_FALSE(Matches(product, other_mask, Accuracy::kRounded));

      Weights other_value{Copy(weights.w), Copy(weights.mask), p};
      other_value.w(row, kept) += 1.0f;
      EXPECT_FALSE(Matches(product, other_value, Accuracy::kExact));
      EXPECT_FALSE(Matches(product, other_value, Accuracy::kRounded));

      product.X(kept, batch - 1) += 1.0f;
      EXPECT_FALSE(Matches(product, weights, Accuracy::kExact));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Products, MultiplyTest, AllProducts(), ProductName());

}  // namespace
}  // namespace nm4j_test
