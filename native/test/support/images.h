/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sizes of convolutions, and how images lie in memory.
 */
#ifndef NM4J_TEST_SUPPORT_IMAGES_H_
#define NM4J_TEST_SUPPORT_IMAGES_H_

#include <cstdint>
#include <string>

#include "nm4j/nm4j.h"
#include "support/random.h"

namespace nm4j_test {

inline constexpr int64_t kImageLayouts[] = {NM_NHWC, NM_NCHW};

// What the strides of images exceed the least ones by, from the innermost dimension outwards.
struct Gaps {
  int64_t inner = 0, middle = 0, outer = 0;
};

// The least strides, and a distance between rows, pixels or channels on top of them.
nm_images Images(int64_t layout, int64_t n, int64_t h, int64_t w, int64_t c, Gaps gaps = {});

nm_conv2d_geometry Square(int64_t in_channels, int64_t out_channels, int64_t kernel, int64_t stride = 1,
                          int64_t padding = 0, int64_t dilation = 1, int64_t groups = 1);

// One group, a few channels, and everything else that small images of at least 8 x 8 allow.
nm_conv2d_geometry SmallGeometry(Random& random);

int64_t OutH(const nm_conv2d_geometry& g, int64_t h);
int64_t OutW(const nm_conv2d_geometry& g, int64_t w);

// From the first element to the last, gaps included.
int64_t Elements(const nm_images& images);

Gaps RandomGaps(Random& random);

// "channels 8 to 6 ..., kernel ...".
std::string Describe(const nm_conv2d_geometry& g);
std::string Describe(const nm_images& images);

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_IMAGES_H_
