/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Convolutions whose weights are bf16 or int8: rounding, scales, and what typed convolutions refuse.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/convolution.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/typed_matrix.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

int32_t Create(const nm_conv2d_geometry& g, int32_t dtype, const Weights& weights, Conv2dHandle* out,
               int32_t flags = 0) {
  nm_conv2d* a = nullptr;
  const int32_t status = nm_conv2d_create_f32(&g, weights.pattern.n, weights.pattern.m, dtype, weights.w.data(),
                                              weights.mask.data(), flags, &a);
  out->reset(a);
  return status;
}

std::vector<float> WeightsBack(const Conv2dHandle& a, const Weights& weights) {
  std::vector<float> back(weights.rows() * weights.cols());
  Require(nm_conv2d_get_f32(a.get(), back.data()));
  return back;
}

TEST(TypedConv2dWeightsTest, Bf16RoundsToNearestEven) {
  Random random;
  const nm_conv2d_geometry g = Square(18, 5, 3, 1, 0, 1);
  const Weights weights = RealWeights(WeightRows(g), WeightCols(g), {2, 4}, random);
  Conv2dHandle a;
  ASSERT_TRUE(Succeeds(Create(g, NM_BF16, weights, &a)));
  const std::vector<float> back = WeightsBack(a, weights);
  for (int64_t i = 0; i < weights.rows() * weights.cols(); ++i) {
    const int64_t r = i / weights.cols(), c = i % weights.cols();
    ASSERT_EQ(back[i], weights.mask.Get(r, c) ? static_cast<float>(RoundToBf16(weights.w(r, c))) : 0.0f);
  }
}

// One scale for each output channel, over all kernel positions; an error of half of it at most.
TEST(TypedConv2dWeightsTest, Int8HasAScaleForEachOutputChannel) {
  Random random;
  for (const Pattern p : kPatterns) {
    const nm_conv2d_geometry g = Square(2 * (p.m + p.n + 1), 10, 2, 1, 0, 1, 2);
    const Weights weights = RealWeights(WeightRows(g), WeightCols(g), p, random);
    Conv2dHandle a;
    ASSERT_TRUE(Succeeds(Create(g, NM_S8, weights, &a)));
    std::vector<float> scales(g.out_channels);
    ASSERT_TRUE(Succeeds(nm_conv2d_get_scales(a.get(), scales.data())));
    const std::vector<float> back = WeightsBack(a, weights);
    for (int64_t o = 0; o < g.out_channels; ++o) {
      float largest = 0;
      const auto for_each_kept = [&](auto visit) {
        for (int64_t r = 4 * o; r < 4 * o + 4; ++r) {
          for (int64_t c = 0; c < weights.cols(); ++c) {
            if (weights.mask.Get(r, c)) visit(weights.w(r, c), back[r * weights.cols() + c]);
          }
        }
      };
      for_each_kept([&](float w, float) { largest = std::max(largest, std::fabs(w)); });
      ASSERT_EQ(scales[o], largest / 127.0f);
      for_each_kept([&](float w, float stored) {
        ASSERT_EQ(stored, scales[o] * std::nearbyint(w / scales[o]));
        ASSERT_LE(std::fabs(w - stored), scales[o] * 0.5001f);
      });
    }
    for (int64_t i = 0; i < weights.rows() * weights.cols(); ++i) {
      const bool kept = weights.mask.Get(i / weights.cols(), i % weights.cols());
      ASSERT_TRUE(kept || back[i] == 0.0f) << i;
    }
  }
}

