/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the functions of convolutions refuse, their import, and what they give back.
 */
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/convolution.h"
#include "support/float_bits.h"
#include "support/reference.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

constexpr int64_t kHuge = int64_t{1} << 40;
constexpr int64_t kMost = INT32_MAX;

class Conv2dArgumentsTest : public testing::Test {
 protected:
  // 8 to 6 channels, 3 x 3, on 2 images of 5 x 7 to 5 x 7.
  const nm_conv2d_geometry geometry_ = Square(8, 6, 3, 1, 1);
  Random random_;
  Weights weights_ = IntegerWeights(WeightRows(geometry_), WeightCols(geometry_), {2, 4}, random_);
  Conv2dHandle a_ = PackConv2d(geometry_, weights_);
  ImageBuffer x_{NM_NHWC, 2, 5, 7, 8};
  ImageBuffer c_{NM_NHWC, 2, 5, 7, 6};
  ImageBuffer y_{NM_NHWC, 2, 5, 7, 6};
  GuardedBuffer<float> bias_{6};

  struct Call {
    const nm_conv2d* a;
    const float* x;
    nm_images x_images;
    const float* c;
    nm_images c_images;
    float beta;
    const float* bias;
    int32_t activation;
    float* y;
    nm_images y_images;
    int64_t tile_begin, tile_end;
  };
  Call Good() {
    return {a_.get(),     x_.data(), x_.images(), c_.data(),   c_.images(), 1.0f,
            bias_.data(), NM_RELU,   y_.data(),   y_.images(), 0,           2};
  }
  static int32_t Run(const Call& c) {
    return nm_conv2d_f32(c.a, c.x, &c.x_images, 1.0f, c.c, &c.c_images, c.beta, c.bias, c.activation, c.y, &c.y_images,
                         c.tile_begin, c.tile_end);
  }
  void ExpectRefused(int32_t status, std::initializer_list<std::string> words, std::function<void(Call*)> change) {
    Call call = Good();
    change(&call);
    EXPECT_TRUE(Refuses(status, Run(call), words));
  }
  int32_t CreateWith(const nm_conv2d_geometry* g, Pattern p, const float* w, const uint8_t* mask, int32_t flags,
                     nm_conv2d** out) {
    return nm_conv2d_create_f32(g, p.n, p.m, NM_F32, w, mask, flags, out);
  }
  void ExpectGeometryRefused(int32_t status, std::initializer_list<std::string> words,
                             std::function<void(nm_conv2d_geometry*)> change) {
    nm_conv2d_geometry g = geometry_;
    change(&g);
    int64_t h, w;
    EXPECT_TRUE(Refuses(status, nm_conv2d_output(&g, 5, 7, &h, &w), words));
    nm_conv2d* out = a_.get();
    EXPECT_TRUE(Refuses(status, CreateWith(&g, {2, 4}, weights_.w.data(), weights_.mask.data(), 0, &out), words));
    EXPECT_EQ(out, nullptr);
  }
};

TEST_F(Conv2dArgumentsTest, TheGoodCallIsGood) { EXPECT_TRUE(Succeeds(Run(Good()))); }

TEST_F(Conv2dArgumentsTest, GeometryIsChecked) {
  int64_t h, w;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_output(nullptr, 5, 7, &h, &w), {"geometry", "NULL"}));
  const struct {
    const char* name;
    int64_t nm_conv2d_geometry::*field;
    int64_t least;
  } kFields[] = {
      {"in_channels", &nm_conv2d_geometry::in_channels, 1}, {"out_channels", &nm_conv2d_geometry::out_channels, 1},
      {"groups", &nm_conv2d_geometry::groups, 1},           {"kernel_h", &nm_conv2d_geometry::kernel_h, 1},
      {"kernel_w", &nm_conv2d_geometry::kernel_w, 1},       {"stride_h", &nm_conv2d_geometry::stride_h, 1},
      {"stride_w", &nm_conv2d_geometry::stride_w, 1},       {"dilation_h", &nm_conv2d_geometry::dilation_h, 1},
      {"dilation_w", &nm_conv2d_geometry::dilation_w, 1},   {"pad_top", &nm_conv2d_geometry::pad_top, 0},
      {"pad_left", &nm_conv2d_geometry::pad_left, 0},       {"pad_bottom", &nm_conv2d_geometry::pad_bottom, 0},
      {"pad_right", &nm_conv2d_geometry::pad_right, 0}};
  for (const auto& field : kFields) {
    for (int64_t wrong : {field.least - 1, kMost + 1, INT64_MIN, INT64_MAX}) {
      ExpectGeometryRefused(NM_INVALID_ARGUMENT, {field.name, std::to_string(field.least), std::to_string(wrong)},
                            [&](nm_conv2d_geometry* g) { g->*field.field = wrong; });
    }
  }
  ExpectGeometryRefused(NM_INVALID_ARGUMENT, {"in_channels", "3", "8"}, [](nm_conv2d_geometry* g) { g->groups = 3; });
  ExpectGeometryRefused(NM_INVALID_ARGUMENT, {"out_channels", "4", "6"}, [](nm_conv2d_geometry* g) { g->groups = 4; });
  ExpectGeometryRefused(NM_OVERFLOW, {"weights"}, [](nm_conv2d_geometry* g) { g->kernel_h = g->kernel_w = kMost; });
}

