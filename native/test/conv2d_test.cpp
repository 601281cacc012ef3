/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions against direct ones in double precision.
 */
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

#include "support/convolution.h"
#include "support/float_bits.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

// Layouts of X and of Y.
class Conv2dTest : public testing::TestWithParam<std::tuple<int64_t, int64_t>> {
 protected:
  Weights Integers(const nm_conv2d_geometry& g, Pattern p = {2, 4}) {
    return IntegerWeights(WeightRows(g), WeightCols(g), p, random_);
  }
  Convolution Prepare(const nm_conv2d_geometry& g, int64_t n, int64_t h, int64_t w, Epilogue epilogue = {}) {
    Convolution convolution(g, n, h, w, std::get<0>(GetParam()), std::get<1>(GetParam()), epilogue, random_);
    convolution.FillIntegers(random_);
    return convolution;
  }
  void ExpectExact(const nm_conv2d_geometry& g, int64_t n, int64_t h, int64_t w, Pattern p = {2, 4}) {
    const Weights weights = Integers(g, p);
    const Conv2dHandle a = PackConv2d(g, weights);
    Convolution convolution = Prepare(g, n, h, w, RandomEpilogue(random_));
    ASSERT_TRUE(Succeeds(convolution.Run(a.get())));
    ASSERT_TRUE(Matches(convolution, weights, Accuracy::kExact));
  }

  Random random_;
};

