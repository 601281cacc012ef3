/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support/images.h"

#include <sstream>

namespace nm4j_test {
namespace {

int64_t OutputSize(int64_t size, int64_t padding, int64_t kernel, int64_t stride, int64_t dilation) {
  int64_t count = 0;
  while (count * stride + dilation * (kernel - 1) < size + padding) ++count;
  return count;
}

}  // namespace

int64_t Elements(const nm_images& i) {
  if (i.n * i.h * i.w * i.c == 0) return 0;
  return (i.n - 1) * i.stride_n + (i.h - 1) * i.stride_h + (i.w - 1) * i.stride_w + (i.c - 1) * i.stride_c + 1;
}

nm_conv2d_geometry SmallGeometry(Random& random) {
  return {random.Int(1, 9), random.Int(1, 5), 1,
          random.Int(1, 4), random.Int(1, 4), random.Int(1, 3),
          random.Int(1, 3), random.Int(1, 2), random.Int(1, 2),
          random.Int(0, 3), random.Int(0, 3), random.Int(0, 3),
          random.Int(0, 3)};
}

int64_t OutH(const nm_conv2d_geometry& g, int64_t h) {
  return OutputSize(h, g.pad_top + g.pad_bottom, g.kernel_h, g.stride_h, g.dilation_h);
}

int64_t OutW(const nm_conv2d_geometry& g, int64_t w) {
  return OutputSize(w, g.pad_left + g.pad_right, g.kernel_w, g.stride_w, g.dilation_w);
}

Gaps RandomGaps(Random& random) {
  constexpr int64_t kGaps[] = {0, 0, 0, 1, 5};
  return {random.Pick(kGaps), random.Pick(kGaps), random.Pick(kGaps)};
}

nm_images Images(int64_t layout, int64_t n, int64_t h, int64_t w, int64_t c, Gaps gaps) {
  if (layout == NM_NHWC) {
    const int64_t stride_w = c + gaps.inner;
    const int64_t stride_h = (w - 1) * stride_w + c + gaps.middle;
    return {layout, n, h, w, c, (h - 1) * stride_h + (w - 1) * stride_w + c + gaps.outer, stride_h, stride_w, 1};
  }
  const int64_t stride_h = w + gaps.inner;
  const int64_t stride_c = (h - 1) * stride_h + w + gaps.middle;
  return {layout, n, h, w, c, (c - 1) * stride_c + (h - 1) * stride_h + w + gaps.outer, stride_h, 1, stride_c};
}

nm_conv2d_geometry Square(int64_t in_channels, int64_t out_channels, int64_t kernel, int64_t stride, int64_t padding,
                          int64_t dilation, int64_t groups) {
  return {in_channels, out_channels, groups,  kernel,  kernel,  stride, stride,
          dilation,    dilation,     padding, padding, padding, padding};
}

std::string Describe(const nm_images& i) {
  std::ostringstream text;
  text << (i.layout == NM_NHWC ? "NHWC" : "NCHW") << ' ' << i.n << " x " << i.h << " x " << i.w << " x " << i.c
       << ", strides " << i.stride_n << ' ' << i.stride_h << ' ' << i.stride_w << ' ' << i.stride_c;
  return text.str();
}

std::string Describe(const nm_conv2d_geometry& g) {
  std::ostringstream text;
  text << "channels " << g.in_channels << " to " << g.out_channels << " in " << g.groups << " groups, kernel "
       << g.kernel_h << " x " << g.kernel_w << ", stride " << g.stride_h << ' ' << g.stride_w << ", dilation "
       << g.dilation_h << ' ' << g.dilation_w << ", padding " << g.pad_top << ' ' << g.pad_left << ' ' << g.pad_bottom
       << ' ' << g.pad_right;
  return text.str();
}

}  // namespace nm4j_test