TEST_F(Conv2dArgumentsTest, OutputSizesFollowTheFormula) {
  nm_conv2d_geometry g = geometry_;
  int64_t h = 0, w = 0;
  g.stride_h = 2;
  g.dilation_w = 3;
  g.pad_bottom = 4;
  ASSERT_TRUE(Succeeds(nm_conv2d_output(&g, 5, 7, &h, &w)));
  EXPECT_EQ(h, (5 + 1 + 4 - 3) / 2 + 1);
  EXPECT_EQ(w, 7 + 2 - 7 + 1);
  ASSERT_TRUE(Succeeds(nm_conv2d_output(&g, 5, 5, &h, &w)));
  EXPECT_EQ(w, 1);
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_output(&g, 5, 4, &h, &w), {"w", "7", "6"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_output(&g, 0, 7, &h, &w), {"h", "1", "0"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_output(&g, 5, kHuge, &h, &w), {"w", std::to_string(kHuge)}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_output(&g, 5, 7, nullptr, &w), {"out_h", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_output(&g, 5, 7, &h, nullptr), {"out_w", "NULL"}));
}

TEST_F(Conv2dArgumentsTest, PatternsThatDropNothingAreRefused) {
  nm_conv2d* out = nullptr;
  for (const nm_conv2d_geometry& g : {Square(8, 8, 3, 1, 1, 1, 8), Square(8, 6, 3, 1, 1, 1, 2)}) {
    const Pattern p = {static_cast<int32_t>(WeightCols(g)), 16};
    EXPECT_TRUE(Refuses(NM_UNSUPPORTED, CreateWith(&g, p, weights_.w.data(), weights_.mask.data(), 0, &out),
                        {"in_channels", std::to_string(p.n), "dense"}));
  }
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN,
                      CreateWith(&geometry_, {4, 4}, weights_.w.data(), weights_.mask.data(), 0, &out), {"4:4"}));
}

