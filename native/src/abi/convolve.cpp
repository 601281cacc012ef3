// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Convolution: checks, then the kernel.
#include <cinttypes>

#include "abi/conv2d.h"
#include "abi/operation.h"

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

// Its types and epilogue.
nm_product operation(const nm_convolution& v) {
  nm_product p = {};
  p.activation = v.activation;
  p.bias = v.bias;
  p.feature_scale = v.feature_scale;
  p.alpha = v.alpha;
  p.beta = v.beta;
  p.x_dtype = v.x_dtype;
  p.y_dtype = v.y_dtype;
  p.x_scale = v.x_scale;
  p.y_scale = v.y_scale;
  p.x_zero = v.x_zero;
  p.y_zero = v.y_zero;
  return p;
}

// Images of sizes that belong together, `expected` those of Y, in memory that does not overlap.
int32_t check_buffers(const nm_conv2d* a, const nm_convolution& v, const nm_product& p, const nm_images& expected) {
  const int64_t x_size = element_bytes(v.x_dtype), y_size = element_bytes(v.y_dtype);
  Span in, addend, out;
  NM_TRY(check_images("x", v.x, v.x_images, x_size, &in));
  NM_TRY(check_sizes("y", v.y_images, expected));
  NM_TRY(check_images("y", v.y, v.y_images, y_size, &out));
  if (v.beta != 0.0f) {
    NM_TRY(check_sizes("c", v.c_images, expected));
    if (v.c_images.layout != v.y_images.layout) {
      return fail(NM_INVALID_ARGUMENT, "c: expected the layout of y, %" PRId64 ", got %" PRId64, v.y_images.layout,
                  v.c_images.layout);
    }
    NM_TRY(check_images("c", v.c, v.c_images, y_size, &addend));
    if (v.c != v.y || !same_strides(v.c_images, v.y_images)) NM_TRY(check_disjoint(addend, out));
  }
  NM_TRY(check_disjoint(in, out));
  return check_features(p, a->geometry.out_channels, out);
}

int32_t convolve(const nm_conv2d* a, const nm_convolution& v, int64_t tile_begin, int64_t tile_end) {
  const nm_conv2d_geometry& geometry = a->geometry;
  const nm_product p = operation(v);
  NM_TRY(check_dtypes(p));
  const Conv2dKernel* kernel = a->kernels[v.x_dtype];
  NM_TRY(check_types(p, a->dtype, kernel != nullptr, a->weights.kept()));
  NM_TRY(check_epilogue(p));
  nm_images expected;
  NM_TRY(check_output(geometry, v.x_images.n, v.x_images.h, v.x_images.w, &expected));
  if (v.x_images.c != geometry.in_channels) {
    return fail(NM_INVALID_ARGUMENT, "x: expected %" PRId64 " channels, got %" PRId64, geometry.in_channels,
                v.x_images.c);
  }
  NM_TRY(check_buffers(a, v, p, expected));
  NM_TRY(check_tiles(conv2d_tiles(geometry, expected.n * expected.h * expected.w), tile_begin, tile_end));
  if (tile_begin == tile_end) return NM_OK;
  const float* scales = a->dtype == NM_S8 ? a->scales.data() : nullptr;
  Conv2dArgs args = {&geometry,  a->weights.views().data(),         v.x_images, v.y_images,
                     v.c_images, operation_args(p, scales, nullptr)};
  args.product.x = v.x;
  if (v.beta != 0.0f) args.product.c = v.c;
  args.product.y = v.y;
  kernel->run(args, tile_begin, tile_end);
  return NM_OK;
}

}  // namespace
}  // namespace nm

using nm::guarded;

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

int32_t nm_convolve(const nm_conv2d* a, const nm_convolution* convolution, int64_t tile_begin, int64_t tile_end) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("convolution", convolution));
    return nm::convolve(a, *convolution, tile_begin, tile_end);
  });
}

int32_t nm_conv2d_f32(const nm_conv2d* a, const float* x, const nm_images* x_images, float alpha, const float* c,
                      const nm_images* c_images, float beta, const float* bias, int32_t activation, float* y,
                      const nm_images* y_images, int64_t tile_begin, int64_t tile_end) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("x_images", x_images));
    NM_TRY(nm::check_not_null("y_images", y_images));
    nm_convolution v = {};
    if (beta != 0.0f) {
      NM_TRY(nm::check_not_null("c_images", c_images));
      v.c_images = *c_images;
    }
    v.x = x;
    v.x_images = *x_images;
    v.c = c;
    v.y = y;
    v.y_images = *y_images;
    v.bias = bias;
    v.alpha = alpha;
    v.beta = beta;
    v.activation = activation;
    v.x_dtype = v.y_dtype = NM_F32;
    return nm::convolve(a, v, tile_begin, tile_end);
  });
}
