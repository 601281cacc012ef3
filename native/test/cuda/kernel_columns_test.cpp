/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The matrix of columns of a convolution, and the sums of columns.
#include <gtest/gtest.h>

#include <utility>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "support/images.h"

namespace nm4j_test {
namespace {

// Images in host memory, gaps included.
template <typename T>
struct HostImages {
  HostImages(const nm_images& images_, T fill)
      : images(images_), data(static_cast<size_t>(images_.n == 0 ? 0 : Elements(images_)), fill) {}

  T& at(int64_t n, int64_t h, int64_t w, int64_t c) {
    return data[static_cast<size_t>(n * images.stride_n + h * images.stride_h + w * images.stride_w +
                                    c * images.stride_c)];
  }

  nm_images images;
  std::vector<T> data;
};

template <typename T>
class DeviceColumnsTest : public DeviceTest {
 protected:
  // A geometry and images of some sizes, the columns in gaps, and what is to become of them.
  struct Case {
    nm_conv2d_geometry g;
    HostImages<T> x;
    HostMatrix<T> columns;
    int64_t offset;
  };

  Case Draw(int64_t layout, const nm_conv2d_geometry& g, int64_t n, int64_t h, int64_t w, Gaps gaps) {
    const nm_images images = Images(layout, n, h, w, g.in_channels, gaps);
    const int64_t row = g.kernel_h * g.kernel_w * g.in_channels;
    return {g, HostImages<T>(images, Round<T>(99.0f)),
            HostMatrix<T>(n * OutH(g, h) * OutW(g, w), row, row + random().Int(0, 3)), random().Int(0, 7)};
  }

  Case Draw(int64_t layout) {
    nm_conv2d_geometry g = SmallGeometry(random());
    if (random().Chance(0.3)) g.in_channels = 8 * random().Int(1, 6);
    return Draw(layout, g, random().Int(0, 3), random().Int(8, 14), random().Int(8, 14), RandomGaps(random()));
  }

  void ExpectColumns(Case& c) {
    for (T& value : c.x.data) value = Round<T>(static_cast<float>(random().Int(-99, 99)));
    const DeviceArray<T> x(stream(), c.x.data, c.offset);
    std::fill(c.columns.data.begin(), c.columns.data.end(), Round<T>(55.0f));
    const DeviceArray<T> columns(stream(), c.columns.data, random().Int(0, 7));
    // All rows at once, or in two parts.
    const int64_t part = random().Int(0, c.columns.rows);
    for (const auto& [first, count] : {std::pair(int64_t{0}, part), std::pair(part, c.columns.rows - part)}) {
      ASSERT_TRUE(CudaOk(nm_cuda_conv2d_columns(stream(), kDtype<T>, &c.g, x.data(), &c.x.images, first, count,
                                                columns.data() + first * c.columns.ld, c.columns.ld)));
    }
    ForEach(c, [&](int64_t row, int64_t col, bool inside, int64_t n, int64_t h, int64_t w, int64_t channel) {
      c.columns.at(row, col) = inside ? c.x.at(n, h, w, channel) : T{};
    });
    ExpectSame(c.columns.data, columns.Read(), c);
  }

  void ExpectSums(Case& c) {
    c.columns.Fill([&] { return static_cast<float>(random().Int(-9, 9)); });
    const DeviceArray<T> columns(stream(), c.columns.data, c.offset);
    const DeviceArray<T> x(stream(), c.x.data, random().Int(0, 7));
    ASSERT_TRUE(CudaOk(
        nm_cuda_conv2d_sum_columns(stream(), kDtype<T>, &c.g, columns.data(), c.columns.ld, x.data(), &c.x.images)));
    HostImages<float> sums(c.x.images, 0.0f);
    ForEach(c, [&](int64_t row, int64_t col, bool inside, int64_t n, int64_t h, int64_t w, int64_t channel) {
      if (inside) sums.at(n, h, w, channel) += c.columns.value(row, col);
    });
    const nm_images& i = c.x.images;
    for (int64_t n = 0; n < i.n; ++n) {
      for (int64_t h = 0; h < i.h; ++h) {
        for (int64_t w = 0; w < i.w; ++w) {
          for (int64_t ch = 0; ch < i.c; ++ch) c.x.at(n, h, w, ch) = Round<T>(sums.at(n, h, w, ch));
        }
      }
    }
    ExpectSame(c.x.data, x.Read(), c);
  }