TEST_F(Conv2dArgumentsTest, WeightsAreChecked) {
  nm_conv2d* out = nullptr;
  const float* w = weights_.w.data();
  const uint8_t* mask = weights_.mask.data();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, CreateWith(nullptr, {2, 4}, w, mask, 0, &out), {"geometry", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, CreateWith(&geometry_, {2, 4}, nullptr, mask, 0, &out), {"w", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, CreateWith(&geometry_, {2, 4}, w, nullptr, 0, &out), {"mask", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, CreateWith(&geometry_, {2, 4}, w, mask, 8, &out), {"flags", "8"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, CreateWith(&geometry_, {2, 4}, w, mask, 0, nullptr), {"out", "NULL"}));

  for (int64_t c = 4; c < 8; ++c) weights_.mask.Set(31, c, c != 5);
  EXPECT_TRUE(Refuses(NM_PATTERN_BREACH, CreateWith(&geometry_, {2, 4}, w, mask, 0, &out), {"31", "4", "2", "3"}));
  for (int64_t c = 4; c < 8; ++c) weights_.mask.Set(31, c, c == 6);
  weights_.w(31, 5) = kNan;  // dropped
  ASSERT_TRUE(Succeeds(CreateWith(&geometry_, {2, 4}, w, mask, 0, &out)));
  nm_conv2d_free(out);
  weights_.w(31, 6) = kNan;
  EXPECT_TRUE(Refuses(NM_NAN, CreateWith(&geometry_, {2, 4}, w, mask, 0, &out), {"31", "6"}));
  EXPECT_EQ(out, nullptr);
  ASSERT_TRUE(Succeeds(CreateWith(&geometry_, {2, 4}, w, mask, NM_ALLOW_NAN, &out)));
  nm_conv2d_free(out);
}

TEST_F(Conv2dArgumentsTest, WeightsComeBackBitForBit) {
  for (const Pattern p : kPatterns) {
    const nm_conv2d_geometry g = Square(2 * (2 * p.m + p.n), 6, 2, 1, 0, 1, 2);
    const Weights weights = RealWeights(WeightRows(g), WeightCols(g), p, random_);
    const Conv2dHandle a = PackConv2d(g, weights);
    FloatMatrix back(weights.rows(), weights.cols());
    ASSERT_TRUE(Succeeds(nm_conv2d_get_f32(a.get(), back.data())));
    EXPECT_TRUE(SameBits(Masked(weights.w, weights.mask), back));
  }
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_get_f32(a_.get(), nullptr), {"w", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_get_f32(nullptr, bias_.data()), {"conv2d", "NULL"}));
}

TEST_F(Conv2dArgumentsTest, OihwBecomesOhwi) {
  constexpr int64_t kO = 3, kI = 5, kH = 2, kW = 4;
  GuardedBuffer<float> from(kO * kI * kH * kW), to(kO * kI * kH * kW);
  for (int64_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
  ASSERT_TRUE(Succeeds(nm_ohwi_from_oihw_f32(from.data(), kO, kI, kH, kW, to.data())));
  for (int64_t o = 0; o < kO; ++o) {
    for (int64_t i = 0; i < kI; ++i) {
      for (int64_t h = 0; h < kH; ++h) {
        for (int64_t w = 0; w < kW; ++w) {
          EXPECT_EQ(to[((o * kH + h) * kW + w) * kI + i], from[((o * kI + i) * kH + h) * kW + w]);
        }
      }
    }
  }
  const auto refused = [&](int32_t status, std::initializer_list<std::string> words, const float* w, int64_t i,
                           float* out) {
    EXPECT_TRUE(Refuses(status, nm_ohwi_from_oihw_f32(w, kO, i, kH, kW, out), words));
  };
  refused(NM_INVALID_ARGUMENT, {"w", "NULL"}, nullptr, kI, to.data());
  refused(NM_INVALID_ARGUMENT, {"out", "NULL"}, from.data(), kI, nullptr);
  refused(NM_INVALID_ARGUMENT, {"in_channels", "0"}, from.data(), 0, to.data());
  refused(NM_INVALID_ARGUMENT, {"w", "out"}, from.data(), kI, from.data() + 1);
}

// What the header says of masks: those of a matrix of kernel positions by input channels.
TEST_F(Conv2dArgumentsTest, MagnitudeMasksRunAlongInputChannels) {
  const nm_conv2d_geometry g = Square(5, 2, 3);
  FloatMatrix w(WeightRows(g), WeightCols(g));
  w.Fill([&](int64_t, int64_t) { return random_.Uniform(); });
  BitMask mask(w.rows(), w.cols());
  ASSERT_TRUE(Succeeds(nm_mask_magnitude_f32(w.data(), w.rows(), w.cols(), w.cols(), 2, 4, 0, mask.data())));
  nm_conv2d* out = nullptr;
  ASSERT_TRUE(Succeeds(CreateWith(&g, {2, 4}, w.data(), mask.data(), 0, &out)));
  const Conv2dHandle a(out);
  FloatMatrix back(w.rows(), w.cols());
  ASSERT_TRUE(Succeeds(nm_conv2d_get_f32(a.get(), back.data())));
  for (int64_t r = 0; r < w.rows(); ++r) {
    int kept = 0;
    for (int64_t c = 0; c < 4; ++c) kept += back(r, c) != 0 ? 1 : 0;
    EXPECT_EQ(kept, 2);
    EXPECT_EQ(back(r, 4), w(r, 4));  // a short last group keeps min(N, its length)
  }
}

TEST_F(Conv2dArgumentsTest, NullIsRefused) {
  ExpectRefused(NM_INVALID_ARGUMENT, {"conv2d", "NULL"}, [](Call* c) { c->a = nullptr; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "NULL"}, [](Call* c) { c->x = nullptr; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"y", "NULL"}, [](Call* c) { c->y = nullptr; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"c", "NULL"}, [](Call* c) { c->c = nullptr; });
  const nm_images x = x_.images(), y = y_.images();
  const auto run = [&](const nm_images* xi, const nm_images* ci, const nm_images* yi) {
    return nm_conv2d_f32(a_.get(), x_.data(), xi, 1.0f, c_.data(), ci, 1.0f, nullptr, 0, y_.data(), yi, 0, 0);
  };
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(nullptr, &y, &y), {"x_images", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(&x, nullptr, &y), {"c_images", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, run(&x, &y, nullptr), {"y_images", "NULL"}));
}

TEST_F(Conv2dArgumentsTest, SizesMustFit) {
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "8", "7"}, [](Call* c) { c->x_images.c = 7; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"n", "0", "-1"}, [](Call* c) { c->x_images.n = -1; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"h", "1", "0"}, [](Call* c) { c->x_images.h = 0; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"y", "5", "4"}, [](Call* c) { c->y_images.h = 4; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"y", "2", "1"}, [](Call* c) { c->y_images.n = 1; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"c", "7", "6"}, [](Call* c) { c->c_images.w = 6; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"c", "6", "8"}, [](Call* c) { c->c_images.c = 8; });
  ExpectRefused(NM_OVERFLOW, {"x", "stride_n"}, [](Call* c) { c->x_images.stride_n = INT64_MAX / 4; });
  ExpectRefused(NM_OVERFLOW, {"x", "stride_h"}, [](Call* c) { c->x_images.stride_h = INT64_MAX / 4; });
}

