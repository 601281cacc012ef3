/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Products of every combination of types, exact on integers and within the tolerance of fp32 on reals.
#include "support/typed_product.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "support/status.h"
#include "support/type_cases.h"
#include "support/typed_result.h"

namespace nm4j_test {
namespace {

constexpr Pattern kTypedPatterns[] = {{2, 4},  {1, 4}, {3, 4}, {1, 2},  {4, 8},  {2, 8},
                                      {1, 16}, {3, 5}, {7, 9}, {1, 32}, {31, 32}};

class TypedProductTest : public testing::TestWithParam<TypeCase> {
 protected:
  Types types() const { return std::get<0>(GetParam()); }
  int32_t result() const { return std::get<1>(GetParam()); }
  Random random_;
};

ProductCase RandomCase(Types types, int32_t result, bool integers, Random& random) {
  constexpr int64_t kBatches[] = {1, 1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 24, 31, 33, 63, 64, 65, 130};
  constexpr int64_t kPads[] = {0, 0, 1, 3, 16};
  constexpr int32_t kActivations[] = {NM_IDENTITY, NM_IDENTITY, NM_RELU};
  ProductCase spec;
  spec.layout = random.Pick(kLayouts);
  spec.batch = random.Pick(kBatches);
  spec.count = random.Chance(0.2) ? random.Int(2, 3) : 1;
  spec.x_dtype = types.x;
  spec.y_dtype = result;
  spec.integers = integers;
  spec.bias = random.Chance(0.5);
  spec.feature_scale = random.Chance(0.3);
  spec.add = random.Chance(0.4);
  spec.in_place = spec.add && random.Chance(0.5);
  spec.activation = integers || random.Chance(0.6) ? random.Pick(kActivations) : NM_GELU;
  spec.pad = random.Pick(kPads);
  spec.placement = random.Pick(kPlacements);
  return spec;
}

TEST_P(TypedProductTest, EveryPattern) {
  for (const Pattern pattern : kTypedPatterns) {
    for (const bool integers : {true, false}) {
      const int64_t rows = random_.Int(1, 90), cols = random_.Int(1, 300);
      const TypedWeights weights =
          MakeWeights(types().weights, rows, cols, pattern, random_.Pick(kWorkloads), integers, random_);
      for (int i = 0; i < 4; ++i) {
        TypedProduct product(weights, RandomCase(types(), result(), integers, random_), random_);
        product.Run();
        ASSERT_TRUE(product.Matches());
      }
    }
  }
}

// Every number of items that a kernel may have code of its own for.
TEST_P(TypedProductTest, EveryBatch) {
  const TypedWeights weights = MakeWeights(types().weights, 37, 140, {2, 4}, NM_ANY_BATCH, true, random_);
  ProductCase spec = RandomCase(types(), result(), true, random_);
  spec.count = 1;
  for (const int32_t layout : kLayouts) {
    for (int64_t batch = 0; batch <= 70; ++batch) {
      spec.layout = layout;
      spec.batch = batch;
      TypedProduct product(weights, spec, random_);
      product.Run();
      ASSERT_TRUE(product.Matches());
    }
  }
}

TEST_P(TypedProductTest, TilesGiveTheSameBits) {
  for (const int32_t workload : kWorkloads) {
    const TypedWeights weights = MakeWeights(types().weights, 150, 260, {2, 4}, workload, false, random_);
    ProductCase spec = RandomCase(types(), result(), false, random_);
    spec.batch = 70;
    TypedProduct product(weights, spec, random_);
    product.Run();
    const std::vector<double> whole = product.Results();
    product.Run(true);
    EXPECT_EQ(whole, product.Results());
  }
}

// More rows, columns and items than any kernel takes at once, and no whole number of any.
TEST(TypedLargeProductTest, EveryTypeWholeAndByTiles) {
  Random random;
  for (const Types types : kTypes) {
    for (const int32_t workload : {NM_SMALL_BATCH, NM_LARGE_BATCH}) {
      const TypedWeights weights = MakeWeights(types.weights, 555, 1111, {2, 4}, workload, true, random);
      ProductCase spec = RandomCase(types, NM_F32, true, random);
      spec.batch = 133;
      spec.count = 1;
      TypedProduct product(weights, spec, random);
      product.Run();
      ASSERT_TRUE(product.Matches());
      const std::vector<double> whole = product.Results();
      product.Run(true);
      EXPECT_EQ(whole, product.Results());
    }
  }
}

// A test of the tests: one mask bit that moves to a neighbour must show.
TEST_P(TypedProductTest, AMovedMaskBitShows) {
  for (const int32_t workload : {NM_SMALL_BATCH, NM_LARGE_BATCH}) {
    TypedWeights weights = MakeWeights(types().weights, 20, 64, {2, 4}, workload, true, random_);
    ProductCase spec = RandomCase(types(), result(), true, random_);
    spec.activation = NM_IDENTITY;
    spec.add = spec.in_place = false;
    spec.batch += 8;  // some item's activations differ, and are not zero
    TypedProduct product(weights, spec, random_);
    product.product().y_scale = 0x1p16f;  // no result is at the end of the range
    product.product().y_zero = result() == NM_U8 ? 128 : 0;
    product.Run();
    ASSERT_TRUE(product.Matches());
    MoveOneBit(&weights.kept, &weights.real, VisibleFactor(result()), random_);
    EXPECT_FALSE(product.Matches());
  }
}

INSTANTIATE_TEST_SUITE_P(All, TypedProductTest, TypeCases(), TypeCaseName());

}  // namespace
}  // namespace nm4j_test