TEST(TypedConv2dWeightsTest, IntegersAreKept) {
  Random random;
  const nm_conv2d_geometry g = Square(22, 7, 3);
  const int64_t rows = WeightRows(g), cols = WeightCols(g);
  const BitMask mask = RandomMask(rows, cols, {2, 4}, random);
  std::vector<int8_t> w(rows * cols);
  for (int8_t& value : w) value = static_cast<int8_t>(random.Int(-128, 127));
  std::vector<float> scales(7), back_scales(7), back(rows * cols);
  for (float& scale : scales) scale = random.Uniform();
  scales[3] = 1.0f;
  nm_conv2d* out = nullptr;
  ASSERT_TRUE(Succeeds(nm_conv2d_create_s8(&g, 2, 4, w.data(), mask.data(), scales.data(), &out)));
  const Conv2dHandle a(out);
  Require(nm_conv2d_get_scales(a.get(), back_scales.data()));
  EXPECT_EQ(back_scales, scales);
  Require(nm_conv2d_get_f32(a.get(), back.data()));
  for (int64_t i = 0; i < rows * cols; ++i) {
    const float weight = scales[i / (9 * cols)] * w[i];
    ASSERT_EQ(back[i], mask.Get(i / cols, i % cols) ? weight : 0.0f);
  }
}

TEST(TypedConv2dWeightsTest, BytesPerWeight) {
  Random random;
  const nm_conv2d_geometry g = Square(64, 64, 3);
  const Weights weights = RealWeights(WeightRows(g), WeightCols(g), {2, 4}, random);
  for (const auto& [dtype, each] : {std::pair{NM_F32, 5.0}, {NM_BF16, 3.0}, {NM_S8, 2.0}}) {
    Conv2dHandle a;
    ASSERT_TRUE(Succeeds(Create(g, dtype, weights, &a)));
    int64_t bytes = 0;
    Require(nm_conv2d_bytes(a.get(), &bytes));
    EXPECT_NEAR(static_cast<double>(bytes) / (64 * 9 * 32), each, 0.1);
  }
}

class TypedConv2dArgumentsTest : public testing::Test {
 protected:
  // 8 to 6 channels, 3 x 3, on 2 images of 5 x 7 to 5 x 7.
  const nm_conv2d_geometry geometry_ = Square(8, 6, 3, 1, 1);
  Random random_;
  Weights weights_ = RealWeights(WeightRows(geometry_), WeightCols(geometry_), {2, 4}, random_);
  std::vector<float> x_ = std::vector<float>(2 * 5 * 7 * 8), y_ = std::vector<float>(2 * 5 * 7 * 6);
  std::vector<float> channels_ = std::vector<float>(6, 1.0f);
  nm_convolution v_ = {};

  TypedConv2dArgumentsTest() {
    v_.x = x_.data();
    v_.x_images = Images(NM_NHWC, 2, 5, 7, 8);
    v_.y = y_.data();
    v_.y_images = v_.c_images = Images(NM_NHWC, 2, 5, 7, 6);
    v_.alpha = 1;
    v_.x_scale = v_.y_scale = 1;
  }
  Conv2dHandle Pack(int32_t dtype) {
    Conv2dHandle a;
    Require(Create(geometry_, dtype, weights_, &a));
    return a;
  }
  testing::AssertionResult Refused(int32_t dtype, int32_t status, std::initializer_list<std::string> words) {
    return Refuses(status, nm_convolve(Pack(dtype).get(), &v_, 0, 1), words);
  }
};

TEST_F(TypedConv2dArgumentsTest, TypesOfWeights) {
  Conv2dHandle a;
  for (const int32_t dtype : {-1, static_cast<int32_t>(NM_U8), static_cast<int32_t>(NM_S32), 5}) {
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Create(geometry_, dtype, weights_, &a), {"dtype", std::to_string(dtype)}));
    EXPECT_EQ(a, nullptr);
  }
}

