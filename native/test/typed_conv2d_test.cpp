/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Convolutions of every combination of types, exact on integers and within the tolerance of fp32 on reals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "support/status.h"
#include "support/type_cases.h"
#include "support/typed_convolution.h"
#include "support/typed_result.h"

namespace nm4j_test {
namespace {

nm_conv2d_geometry RandomGeometry(Pattern p, Random& random) {
  const int64_t groups = random.Chance(0.3) ? random.Int(2, 3) : 1;
  nm_conv2d_geometry g = Square(groups * random.Int(p.n + 1, p.n + 30), groups * random.Int(1, 20), 1);
  g.groups = groups;
  g.kernel_h = random.Int(1, 3);
  g.kernel_w = random.Int(1, 3);
  g.stride_h = random.Int(1, 3);
  g.stride_w = random.Int(1, 3);
  g.dilation_h = random.Int(1, 2);
  g.dilation_w = random.Int(1, 2);
  g.pad_top = random.Int(0, 3);
  g.pad_left = random.Int(0, 3);
  g.pad_bottom = random.Int(0, 3);
  g.pad_right = random.Int(0, 3);
  return g;
}

class TypedConv2dTest : public testing::TestWithParam<TypeCase> {
 protected:
  Types types() const { return std::get<0>(GetParam()); }
  int32_t result() const { return std::get<1>(GetParam()); }

  ConvolutionCase RandomCase(bool integers) {
    constexpr int32_t kActivations[] = {NM_IDENTITY, NM_IDENTITY, NM_RELU};
    ConvolutionCase spec;
    spec.n = random_.Int(1, 3);
    spec.h = random_.Int(5, 9);
    spec.w = random_.Int(5, 40);
    spec.x_layout = random_.Pick(kImageLayouts);
    spec.y_layout = random_.Pick(kImageLayouts);
    spec.x_dtype = types().x;
    spec.y_dtype = result();
    spec.integers = integers;
    spec.bias = random_.Chance(0.5);
    spec.feature_scale = random_.Chance(0.3);
    spec.add = random_.Chance(0.4);
    spec.in_place = spec.add && random_.Chance(0.5);
    spec.activation = integers || random_.Chance(0.6) ? random_.Pick(kActivations) : NM_GELU;
    return spec;
  }

