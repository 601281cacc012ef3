// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Convolution: checks, then the kernel.
#include <cinttypes>

#include "abi/conv2d.h"

namespace nm {
namespace {

int32_t check_sizes(const char* name, const nm_images& images, const nm_images& expected) {
  if (images.n == expected.n && images.h == expected.h && images.w == expected.w && images.c == expected.c) {
    return NM_OK;
  }
  return fail(NM_INVALID_ARGUMENT,
              "%s: expected n x h x w x c of %" PRId64 " x %" PRId64 " x %" PRId64 " x %" PRId64 ", got %" PRId64
              " x %" PRId64 " x %" PRId64 " x %" PRId64,
              name, expected.n, expected.h, expected.w, expected.c, images.n, images.h, images.w, images.c);
}

bool same_strides(const nm_images& a, const nm_images& b) {
  return a.stride_n == b.stride_n && a.stride_h == b.stride_h && a.stride_w == b.stride_w && a.stride_c == b.stride_c;
}

}  // namespace
}  // namespace nm

using nm::fail;
using nm::guarded;
using nm::Span;

int32_t nm_conv2d_output(const nm_conv2d_geometry* geometry, int64_t h, int64_t w, int64_t* out_h, int64_t* out_w) {
  return guarded([&]() -> int32_t {
    nm::Conv2dMatrix matrix;
    nm_images out;
    NM_TRY(nm::check_not_null("out_h", out_h));
    NM_TRY(nm::check_not_null("out_w", out_w));
    NM_TRY(nm::check_geometry(geometry, &matrix));
    NM_TRY(nm::check_output(*geometry, 0, h, w, &out));
    *out_h = out.h;
    *out_w = out.w;
    return NM_OK;
  });
}

int32_t nm_conv2d_tiles(const nm_conv2d* a, int64_t n, int64_t h, int64_t w, int64_t* tiles) {
  return guarded([&]() -> int32_t {
    nm_images out;
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("tiles", tiles));
    NM_TRY(nm::check_output(a->geometry, n, h, w, &out));
    *tiles = nm::conv2d_tiles(a->geometry, n * out.h * out.w);
    return NM_OK;
  });
}

int32_t nm_conv2d_f32(const nm_conv2d* a, const float* x, const nm_images* x_images, float alpha, const float* c,
                      const nm_images* c_images, float beta, const float* bias, int32_t activation, float* y,
                      const nm_images* y_images, int64_t tile_begin, int64_t tile_end) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_activation(activation));
    NM_TRY(nm::check_not_null("x_images", x_images));
    NM_TRY(nm::check_not_null("y_images", y_images));
    const nm_conv2d_geometry& geometry = a->geometry;
    nm_images expected;
    NM_TRY(nm::check_output(geometry, x_images->n, x_images->h, x_images->w, &expected));
    if (x_images->c != geometry.in_channels) {
      return fail(NM_INVALID_ARGUMENT, "x: expected %" PRId64 " channels, got %" PRId64, geometry.in_channels,
                  x_images->c);
    }
    Span in, addend = {"c", nullptr, 0, 0, 0}, biases = {"bias", nullptr, 0, 0, 0}, out;
    NM_TRY(nm::check_images("x", x, *x_images, &in));
    NM_TRY(nm::check_sizes("y", *y_images, expected));
    NM_TRY(nm::check_images("y", y, *y_images, &out));
    if (beta != 0.0f) {
      NM_TRY(nm::check_not_null("c_images", c_images));
      NM_TRY(nm::check_sizes("c", *c_images, expected));
      if (c_images->layout != y_images->layout) {
        return fail(NM_INVALID_ARGUMENT, "c: expected the layout of y, %" PRId64 ", got %" PRId64, y_images->layout,
                    c_images->layout);
      }
      NM_TRY(nm::check_images("c", c, *c_images, &addend));
      if (c != y || !nm::same_strides(*c_images, *y_images)) NM_TRY(nm::check_disjoint(addend, out));
    }
    if (bias != nullptr) {
      const int64_t features = geometry.out_channels;
      NM_TRY(nm::check_matrix("bias", bias, 1, features, features, sizeof(float), &biases));
    }
    NM_TRY(nm::check_disjoint(in, out));
    NM_TRY(nm::check_disjoint(biases, out));
    const int64_t tiles = nm::conv2d_tiles(geometry, expected.n * expected.h * expected.w);
    NM_TRY(nm::check_tiles(tiles, tile_begin, tile_end));
    if (tile_begin == tile_end) return NM_OK;
    nm::Conv2dArgs args = {&geometry, a->weights.views().data(), x, *x_images, *y_images, {}, {}};
    if (beta != 0.0f) {
      args.addend = *c_images;
      args.epilogue.c = c;
    }
    args.epilogue.alpha = alpha;
    args.epilogue.beta = beta;
    args.epilogue.bias = bias;
    args.epilogue.activation = static_cast<nm_activation>(activation);
    args.epilogue.y = y;
    a->kernel->run(args, tile_begin, tile_end);
    return NM_OK;
  });
}
