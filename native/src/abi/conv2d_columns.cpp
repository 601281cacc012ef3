// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The matrix of columns of a convolution (im2col) and its opposite (col2im), for the passes of training that multiply
// with it as a whole.
#include <cstring>

#include "abi/conv2d_check.h"

namespace nm {
namespace {

// Calls visit(element of a row of columns, offset in x or -1 for padding) for each output pixel and kernel position;
// `row` is the pixel's.
template <typename Visit>
void for_each_position(const Conv2dColumns& c, Visit&& visit) {
  const nm_conv2d_geometry& g = c.g;
  int64_t row = 0;
  for (int64_t n = 0; n < c.x.n; ++n) {
    for (int64_t oh = 0; oh < c.out.h; ++oh) {
      for (int64_t ow = 0; ow < c.out.w; ++ow, ++row) {
        int64_t element = 0;
        for (int64_t kh = 0; kh < g.kernel_h; ++kh) {
          const int64_t h = c.input_h(oh, kh);
          for (int64_t kw = 0; kw < g.kernel_w; ++kw, element += g.in_channels) {
            visit(row, element, c.input(n, h, c.input_w(ow, kw)));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace nm

int32_t nm_conv2d_columns_f32(const nm_conv2d_geometry* geometry, const float* x, const nm_images* x_images,
                              float* columns, int64_t ld) {
  return nm::guarded([&]() -> int32_t {
    nm::Conv2dColumns c;
    nm::Span from, to;
    NM_TRY(nm::check_columns(geometry, x, x_images, columns, ld, sizeof *x, &c, &from, &to));
    const int64_t channels = c.x.c, stride = c.x.stride_c;
    nm::for_each_position(c, [&](int64_t row, int64_t element, int64_t offset) {
      float* out = columns + row * ld + element;
      if (offset < 0) {
        std::memset(out, 0, channels * sizeof(float));
      } else if (stride == 1) {
        std::memcpy(out, x + offset, channels * sizeof(float));
      } else {
        for (int64_t i = 0; i < channels; ++i) out[i] = x[offset + i * stride];
      }
    });
    return NM_OK;
  });
}

int32_t nm_conv2d_sum_columns_f32(const nm_conv2d_geometry* geometry, const float* columns, int64_t ld, float* x,
                                  const nm_images* x_images) {
  return nm::guarded([&]() -> int32_t {
    nm::Conv2dColumns c;
    nm::Span from, to;
    NM_TRY(nm::check_columns(geometry, x, x_images, columns, ld, sizeof *x, &c, &to, &from));
    const int64_t channels = c.x.c, stride = c.x.stride_c;
    for (int64_t n = 0; n < c.x.n; ++n) {
      for (int64_t h = 0; h < c.x.h; ++h) {
        for (int64_t w = 0; w < c.x.w; ++w) {
          float* pixel = x + n * c.x.stride_n + h * c.x.stride_h + w * c.x.stride_w;
          for (int64_t i = 0; i < channels; ++i) pixel[i * stride] = 0.0f;
        }
      }
    }
    nm::for_each_position(c, [&](int64_t row, int64_t element, int64_t offset) {
      if (offset < 0) return;
      const float* in = columns + row * ld + element;
      for (int64_t i = 0; i < channels; ++i) x[offset + i * stride] += in[i];
    });
    return NM_OK;
  });
}
