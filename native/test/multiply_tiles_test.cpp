/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The result does not depend on how tiles are split over calls, nor on where the operands lie.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "support/multiplication.h"
#include "support/product_test.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

struct Shape {
  int64_t rows, cols, batch;
};
// One tile, some tiles along one dimension, and many along both.
constexpr Shape kShapes[] = {{1, 3, 1}, {1100, 70, 1}, {1100, 70, 9}, {600, 300, 40}, {37, 50, 1000}, {530, 129, 400}};

class TilesTest : public ProductTest {
 protected:
  // Calls check(matrix, product, its result by one call) for each shape, with an epilogue that accumulates in place.
  template <typename Check>
  void ForEachShape(Check check) {
    for (Shape shape : kShapes) {
      const Weights weights = RealWeights(shape.rows, shape.cols, {2, 4}, random_);
      const Handle a = weights.Pack(Workload());
      Multiplication product(Layout(), shape.rows, shape.cols, shape.batch, {0.7f, 0.3f, true, true, NM_GELU},
                             {1, 0, 3});
      product.FillReals(random_);
      ASSERT_TRUE(Succeeds(product.Run(a.get())));
      ASSERT_GE(product.Tiles(a.get()), 1);
      const FloatMatrix expected = Copy(product.y);
      check(a.get(), product, expected);
    }
  }
};

TEST_P(TilesTest, RepeatedCallsGiveTheSameBits) {
  ForEachShape([](const nm_matrix* a, Multiplication& product, const FloatMatrix& expected) {
    ASSERT_TRUE(Succeeds(product.Run(a)));
    ASSERT_TRUE(SameBits(expected, product.y)) << product.Describe();
  });
}

TEST_P(TilesTest, SingleTilesInAnyOrderGiveTheSameBits) {
  ForEachShape([&](const nm_matrix* a, Multiplication& product, const FloatMatrix& expected) {
    std::vector<int64_t> tiles(static_cast<size_t>(product.Tiles(a)));
    std::iota(tiles.begin(), tiles.end(), 0);
    std::shuffle(tiles.begin(), tiles.end(), random_.engine());
    product.ResetY();
    for (int64_t tile : tiles) ASSERT_TRUE(Succeeds(product.RunTiles(a, tile, tile + 1)));
    ASSERT_TRUE(SameBits(expected, product.y)) << product.Describe();
  });
}

TEST_P(TilesTest, RangesOfTilesGiveTheSameBits) {
  ForEachShape([&](const nm_matrix* a, Multiplication& product, const FloatMatrix& expected) {
    const int64_t tiles = product.Tiles(a);
    product.ResetY();
    for (int64_t begin = 0, end = 0; begin < tiles; begin = end) {
      end = random_.Int(begin, tiles);  // the empty range too
      ASSERT_TRUE(Succeeds(product.RunTiles(a, begin, end)));
    }
    ASSERT_TRUE(SameBits(expected, product.y)) << product.Describe();
  });
}

TEST_P(TilesTest, EachElementBelongsToOneTile) {
  for (Shape shape : kShapes) {
    const Weights weights = IntegerWeights(shape.rows, shape.cols, {2, 4}, random_);
    const Handle a = weights.Pack(Workload());
    Multiplication product(Layout(), shape.rows, shape.cols, shape.batch);
    product.FillIntegers(random_);
    FloatMatrix writers(product.y.rows(), product.y.cols());
    writers.Fill([](int64_t, int64_t) { return 0.0f; });
    const int64_t tiles = product.Tiles(a.get());
    for (int64_t tile = 0; tile < tiles; ++tile) {
      product.ResetY();
      ASSERT_TRUE(Succeeds(product.RunTiles(a.get(), tile, tile + 1)));
      writers.Fill(
          [&](int64_t r, int64_t c) { return writers(r, c) + (product.y.BitsAt(r, c) == kCanaryBits ? 0.0f : 1.0f); });
    }
    for (int64_t r = 0; r < writers.rows(); ++r) {
      for (int64_t c = 0; c < writers.cols(); ++c) {
        ASSERT_EQ(writers(r, c), 1.0f) << "tiles write element (" << r << ", " << c << ") of Y " << product.Describe();
      }
    }
  }
}

