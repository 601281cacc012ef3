/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The matrix of columns of a convolution, and its opposite.
#include <gtest/gtest.h>

#include <vector>

#include "support/convolution.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

TEST(Conv2dColumnsTest, AreWhatTheKernelSeesAndSumsAreTheirAdjoint) {
  Random random;
  for (int i = 0; i < 300; ++i) {
    const nm_conv2d_geometry g = SmallGeometry(random);
    const int64_t n = random.Int(0, 3), h = random.Int(8, 14), w = random.Int(8, 14), c = g.in_channels;
    const Gaps gaps = {random.Int(0, 2), random.Int(0, 2), random.Int(0, 2)};
    const int64_t layout = kImageLayouts[i % 2];
    ImageBuffer x(layout, n, h, w, c, gaps, random.Pick(kPlacements));
    x.ForEach([&](float& value, int64_t, int64_t, int64_t, int64_t) { value = static_cast<float>(random.Int(-9, 9)); });
    const int64_t out_h = OutH(g, h), out_w = OutW(g, w);
    const int64_t cols = g.kernel_h * g.kernel_w * c;
    FloatMatrix columns(n * out_h * out_w, cols, cols + random.Int(0, 3), random.Pick(kPlacements));
    ASSERT_TRUE(Succeeds(nm_conv2d_columns_f32(&g, x.data(), &x.images(), columns.data(), columns.ld())));

    // The gradient by definition: each element of y adds to what it was made of.
    FloatMatrix gradient(columns.rows(), cols);
    gradient.Fill([&](int64_t, int64_t) { return static_cast<float>(random.Int(-9, 9)); });
    ImageBuffer wanted(layout, n, h, w, c), sum(layout, n, h, w, c, gaps, random.Pick(kPlacements));
    wanted.ForEach([&](float& value, int64_t, int64_t, int64_t, int64_t) { value = 0; });
    sum.ForEach([&](float& value, int64_t, int64_t, int64_t, int64_t) { value = kNan; });
    for (int64_t row = 0; row < columns.rows(); ++row) {
      const int64_t image = row / (out_h * out_w), oh = row / out_w % out_h, ow = row % out_w;
      for (int64_t col = 0; col < cols; ++col) {
        const int64_t channel = col % c, kw = col / c % g.kernel_w, kh = col / c / g.kernel_w;
        const int64_t ih = oh * g.stride_h - g.pad_top + kh * g.dilation_h;
        const int64_t iw = ow * g.stride_w - g.pad_left + kw * g.dilation_w;
        const bool inside = 0 <= ih && ih < h && 0 <= iw && iw < w;
        ASSERT_EQ(inside ? x(image, ih, iw, channel) : 0.0f, columns(row, col)) << "row " << row << ", column " << col;
        if (inside) wanted(image, ih, iw, channel) += gradient(row, col);
      }
    }
    ASSERT_TRUE(Succeeds(nm_conv2d_sum_columns_f32(&g, gradient.data(), cols, sum.data(), &sum.images())));
    sum.ForEach([&](float& value, int64_t image, int64_t ih, int64_t iw, int64_t channel) {
      ASSERT_EQ(wanted(image, ih, iw, channel), value);
    });
  }
}

TEST(Conv2dColumnsTest, Arguments) {
  nm_conv2d_geometry g = Square(4, 2, 3, 1, 1);
  const nm_images images = Images(NM_NHWC, 2, 5, 5, 4);
  std::vector<float> x(200), columns(50 * 36);
  const auto both = [&](int32_t status, const nm_conv2d_geometry* geometry, const float* from, const nm_images* of,
                        float* to, int64_t ld, std::initializer_list<std::string> words) {
    EXPECT_TRUE(Refuses(status, nm_conv2d_columns_f32(geometry, from, of, to, ld), words));
    EXPECT_TRUE(Refuses(status, nm_conv2d_sum_columns_f32(geometry, to, ld, const_cast<float*>(from), of), words));
  };
  both(NM_INVALID_ARGUMENT, nullptr, x.data(), &images, columns.data(), 36, {"geometry", "null"});
  both(NM_INVALID_ARGUMENT, &g, nullptr, &images, columns.data(), 36, {"x", "null"});
  both(NM_INVALID_ARGUMENT, &g, x.data(), nullptr, columns.data(), 36, {"x_images", "null"});
  both(NM_INVALID_ARGUMENT, &g, x.data(), &images, nullptr, 36, {"columns", "null"});
  both(NM_INVALID_ARGUMENT, &g, x.data(), &images, columns.data(), 35, {"columns", "36", "35"});
  both(NM_INVALID_ARGUMENT, &g, columns.data() + 9, &images, columns.data(), 36, {"overlapping"});
  nm_images other = Images(NM_NHWC, 2, 5, 5, 3);
  both(NM_INVALID_ARGUMENT, &g, x.data(), &other, columns.data(), 36, {"4", "3"});
  other = images;
  other.stride_w = 3;
  both(NM_INVALID_ARGUMENT, &g, x.data(), &other, columns.data(), 36, {"stride_w", "4", "3"});
  other = images;
  other.h = 0;
  both(NM_INVALID_ARGUMENT, &g, x.data(), &other, columns.data(), 36, {"h", "0"});
  g.groups = 2;
  both(NM_UNSUPPORTED, &g, x.data(), &images, columns.data(), 36, {"groups", "1", "2"});
}

}  // namespace
}  // namespace nm4j_test
