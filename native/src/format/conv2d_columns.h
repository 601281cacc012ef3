// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The matrix of columns of a convolution of one group (im2col): a row for each output pixel, in it the input channels
// of each kernel position; and which pixel of the input that is. For the host and for kernels of a GPU.
#ifndef NM4J_FORMAT_CONV2D_COLUMNS_H_
#define NM4J_FORMAT_CONV2D_COLUMNS_H_

#include <cstdint>

#include "format/host_device.h"
#include "nm4j/nm4j.h"

namespace nm {

struct Conv2dColumns {
  nm_conv2d_geometry g;
  nm_images x, out;  // of out, the sizes only
  int64_t row;       // elements of a row

  NM_HD int64_t pixels() const { return x.n * out.h * out.w; }

  // Row and column of the input that an output pixel sees at a kernel position.
  NM_HD int64_t input_h(int64_t out_h, int64_t kernel_h) const {
    return out_h * g.stride_h - g.pad_top + kernel_h * g.dilation_h;
  }
  NM_HD int64_t input_w(int64_t out_w, int64_t kernel_w) const {
    return out_w * g.stride_w - g.pad_left + kernel_w * g.dilation_w;
  }

  // Where the first channel of a pixel of the input lies; -1 around the image.
  NM_HD int64_t input(int64_t n, int64_t h, int64_t w) const {
    const bool inside = 0 <= h && h < x.h && 0 <= w && w < x.w;
    return inside ? n * x.stride_n + h * x.stride_h + w * x.stride_w : -1;
  }
};

}  // namespace nm

#endif  // NM4J_FORMAT_CONV2D_COLUMNS_H_