  Random random_;
};

TEST_P(TypedConv2dTest, EveryPatternAndGeometry) {
  for (const Pattern pattern : kPatterns) {
    for (const bool integers : {true, false}) {
      const TypedFilter filter =
          MakeFilter(types().weights, RandomGeometry(pattern, random_), pattern, integers, random_);
      for (int i = 0; i < 3; ++i) {
        TypedConvolution convolution(filter, RandomCase(integers), random_);
        convolution.Run();
        ASSERT_TRUE(convolution.Matches());
      }
    }
  }
}

// Every stride and pair of layouts has its own way to load pixels; as do whole and broken vectors.
TEST_P(TypedConv2dTest, EveryStrideAndWidth) {
  for (int64_t stride : {1, 2, 3}) {
    const TypedFilter filter = MakeFilter(types().weights, Square(6, 3, 3, stride, 1), {2, 4}, true, random_);
    for (const int64_t x_layout : kImageLayouts) {
      for (int64_t w : {1, 7, 8, 15, 16, 17, 31, 33, 64, 65, 130}) {
        ConvolutionCase spec = RandomCase(true);
        spec.x_layout = x_layout;
        spec.n = 2;
        spec.h = 3;
        spec.w = w;
        TypedConvolution convolution(filter, spec, random_);
        convolution.Run();
        ASSERT_TRUE(convolution.Matches());
      }
    }
  }
}

// More output channels than tiles are joined to, and more columns than fp32 sums exactly at once.
TEST_P(TypedConv2dTest, ManyChannels) {
  for (const auto& [in, out, kernel] : {std::tuple{8, 700, 1}, {170, 30, 3}}) {
    const TypedFilter filter = MakeFilter(types().weights, Square(in, out, kernel, 1, 1), {2, 4}, false, random_);
    ConvolutionCase spec = RandomCase(false);
    spec.n = 1;
    spec.w = 13;
    TypedConvolution convolution(filter, spec, random_);
    convolution.Run();
    ASSERT_TRUE(convolution.Matches());
  }
}

TEST_P(TypedConv2dTest, TilesGiveTheSameBits) {
  const TypedFilter filter = MakeFilter(types().weights, Square(40, 300, 3, 1, 1, 1, 2), {2, 4}, false, random_);
  ConvolutionCase spec = RandomCase(false);
  spec.n = 2;
  TypedConvolution convolution(filter, spec, random_);
  convolution.Run();
  const std::vector<double> whole = convolution.Results();
  convolution.Run(true);
  EXPECT_EQ(whole, convolution.Results());
}

// A test of the tests: one mask bit that moves to a neighbour must show.
TEST_P(TypedConv2dTest, AMovedMaskBitShows) {
  TypedFilter filter = MakeFilter(types().weights, Square(16, 5, 3, 1, 1), {2, 4}, true, random_);
  ConvolutionCase spec = RandomCase(true);
  spec.activation = NM_IDENTITY;
  spec.add = spec.in_place = false;
  TypedConvolution convolution(filter, spec, random_);
  convolution.operation().y_scale = 0x1p16f;  // no result is at the end of the range
  convolution.operation().y_zero = result() == NM_U8 ? 128 : 0;
  convolution.Run();
  ASSERT_TRUE(convolution.Matches());
  MoveOneBit(&filter.kept, &filter.real, VisibleFactor(result()), random_);
  EXPECT_FALSE(convolution.Matches());
}

INSTANTIATE_TEST_SUITE_P(All, TypedConv2dTest, TypeCases(), TypeCaseName());

// The sums of integers themselves, against 64-bit arithmetic; extreme: far beyond what fp32 holds exactly.
TEST(TypedConv2dSumsTest, AreExact) {
  Random random;
  for (const int32_t x_dtype : {NM_S8, NM_U8}) {
    for (const bool extreme : {false, true}) {
      for (const int64_t layout : kImageLayouts) {
        const nm_conv2d_geometry g = Square(170, 300, 3, 1, 1);
        TypedFilter filter = MakeFilter(NM_S8, g, extreme ? Pattern{31, 32} : Pattern{2, 4}, true, random);
        const int32_t zero = static_cast<int32_t>(extreme ? Low(x_dtype) : random.Int(Low(x_dtype), High(x_dtype)));
        if (extreme) {
          // Odd products among them: a fp32 sum of too many is not exact.
          std::vector<int8_t> w(filter.real.size());
          for (int8_t& value : w) value = static_cast<int8_t>(random.Int(-128, -127));
          const std::vector<float> scales(g.out_channels, 0.37f);  // has no part in the sums
          nm_conv2d* a = nullptr;
          Require(nm_conv2d_create_s8(&g, 31, 32, w.data(), filter.kept.data(), scales.data(), &a));
          filter.handle.reset(a);
          for (int64_t i = 0; i < filter.kept.rows(); ++i) {
            for (int64_t c = 0; c < 170; ++c) {
              filter.real[i * 170 + c] = filter.kept.Get(i, c) ? w[i * 170 + c] : 0;
            }
          }
        } else {
          std::vector<float> scales(g.out_channels);
          Require(nm_conv2d_get_scales(filter.handle.get(), scales.data()));
          for (size_t i = 0; i < filter.real.size(); ++i) filter.real[i] /= scales[i / (9 * 170)];
        }
        ConvolutionCase spec;
        spec.h = 3;
        spec.w = 5;
        spec.x_layout = layout;
        spec.y_layout = random.Pick(kImageLayouts);
        spec.x_dtype = x_dtype;
        spec.y_dtype = NM_S32;
        TypedConvolution convolution(filter, spec, random);
        if (extreme) {
          convolution.x().ForEach([&](int64_t n, int64_t h, int64_t w, int64_t c) {
            convolution.x().Set(n, h, w, c, static_cast<double>(High(x_dtype)));
          });
        }
        convolution.operation().alpha = 1;
        convolution.operation().x_scale = 1;
        convolution.operation().x_zero = zero;
        convolution.Run();
        ASSERT_TRUE(convolution.Matches());
        if (!extreme) continue;
        double largest = 0;
        for (const double sum : convolution.Results()) largest = std::max(largest, std::fabs(sum));
        EXPECT_GT(largest, 0x1p24);
      }
    }
  }
}

}  // namespace
}  // namespace nm4j_test