TEST_F(TypedConv2dArgumentsTest, Null) {
  const Conv2dHandle a = Pack(NM_F32);
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_convolve(nullptr, &v_, 0, 0), {"conv2d", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_convolve(a.get(), nullptr, 0, 0), {"convolution", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_get_scales(nullptr, channels_.data()), {"conv2d", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_get_scales(a.get(), nullptr), {"scales", "NULL"}));
  Require(nm_conv2d_get_scales(a.get(), channels_.data()));
  EXPECT_EQ(channels_, std::vector<float>(6, 1.0f));
  v_.x = nullptr;
  EXPECT_TRUE(Refused(NM_F32, NM_INVALID_ARGUMENT, {"x", "NULL"}));
  v_.x = x_.data();
  v_.y = nullptr;
  EXPECT_TRUE(Refused(NM_F32, NM_INVALID_ARGUMENT, {"y", "NULL"}));
  v_.y = y_.data();
  v_.beta = 1;
  EXPECT_TRUE(Refused(NM_F32, NM_INVALID_ARGUMENT, {"c", "NULL"}));
}

TEST_F(TypedConv2dArgumentsTest, TypesOfImages) {
  EXPECT_TRUE(Succeeds(nm_convolve(Pack(NM_F32).get(), &v_, 0, 1)));
  v_.x_dtype = 5;
  EXPECT_TRUE(Refused(NM_F32, NM_INVALID_ARGUMENT, {"dtype", "5"}));
  v_.x_dtype = NM_BF16;
  EXPECT_TRUE(Refused(NM_F32, NM_UNSUPPORTED, {"type 0", "type 1"}));
  EXPECT_TRUE(Succeeds(nm_convolve(Pack(NM_BF16).get(), &v_, 0, 1)));
  v_.x_dtype = NM_U8;
  EXPECT_TRUE(Refused(NM_BF16, NM_UNSUPPORTED, {"type 1", "type 3"}));
  EXPECT_TRUE(Succeeds(nm_convolve(Pack(NM_S8).get(), &v_, 0, 1)));
  v_.x_dtype = NM_S32;
  EXPECT_TRUE(Refused(NM_S8, NM_UNSUPPORTED, {"type 4"}));
  v_.x_dtype = NM_F32;
  v_.y_dtype = NM_S32;
  EXPECT_TRUE(Refused(NM_S8, NM_UNSUPPORTED, {"type 4"}));
  v_.y_dtype = -1;
  EXPECT_TRUE(Refused(NM_S8, NM_INVALID_ARGUMENT, {"dtype", "-1"}));
}

TEST_F(TypedConv2dArgumentsTest, Kernels) {
  const char* name = nullptr;
  const auto kernel = [&](int32_t weights, int32_t x) {
    Require(nm_conv2d_kernel(Pack(weights).get(), x, &name));
    return std::string(name).substr(0, std::string(name).find("_conv2d_"));
  };
  EXPECT_EQ(kernel(NM_F32, NM_F32), "f32_nxm");
  EXPECT_EQ(kernel(NM_BF16, NM_F32), "bf16f32_nxm");
  EXPECT_EQ(kernel(NM_BF16, NM_BF16), "bf16_nxm");
  EXPECT_EQ(kernel(NM_S8, NM_F32), "s8f32_nxm");
  EXPECT_EQ(kernel(NM_S8, NM_S8), "s8_nxm");
  EXPECT_EQ(kernel(NM_S8, NM_U8), "s8u8_nxm");
  EXPECT_TRUE(Refuses(NM_UNSUPPORTED, nm_conv2d_kernel(Pack(NM_F32).get(), NM_S8, &name), {"type 0", "type 2"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_kernel(Pack(NM_F32).get(), 7, &name), {"dtype", "7"}));
}

TEST_F(TypedConv2dArgumentsTest, Quantisation) {
  v_.x_dtype = NM_S8;
  v_.x_scale = kNan;
  EXPECT_TRUE(Refused(NM_S8, NM_INVALID_ARGUMENT, {"x_scale", "nan"}));
  v_.x_scale = 1;
  v_.x_zero = 128;
  EXPECT_TRUE(Refused(NM_S8, NM_INVALID_ARGUMENT, {"x_zero", "-128", "127", "128"}));
  v_.x_zero = 0;
  v_.y_dtype = NM_U8;
  v_.y_scale = 0;
  EXPECT_TRUE(Refused(NM_S8, NM_INVALID_ARGUMENT, {"y_scale"}));
  v_.y_scale = 1;
  v_.y_zero = -1;
  EXPECT_TRUE(Refused(NM_S8, NM_INVALID_ARGUMENT, {"y_zero", "255"}));
  v_.y_dtype = NM_S32;
  v_.feature_scale = channels_.data();
  EXPECT_TRUE(Refused(NM_S8, NM_INVALID_ARGUMENT, {"no feature_scale", "a feature_scale"}));
}

TEST_F(TypedConv2dArgumentsTest, Overlap) {
  v_.feature_scale = y_.data() + 3;
  EXPECT_TRUE(Refused(NM_F32, NM_INVALID_ARGUMENT, {"feature_scale", "y", "overlapping"}));
  v_.feature_scale = nullptr;
  // In bytes: images of bf16 that end where those of fp32 would be in the middle.
  v_.x_dtype = NM_BF16;
  v_.y = x_.data() + 2 * 5 * 7 * 8 / 2 - 1;
  EXPECT_TRUE(Refused(NM_BF16, NM_INVALID_ARGUMENT, {"x", "y", "overlapping"}));
  v_.y_dtype = NM_S8;
  v_.y = x_.data() + 2 * 5 * 7 * 8 / 2;
  EXPECT_TRUE(Succeeds(nm_convolve(Pack(NM_BF16).get(), &v_, 0, 1)));
  v_.x = reinterpret_cast<const char*>(x_.data()) + 1;
  EXPECT_TRUE(Refused(NM_BF16, NM_INVALID_ARGUMENT, {"x", "aligned", "2"}));
}

TEST_F(TypedConv2dArgumentsTest, Int8WeightsMustBeFinite) {
  Conv2dHandle a;
  for (const float bad : {kInfinity, -kInfinity, kNan}) {
    weights_.w(31, 6) = bad;
    for (int64_t c = 4; c < 8; ++c) weights_.mask.Set(31, c, c == 6);
    EXPECT_TRUE(Refuses(NM_NAN, Create(geometry_, NM_S8, weights_, &a, NM_ALLOW_NAN), {"row 31", "column 6"}));
    for (int64_t c = 4; c < 8; ++c) weights_.mask.Set(31, c, c == 5);
    EXPECT_TRUE(Succeeds(Create(geometry_, NM_S8, weights_, &a))) << "dropped";
  }
}

TEST_F(TypedConv2dArgumentsTest, IntegersAndScalesAreChecked) {
  std::vector<int8_t> w(weights_.rows() * weights_.cols(), 1);
  const Conv2dHandle other = Pack(NM_F32);
  nm_conv2d* out = nullptr;
  const auto create = [&](const nm_conv2d_geometry* g, const int8_t* from, const uint8_t* mask, const float* scales) {
    out = other.get();
    return nm_conv2d_create_s8(g, 2, 4, from, mask, scales, &out);
  };
  const uint8_t* mask = weights_.mask.data();
  const float* scales = channels_.data();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, create(nullptr, w.data(), mask, scales), {"geometry", "NULL"}));
  EXPECT_EQ(out, nullptr);
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, create(&geometry_, nullptr, mask, scales), {"w", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, create(&geometry_, w.data(), nullptr, scales), {"mask", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, create(&geometry_, w.data(), mask, nullptr), {"scales", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_create_s8(&geometry_, 2, 4, w.data(), mask, scales, nullptr),
                      {"out", "NULL"}));
  channels_[4] = kInfinity;
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, create(&geometry_, w.data(), mask, scales), {"scales", "inf", "output channel 4"}));
  EXPECT_EQ(out, nullptr);
}

// 65793 products of two 8-bit integers fit 32 bits, one more might not.
TEST_F(TypedConv2dArgumentsTest, SumsMustFit32Bits) {
  for (const int64_t kept : {65793, 65794}) {
    const nm_conv2d_geometry g = Square(2 * kept, 1, 1);
    const BitMask mask = RandomMask(1, 2 * kept, {1, 2}, random_);
    const std::vector<int8_t> w(2 * kept, 1);
    const float scale = 1;
    nm_conv2d* out = nullptr;
    Require(nm_conv2d_create_s8(&g, 1, 2, w.data(), mask.data(), &scale, &out));
    const Conv2dHandle a(out);
    const char* name = nullptr;
    EXPECT_TRUE(Succeeds(nm_conv2d_kernel(a.get(), NM_F32, &name)));
    const int32_t status = nm_conv2d_kernel(a.get(), NM_U8, &name);
    EXPECT_TRUE(kept == 65793 ? Succeeds(status) : Refuses(NM_UNSUPPORTED, status, {"65793", "65794"}));
  }
}

}  // namespace
}  // namespace nm4j_test
