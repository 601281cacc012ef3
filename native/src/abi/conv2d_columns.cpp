// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The matrix of columns of a convolution (im2col) and its opposite (col2im), for the passes of training that multiply
// with it as a whole.
#include <cinttypes>
#include <cstring>

#include "abi/conv2d.h"

namespace nm {
namespace {

struct Columns {
  nm_conv2d_geometry g;
  nm_images x, out;
  int64_t row;  // elements of one: kernel positions x channels
};

int32_t check_columns(const nm_conv2d_geometry* geometry, const float* x, const nm_images* x_images,
                      const float* columns, int64_t ld, Columns* c, Span* x_span, Span* columns_span) {
  Conv2dMatrix weights;
  NM_TRY(check_geometry(geometry, &weights));
  NM_TRY(check_not_null("x_images", x_images));
  c->g = *geometry;
  c->x = *x_images;
  if (c->g.groups != 1) {
    return fail(NM_UNSUPPORTED, "groups: expected 1, got %" PRId64, c->g.groups);
  }
  if (c->x.c != c->g.in_channels) {
    return fail(NM_INVALID_ARGUMENT, "x: expected %" PRId64 " channels, got %" PRId64, c->g.in_channels, c->x.c);
  }
  NM_TRY(check_output(c->g, c->x.n, c->x.h, c->x.w, &c->out));
  NM_TRY(check_images("x", x, c->x, sizeof(float), x_span));
  int64_t pixels;
  if (__builtin_mul_overflow(c->g.kernel_h * c->g.kernel_w, c->g.in_channels, &c->row) ||
      __builtin_mul_overflow(c->out.h * c->out.w, c->x.n, &pixels)) {
    return fail(NM_OVERFLOW, "columns: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64 " x %" PRId64,
                c->g.kernel_h, c->g.kernel_w, c->g.in_channels);
  }
  NM_TRY(check_matrix("columns", columns, pixels, c->row, ld, sizeof(float), columns_span));
  return check_disjoint(*x_span, *columns_span);
}

// Calls visit(element of a row of columns, offset in x or -1 for padding) for each output pixel and kernel position;
// `row` is the pixel's.
template <typename Visit>
void for_each_position(const Columns& c, Visit&& visit) {
  const nm_conv2d_geometry& g = c.g;
  int64_t row = 0;
  for (int64_t n = 0; n < c.x.n; ++n) {
    for (int64_t oh = 0; oh < c.out.h; ++oh) {
      for (int64_t ow = 0; ow < c.out.w; ++ow, ++row) {
        int64_t element = 0;
        for (int64_t kh = 0; kh < g.kernel_h; ++kh) {
          const int64_t h = oh * g.stride_h - g.pad_top + kh * g.dilation_h;
          for (int64_t kw = 0; kw < g.kernel_w; ++kw, element += g.in_channels) {
            const int64_t w = ow * g.stride_w - g.pad_left + kw * g.dilation_w;
            const bool inside = 0 <= h && h < c.x.h && 0 <= w && w < c.x.w;
            visit(row, element, inside ? n * c.x.stride_n + h * c.x.stride_h + w * c.x.stride_w : -1);
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
    nm::Columns c;
    nm::Span from, to;
    NM_TRY(nm::check_columns(geometry, x, x_images, columns, ld, &c, &from, &to));
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
    nm::Columns c;
    nm::Span from, to;
    NM_TRY(nm::check_columns(geometry, x, x_images, columns, ld, &c, &to, &from));
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