 private:
  static void ExpectSame(const std::vector<T>& expected, const std::vector<T>& got, const Case& c) {
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_TRUE(Same(expected[i], got[i])) << i << ": " << Value(got[i]) << " instead of " << Value(expected[i])
                                             << " of " << Describe(c.g) << ", " << Describe(c.x.images);
    }
  }

  // By definition, element by element.
  template <typename Visit>
  static void ForEach(Case& c, const Visit& visit) {
    const nm_conv2d_geometry& g = c.g;
    const nm_images& x = c.x.images;
    const int64_t out_h = OutH(g, x.h), out_w = OutW(g, x.w);
    for (int64_t row = 0; row < c.columns.rows; ++row) {
      const int64_t n = row / (out_h * out_w), oh = row / out_w % out_h, ow = row % out_w;
      for (int64_t col = 0; col < c.columns.cols; ++col) {
        const int64_t channel = col % x.c, kw = col / x.c % g.kernel_w, kh = col / x.c / g.kernel_w;
        const int64_t h = oh * g.stride_h - g.pad_top + kh * g.dilation_h;
        const int64_t w = ow * g.stride_w - g.pad_left + kw * g.dilation_w;
        visit(row, col, 0 <= h && h < x.h && 0 <= w && w < x.w, n, h, w, channel);
      }
    }
  }
};
TYPED_TEST_SUITE(DeviceColumnsTest, AllTypes);

TYPED_TEST(DeviceColumnsTest, AreWhatTheKernelSees) {
  for (int i = 0; i < 60; ++i) {
    auto c = this->Draw(kImageLayouts[i % 2]);
    this->ExpectColumns(c);
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(DeviceColumnsTest, SumsAreTheirAdjoint) {
  if constexpr (std::is_same_v<TypeParam, int8_t>) {
    GTEST_SKIP() << "gradients are floats";
  } else {
    for (int i = 0; i < 60; ++i) {
      auto c = this->Draw(kImageLayouts[i % 2]);
      this->ExpectSums(c);
      if (this->HasFatalFailure()) return;
    }
  }
}

// Rows of several blocks, and more pixels than the blocks of a grid: threads take several. Likewise tiles.
TYPED_TEST(DeviceColumnsTest, MoreThanAGridHolds) {
  if constexpr (!std::is_same_v<TypeParam, Brain>) {  // which the kernels treat as fp16
    auto wide = this->Draw(NM_NHWC, Square(464, 1, 3, 1, 1), 1, 33, 33, {});
    this->ExpectColumns(wide);
    for (const int64_t layout : kImageLayouts) {
      auto many = this->Draw(layout, Square(464, 1, 1), 1, 95, 95, {});
      this->ExpectColumns(many);
      if constexpr (!std::is_same_v<TypeParam, int8_t>) this->ExpectSums(many);
      if (this->HasFatalFailure()) return;
    }
  }
}

// In fp32 the order of the sums is that of the CPU, so the bits are.
TEST_F(DeviceTest, SumsOfColumnsAreTheCpusBits) {
  for (const int64_t layout : kImageLayouts) {
    const nm_conv2d_geometry g = Square(19, 1, 3, 2, 1);
    const nm_images images = Images(layout, 2, 11, 12, 19);
    HostMatrix<float> columns(2 * OutH(g, 11) * OutW(g, 12), 9 * 19, 9 * 19);
    columns.Fill([&] { return random().Uniform() * (random().Chance(0.5) ? 1.0f : 0x1p20f); });
    std::vector<float> expected(static_cast<size_t>(Elements(images)));
    Need(nm_conv2d_sum_columns_f32(&g, columns.data.data(), columns.ld, expected.data(), &images));
    const DeviceArray<float> from(stream(), columns.data), to(stream(), std::vector<float>(expected.size()));
    ASSERT_TRUE(CudaOk(nm_cuda_conv2d_sum_columns(stream(), NM_F32, &g, from.data(), columns.ld, to.data(), &images)));
    EXPECT_EQ(0, std::memcmp(expected.data(), to.Read().data(), expected.size() * sizeof(float)));
  }
}

}  // namespace
}  // namespace nm4j_test