std::string LayoutsName(const testing::TestParamInfo<std::tuple<int64_t, int64_t>>& info) {
  const auto name = [](int64_t layout) { return std::string(layout == NM_NHWC ? "Nhwc" : "Nchw"); };
  return name(std::get<0>(info.param)) + "To" + name(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Layouts, Conv2dTest,
                         testing::Combine(testing::ValuesIn(kImageLayouts), testing::ValuesIn(kImageLayouts)),
                         LayoutsName);

// Kernels, strides, paddings and dilations, each with each; odd sizes that leave tails; two images.
TEST_P(Conv2dTest, EveryGeometryIsExactOnIntegers) {
  for (int64_t kernel : {1, 2, 3, 5, 7}) {
    for (int64_t stride : {1, 2, 3}) {
      for (int64_t padding : {0, 1, 2, 3}) {
        for (int64_t dilation : {1, 2}) {
          const int64_t h = random_.Int(13, 16), w = random_.Int(13, 21);
          ExpectExact(Square(8, 5, kernel, stride, padding, dilation), 2, h, w);
        }
      }
    }
  }
}

TEST_P(Conv2dTest, HeightAndWidthHaveTheirOwnGeometry) {
  for (int i = 0; i < 60; ++i) {
    nm_conv2d_geometry g = Square(random_.Int(3, 40), random_.Int(1, 20), 1);
    g.kernel_h = random_.Int(1, 4);
    g.kernel_w = random_.Int(1, 4);
    g.stride_h = random_.Int(1, 4);
    g.stride_w = random_.Int(1, 4);
    g.dilation_h = random_.Int(1, 3);
    g.dilation_w = random_.Int(1, 3);
    g.pad_top = random_.Int(0, 4);
    g.pad_left = random_.Int(0, 4);
    g.pad_bottom = random_.Int(0, 4);
    g.pad_right = random_.Int(0, 4);
    ExpectExact(g, random_.Int(1, 3), random_.Int(10, 14), random_.Int(10, 35));
  }
}

// Channels around the groups' and blocks' edges: short last groups, shorter than N, positions that share a block.
TEST_P(Conv2dTest, EveryPatternAndNumberOfChannelsIsExact) {
  for (const Pattern p : kPatterns) {
    for (int64_t channels : {p.n + 1, p.m, p.m + 1, 2 * p.m - 1, 3 * p.m + p.n, 130}) {
      ExpectExact(Square(channels, 3, 3, 1, 1), 1, 5, 6, p);
    }
  }
}

// Pixels of a batch around the widths of panels, in images of all sizes down to a single pixel.
TEST_P(Conv2dTest, EveryNumberOfPixelsIsExact) {
  for (int64_t size : {1, 2, 3, 4, 7, 8, 9, 14, 33, 64, 65}) {
    for (int64_t n : {1, 2, 9}) ExpectExact(Square(4, 2, 3, 1, 1), n, random_.Int(1, 3), size);
    for (int64_t n : {1, 3}) ExpectExact(Square(5, 2, 1), n, size, random_.Int(1, 3));
  }
}

TEST_P(Conv2dTest, ManyOutputChannelsAreExact) {
  for (int64_t channels : {15, 16, 17, 127, 129, 513, 700}) ExpectExact(Square(8, channels, 1), 1, 3, 3);
}

TEST_P(Conv2dTest, GroupsOfChannelsAreSeparate) {
  ExpectExact(Square(8, 8, 3, 1, 1, 1, 2), 2, 6, 7);
  ExpectExact(Square(32, 32, 3, 2, 1, 1, 8), 1, 9, 9);    // ResNeXt: as many channels as a group of the pattern
  ExpectExact(Square(9, 6, 3, 1, 1, 1, 3), 1, 6, 7);      // fewer
  ExpectExact(Square(160, 260, 1, 1, 0, 1, 2), 1, 9, 9);  // several tiles and blocks each
}

TEST_P(Conv2dTest, RealsStayWithinTheToleranceOfFp32) {
  for (const Pattern p : kPatterns) {
    const nm_conv2d_geometry g = Square(70, 21, 3, random_.Int(1, 2), 1);
    const Weights weights = RealWeights(WeightRows(g), WeightCols(g), p, random_);
    const Conv2dHandle a = PackConv2d(g, weights);
    Convolution convolution = Prepare(g, 2, 9, 11, RandomEpilogue(random_));
    convolution.FillReals(random_);
    ASSERT_TRUE(Succeeds(convolution.Run(a.get())));
    ASSERT_TRUE(Matches(convolution, weights, Accuracy::kRounded));
  }
}

TEST_P(Conv2dTest, OneWrongMaskBitIsSeen) {
  const nm_conv2d_geometry g = Square(12, 5, 3, 1, 1);
  Weights weights = Integers(g);
  const Conv2dHandle a = PackConv2d(g, weights);
  int64_t row, col;
  do {
    row = random_.Int(0, WeightRows(g) - 1);
    col = random_.Int(0, WeightCols(g) - 1);
  } while (!weights.mask.Get(row, col));
  weights.mask.Set(row, col, false);
  Convolution convolution = Prepare(g, 1, 5, 5);
  ASSERT_TRUE(Succeeds(convolution.Run(a.get())));
  EXPECT_FALSE(Matches(convolution, weights, Accuracy::kExact));
}

TEST_P(Conv2dTest, TilesComputeTheSameBitsInAnyRanges) {
  const nm_conv2d_geometry g = Square(40, 300, 3, 1, 1, 1, 2);
  const Weights weights = RealWeights(WeightRows(g), WeightCols(g), {2, 4}, random_);
  const Conv2dHandle a = PackConv2d(g, weights);
  Convolution convolution = Prepare(g, 2, 9, 11);
  convolution.FillReals(random_);
  ASSERT_TRUE(Succeeds(convolution.Run(a.get())));
  std::vector<float> expected;
  convolution.y.ForEach([&](float& e, int64_t, int64_t, int64_t, int64_t) { expected.push_back(e); });
  const int64_t tiles = convolution.Tiles(a.get());
  ASSERT_EQ(tiles, 2 * 2 * 4);  // groups, rows, pixels
  convolution.ResetY();
  for (int64_t end = tiles; end > 0;) {
    const int64_t begin = random_.Int(0, end - 1);
    ASSERT_TRUE(Succeeds(convolution.RunTiles(a.get(), begin, end)));
    end = begin;
  }
  size_t i = 0;
  convolution.y.ForEach(
      [&](float& e, int64_t, int64_t, int64_t, int64_t) { EXPECT_EQ(BitsAt(&e), BitsAt(&expected[i++])); });
}

// From single pixels to several panels, alone and beside others.
TEST_P(Conv2dTest, OtherImagesChangeNoBits) {
  const nm_conv2d_geometry g = Square(70, 27, 3, 1, 1);
  const Weights weights = RealWeights(WeightRows(g), WeightCols(g), {2, 4}, random_);
  const Conv2dHandle a = PackConv2d(g, weights);
  for (int64_t size : {1, 3, 4, 5, 6, 8, 9}) {
    Convolution all = Prepare(g, 5, size, size), alone = Prepare(g, 1, size, size);
    all.FillReals(random_);
    ASSERT_TRUE(Succeeds(all.Run(a.get())));
    for (int64_t image = 0; image < 5; ++image) {
      alone.x.ForEach([&](float& e, int64_t, int64_t h, int64_t w, int64_t c) { e = all.x(image, h, w, c); });
      ASSERT_TRUE(Succeeds(alone.Run(a.get())));
      alone.y.ForEach([&](float& e, int64_t, int64_t h, int64_t w, int64_t c) {
        ASSERT_EQ(BitsAt(&e), BitsAt(&all.y(image, h, w, c))) << size << ", image " << image;
      });
    }
  }
}

TEST_P(Conv2dTest, EachTileWritesItsPartAlone) {
  const nm_conv2d_geometry g = Square(8, 130, 1, 1, 0);
  const Conv2dHandle a = PackConv2d(g, Integers(g));
  Convolution convolution = Prepare(g, 1, 7, 13);
  int64_t written = 0;
  for (int64_t t = 0; t < convolution.Tiles(a.get()); ++t) {
    convolution.ResetY();
    ASSERT_TRUE(Succeeds(convolution.RunTiles(a.get(), t, t + 1)));
    convolution.y.ForEach(
        [&](float& e, int64_t, int64_t, int64_t, int64_t) { written += BitsAt(&e) != kCanaryBits ? 1 : 0; });
  }
  EXPECT_EQ(written, 7 * 13 * 130);
}

TEST_P(Conv2dTest, AnEmptyBatchIsLegal) {
  const nm_conv2d_geometry g = Square(8, 4, 3);
  const Conv2dHandle a = PackConv2d(g, Integers(g));
  Convolution convolution = Prepare(g, 0, 5, 5);
  EXPECT_EQ(convolution.Tiles(a.get()), 0);
  EXPECT_TRUE(Succeeds(convolution.Run(a.get())));
}

// NaN and infinities reach the outputs whose windows hold them, and no others; those opposite pruned weights none.
TEST_P(Conv2dTest, SpecialValuesStayInTheirWindows) {
  const nm_conv2d_geometry g = Square(4, 1, 3, 1, 1);
  Weights weights = Integers(g, {1, 4});
  for (int64_t r = 0; r < WeightRows(g); ++r) {
    for (int64_t c = 0; c < 4; ++c) weights.mask.Set(r, c, c == 2);
  }
  const Conv2dHandle a = PackConv2d(g, weights);
  for (const float value : {kNan, kInfinity, -kInfinity}) {
    Convolution convolution = Prepare(g, 2, 9, 9);
    convolution.x(0, 0, 8, 2) = value;
    for (int64_t c : {0, 1, 3}) convolution.x(1, 4, 4, c) = value;  // opposite pruned weights
    ASSERT_TRUE(Succeeds(convolution.Run(a.get())));
    convolution.y.ForEach([&](float& e, int64_t n, int64_t h, int64_t w, int64_t) {
      EXPECT_EQ(std::isfinite(e), !(n == 0 && h <= 1 && w >= 7)) << n << ' ' << h << ' ' << w;
    });
  }
}

}  // namespace
}  // namespace nm4j_test