TEST_F(Conv2dArgumentsTest, LayoutsAndStridesAreChecked) {
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "layout", "2"}, [](Call* c) { c->x_images.layout = 2; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"y", "layout", "-1"}, [](Call* c) { c->y_images.layout = -1; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"c", "layout", "0", "1"},
                [](Call* c) { c->c_images = Images(NM_NCHW, 2, 5, 7, 6); });
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "stride_c", "1", "2"}, [](Call* c) { c->x_images.stride_c = 2; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "stride_w", "8", "7"}, [](Call* c) { c->x_images.stride_w = 7; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "stride_h", "56", "55"}, [](Call* c) { c->x_images.stride_h = 55; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"y", "stride_n", "210", "209"}, [](Call* c) { c->y_images.stride_n = 209; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "stride_w", "1"}, [](Call* c) {
    c->x_images = Images(NM_NCHW, 2, 5, 7, 8);
    c->x_images.stride_w = 2;
  });
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "stride_c", "35", "34"}, [](Call* c) {
    c->x_images = Images(NM_NCHW, 2, 5, 7, 8);
    c->x_images.stride_c = 34;
  });
}

TEST_F(Conv2dArgumentsTest, ActivationAndTilesAreChecked) {
  ExpectRefused(NM_INVALID_ARGUMENT, {"activation", "3"}, [](Call* c) { c->activation = 3; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"tiles", "0", "2", "3"}, [](Call* c) { c->tile_end = 3; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"tiles", "-1"}, [](Call* c) { c->tile_begin = -1; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"tiles", "2", "1"}, [](Call* c) {
    c->tile_begin = 2;
    c->tile_end = 1;
  });
  int64_t tiles;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_tiles(nullptr, 1, 5, 7, &tiles), {"conv2d", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_tiles(a_.get(), 1, 5, 7, nullptr), {"tiles", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_tiles(a_.get(), -1, 5, 7, &tiles), {"n", "0", "-1"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_conv2d_tiles(a_.get(), kMost, kMost, 3, &tiles), {"y"}));
}

TEST_F(Conv2dArgumentsTest, OverlapIsRefused) {
  ExpectRefused(NM_INVALID_ARGUMENT, {"x", "y"}, [&](Call* c) { c->y = x_.data() + 8; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"bias", "y"}, [&](Call* c) { c->bias = y_.data() + 1; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"c", "y"}, [&](Call* c) { c->c = y_.data() + 1; });
  ExpectRefused(NM_INVALID_ARGUMENT, {"c", "y"}, [&](Call* c) {
    c->c = y_.data();
    c->c_images.n = c->y_images.n = c->x_images.n = 1;
    c->c_images.stride_h += 1;
    c->c_images.stride_n += 5;
  });
  Call in_place = Good();
  in_place.c = y_.data();
  EXPECT_TRUE(Succeeds(Run(in_place)));
  Call unused = Good();
  unused.beta = 0;
  unused.c = nullptr;
  EXPECT_TRUE(Succeeds(Run(unused)));
}

// Channels of one buffer, as where layers append their outputs to their inputs.
TEST_F(Conv2dArgumentsTest, ChannelsOfOneBufferAreDisjoint) {
  for (const int64_t layout : kImageLayouts) {
    ImageBuffer both(layout, 2, 5, 7, 8 + 6);
    both.ForEach([&](float& e, int64_t, int64_t, int64_t, int64_t c) { e = c < 8 ? random_.SmallInteger() : 0; });
    Call call = Good();
    call.beta = 0;
    call.bias = nullptr;
    call.activation = NM_IDENTITY;
    call.x = both.data();
    call.x_images = both.images();
    call.x_images.c = 8;
    call.y = both.data() + 8 * both.images().stride_c;
    call.y_images = both.images();
    call.y_images.c = 6;
    ASSERT_TRUE(Succeeds(nm_conv2d_tiles(a_.get(), 2, 5, 7, &call.tile_end)));
    ASSERT_TRUE(Succeeds(Run(call)));
    // The same from a copy of the input.
    x_.ForEach([&](float& e, int64_t n, int64_t h, int64_t w, int64_t c) { e = both(n, h, w, c); });
    call.x = x_.data();
    call.x_images = x_.images();
    call.y = y_.data();
    call.y_images = y_.images();
    ASSERT_TRUE(Succeeds(Run(call)));
    y_.ForEach([&](float& e, int64_t n, int64_t h, int64_t w, int64_t c) { EXPECT_EQ(e, both(n, h, w, 8 + c)); });
    call.y = both.data() + 7 * both.images().stride_c;
    call.y_images = both.images();
    call.y_images.c = 6;
    call.x = both.data();
    call.x_images = both.images();
    call.x_images.c = 8;
    EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, Run(call), {"x", "y"}));
  }
}