TEST_P(TilesTest, EmptyRangesWriteNothing) {
  const Weights weights = IntegerWeights(600, 20, {2, 4}, random_);
  const Handle a = weights.Pack(Workload());
  Multiplication product(Layout(), 600, 20, 300);
  product.FillIntegers(random_);
  product.ResetY();
  product.y.buffer().ForbidWrites();
  const int64_t tiles = product.Tiles(a.get());
  for (int64_t tile : {int64_t{0}, tiles / 2, tiles}) EXPECT_TRUE(Succeeds(product.RunTiles(a.get(), tile, tile)));
}

TEST_P(TilesTest, EmptyBatchNeedsNoBuffers) {
  const Weights weights = IntegerWeights(60, 20, {2, 4}, random_);
  const Handle a = weights.Pack(Workload());
  int64_t tiles = -1;
  ASSERT_TRUE(Succeeds(nm_multiply_tiles(a.get(), Layout(), 0, &tiles)));
  EXPECT_GE(tiles, 0);
  const int64_t ldx = Layout() == NM_FEATURE_MAJOR ? 0 : 20, ldy = Layout() == NM_FEATURE_MAJOR ? 0 : 60;
  EXPECT_TRUE(Succeeds(nm_multiply_f32(a.get(), Layout(), 0, nullptr, ldx, 1.0f, nullptr, ldy, 1.0f, nullptr,
                                       NM_IDENTITY, nullptr, ldy, 0, tiles)));
}

TEST_P(TilesTest, PlacementAndLeadingDimensionsDoNotMatter) {
  for (Pattern p : kPatterns) {
    const Weights weights = RealWeights(45, 77, p, random_);
    const Handle a = weights.Pack(Workload());
    for (int64_t batch : {1, 3, 16, 35, 130}) {
      const Epilogue epilogue{0.7f, 0.3f, true, false, NM_GELU};
      Multiplication first(Layout(), 45, 77, batch, epilogue);
      first.FillReals(random_);
      ASSERT_TRUE(Succeeds(first.Run(a.get())));
      for (Placement placement : kPlacements) {
        for (int64_t pad : {0, 1, 5, 16}) {
          Multiplication other(Layout(), 45, 77, batch, epilogue, {pad, pad + 1, pad, placement});
          other.x.Fill([&](int64_t r, int64_t c) { return first.x(r, c); });
          other.c.Fill([&](int64_t r, int64_t c) { return first.c(r, c); });
          std::copy(first.bias.begin(), first.bias.end(), other.bias.begin());
          ASSERT_TRUE(Succeeds(other.Run(a.get())));
          ASSERT_TRUE(SameBits(first.y, other.y)) << other.Describe();
        }
      }
    }
  }
}

// Rows of the matrix set in another order make the same matrix.
TEST_P(TilesTest, PackingOrderDoesNotMatter) {
  const Weights weights = RealWeights(45, 77, {2, 4}, random_);
  const Handle whole = weights.Pack(Workload());
  const Handle by_rows = Create(45, 77, {2, 4}, Workload());
  for (int64_t r = 44; r >= 0; --r) {
    Require(nm_matrix_set_rows_f32(by_rows.get(), r, 1, weights.w.Row(r), 77, weights.mask.Row(r), 0));
  }
  Require(nm_matrix_seal(by_rows.get()));
  for (int64_t batch : {1, 9, 70}) {
    Multiplication product(Layout(), 45, 77, batch);
    product.FillReals(random_);
    ASSERT_TRUE(Succeeds(product.Run(whole.get())));
    const FloatMatrix expected = Copy(product.y);
    ASSERT_TRUE(Succeeds(product.Run(by_rows.get())));
    EXPECT_TRUE(SameBits(expected, product.y));
  }
}

INSTANTIATE_TEST_SUITE_P(Products, TilesTest, AllProducts(), ProductName());

}  // namespace
}  // namespace nm4j_test