// Positions above and below an image of one row never become addresses, however long the step to them.
TEST_F(Conv2dArgumentsTest, StridesThatAreNeverUsedMayBeHuge) {
  for (const int64_t layout : kImageLayouts) {
    ImageBuffer x(layout, 1, 1, 7, 8), y(layout, 1, 1, 7, 6), z(layout, 1, 1, 7, 6);
    x.ForEach([&](float& e, int64_t, int64_t, int64_t, int64_t) { e = random_.SmallInteger(); });
    nm_images wide = x.images();
    if (layout == NM_NHWC) wide.stride_h = INT64_MAX / 5;  // in NCHW channels lie beyond the rows
    wide.stride_n = INT64_MAX / 4;
    const auto run = [&](const nm_images& images, const ImageBuffer& out) {
      return nm_conv2d_f32(a_.get(), x.data(), &images, 1.0f, nullptr, nullptr, 0.0f, nullptr, 0, out.data(),
                           &out.images(), 0, 1);
    };
    ASSERT_TRUE(Succeeds(run(x.images(), y)));
    ASSERT_TRUE(Succeeds(run(wide, z)));
    y.ForEach([&](float& e, int64_t n, int64_t h, int64_t w, int64_t c) { EXPECT_EQ(e, z(n, h, w, c)); });
  }
}

TEST_F(Conv2dArgumentsTest, BytesAndKernelAreTold) {
  int64_t bytes = 0;
  ASSERT_TRUE(Succeeds(nm_conv2d_bytes(a_.get(), &bytes)));
  EXPECT_GE(bytes, 6 * 9 * 4 * 5);  // a value and an index byte for each weight kept
  EXPECT_LT(bytes, 6 * 9 * 8 * 4);  // less than dense
  const char* name = nullptr;
  ASSERT_TRUE(Succeeds(nm_conv2d_kernel(a_.get(), NM_F32, &name)));
  EXPECT_EQ(std::string(name).rfind("f32_nxm_conv2d_", 0), 0u) << name;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_bytes(nullptr, &bytes), {"conv2d", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_bytes(a_.get(), nullptr), {"bytes", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_kernel(nullptr, NM_F32, &name), {"conv2d", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_conv2d_kernel(a_.get(), NM_F32, nullptr), {"name", "NULL"}));
  EXPECT_TRUE(Succeeds(nm_conv2d_free(nullptr)));
}

}  // namespace
}  // namespace nm4j_test
