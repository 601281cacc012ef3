// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Checks of a convolution's geometry and images. With sizes below 2^31 the products of two of them fit int64_t.
#include "abi/conv2d_check.h"

#include <cinttypes>

namespace nm {
namespace {

int32_t check_size(const char* name, int64_t value, int64_t least) {
  if (least <= value && value <= INT32_MAX) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected %" PRId64 " to 2147483647, got %" PRId64, name, least, value);
}

int32_t check_groups(const char* name, int64_t channels, int64_t groups) {
  if (channels % groups == 0) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "%s: expected a multiple of the %" PRId64 " groups, got %" PRId64, name, groups,
              channels);
}

int32_t output_size(const char* name, int64_t size, int64_t padding, int64_t kernel, int64_t dilation, int64_t stride,
                    int64_t* out) {
  NM_TRY(check_size(name, size, 1));
  const int64_t padded = size + padding, extent = dilation * (kernel - 1) + 1;
  if (padded < extent) {
    return fail(NM_INVALID_ARGUMENT,
                "%s: expected the kernel's extent %" PRId64 " at most, got %" PRId64
                " with its padding: the kernel "
                "does not fit",
                name, extent, padded);
  }
  *out = (padded - extent) / stride + 1;
  return check_size(name, *out, 1);
}

// One dimension of images, from the innermost to the outermost: `extent` elements so far. Zero images take no memory.
struct Dimension {
  const char* name;
  int64_t size, stride;
};

int32_t check_dimension(const char* images, const Dimension& dimension, int64_t element_size, int64_t* extent) {
  if (dimension.stride < *extent) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected a stride_%s of at least %" PRId64 ", got %" PRId64, images,
                dimension.name, *extent, dimension.stride);
  }
  int64_t last;
  if (__builtin_mul_overflow(dimension.size - 1, dimension.stride, &last) ||
      __builtin_add_overflow(*extent, last, extent) || *extent > INT64_MAX / element_size) {
    return fail(NM_OVERFLOW, "%s: expected a size in bytes below 2^63, got %" PRId64 " with stride_%s %" PRId64, images,
                dimension.size, dimension.name, dimension.stride);
  }
  return NM_OK;
}

}  // namespace

int32_t check_geometry(const nm_conv2d_geometry* geometry, Conv2dMatrix* matrix) {
  NM_TRY(check_not_null("geometry", geometry));
  const nm_conv2d_geometry& g = *geometry;
  NM_TRY(check_size("in_channels", g.in_channels, 1));
  NM_TRY(check_size("out_channels", g.out_channels, 1));
  NM_TRY(check_size("groups", g.groups, 1));
  NM_TRY(check_size("kernel_h", g.kernel_h, 1));
  NM_TRY(check_size("kernel_w", g.kernel_w, 1));
  NM_TRY(check_size("stride_h", g.stride_h, 1));
  NM_TRY(check_size("stride_w", g.stride_w, 1));
  NM_TRY(check_size("dilation_h", g.dilation_h, 1));
  NM_TRY(check_size("dilation_w", g.dilation_w, 1));
  NM_TRY(check_size("pad_top", g.pad_top, 0));
  NM_TRY(check_size("pad_left", g.pad_left, 0));
  NM_TRY(check_size("pad_bottom", g.pad_bottom, 0));
  NM_TRY(check_size("pad_right", g.pad_right, 0));
  NM_TRY(check_groups("in_channels", g.in_channels, g.groups));
  NM_TRY(check_groups("out_channels", g.out_channels, g.groups));
  matrix->cols = g.in_channels / g.groups;
  int64_t bytes;
  if (__builtin_mul_overflow(g.kernel_h * g.kernel_w, g.out_channels, &matrix->rows) ||
      __builtin_mul_overflow(matrix->rows, matrix->cols * static_cast<int64_t>(sizeof(float)), &bytes)) {
    return fail(NM_OVERFLOW,
                "weights: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64 " x %" PRId64 " x %" PRId64,
                g.out_channels, g.kernel_h, g.kernel_w, matrix->cols);
  }
  return NM_OK;
}

int32_t check_output(const nm_conv2d_geometry& g, int64_t n, int64_t h, int64_t w, nm_images* out) {
  NM_TRY(check_size("n", n, 0));
  NM_TRY(output_size("h", h, g.pad_top + g.pad_bottom, g.kernel_h, g.dilation_h, g.stride_h, &out->h));
  NM_TRY(output_size("w", w, g.pad_left + g.pad_right, g.kernel_w, g.dilation_w, g.stride_w, &out->w));
  out->n = n;
  out->c = g.out_channels;
  int64_t results;
  if (__builtin_mul_overflow(out->h * out->w, n, &results) || __builtin_mul_overflow(results, out->c, &results) ||
      results > INT64_MAX / static_cast<int64_t>(sizeof(float))) {
    return fail(NM_OVERFLOW,
                "y: expected a size in bytes below 2^63, got %" PRId64 " images of %" PRId64 " x %" PRId64
                " x %" PRId64,
                n, out->h, out->w, out->c);
  }
  return NM_OK;
}

int32_t check_images(const char* name, const void* data, const nm_images& i, int64_t element_size, Span* span) {
  *span = {name, data, 0, 0, 0};
  if (i.layout != NM_NHWC && i.layout != NM_NCHW) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected layout 0 (NHWC) or 1 (NCHW), got %" PRId64, name, i.layout);
  }
  const bool nhwc = i.layout == NM_NHWC;
  const Dimension h = {"h", i.h, i.stride_h}, w = {"w", i.w, i.stride_w}, c = {"c", i.c, i.stride_c};
  const Dimension& inner = nhwc ? c : w;
  if (inner.stride != 1) {
    return fail(NM_INVALID_ARGUMENT, "%s: expected stride_%s to be 1, got %" PRId64, name, inner.name, inner.stride);
  }
  int64_t extent = inner.size;
  const int64_t line = extent;
  NM_TRY(check_dimension(name, nhwc ? w : h, element_size, &extent));
  NM_TRY(check_dimension(name, nhwc ? h : c, element_size, &extent));
  const int64_t image = extent;
  if (i.n == 0) return NM_OK;
  NM_TRY(check_dimension(name, {"n", i.n, i.stride_n}, element_size, &extent));
  NM_TRY(check_matrix(name, data, 1, extent, extent, element_size, span));
  // Lines, for buffers that others share: pixels of NHWC without other gaps, images of NCHW.
  if (!nhwc && i.n > 1) {
    span->width = image * element_size;
    span->stride = i.stride_n * element_size;
  } else if (nhwc && i.stride_h == i.w * i.stride_w && (i.n == 1 || i.stride_n == i.h * i.stride_h)) {
    span->width = line * element_size;
    span->stride = i.stride_w * element_size;
  }
  return NM_OK;
}

int32_t check_column_sizes(const nm_conv2d_geometry* geometry, const void* x, const nm_images* images,
                           int64_t element_size, Conv2dColumns* columns, Span* x_span) {
  Conv2dMatrix weights;
  NM_TRY(check_geometry(geometry, &weights));
  NM_TRY(check_not_null("x_images", images));
  Conv2dColumns& c = *columns;
  c.g = *geometry;
  c.x = *images;
  if (c.g.groups != 1) {
    return fail(NM_UNSUPPORTED, "groups: expected 1, got %" PRId64, c.g.groups);
  }
  if (c.x.c != c.g.in_channels) {
    return fail(NM_INVALID_ARGUMENT, "x: expected %" PRId64 " channels, got %" PRId64, c.g.in_channels, c.x.c);
  }
  NM_TRY(check_output(c.g, c.x.n, c.x.h, c.x.w, &c.out));
  NM_TRY(check_images("x", x, c.x, element_size, x_span));
  int64_t pixels;
  if (__builtin_mul_overflow(c.g.kernel_h * c.g.kernel_w, c.g.in_channels, &c.row) ||
      __builtin_mul_overflow(c.out.h * c.out.w, c.x.n, &pixels)) {
    return fail(NM_OVERFLOW, "columns: expected a size in bytes below 2^63, got %" PRId64 " x %" PRId64 " x %" PRId64,
                c.g.kernel_h, c.g.kernel_w, c.g.in_channels);
  }
  return NM_OK;
}

int32_t check_columns(const nm_conv2d_geometry* geometry, const void* x, const nm_images* images, const void* data,
                      int64_t ld, int64_t element_size, Conv2dColumns* columns, Span* x_span, Span* columns_span) {
  NM_TRY(check_column_sizes(geometry, x, images, element_size, columns, x_span));
  NM_TRY(check_matrix("columns", data, columns->pixels(), columns->row, ld, element_size, columns_span));
  return check_disjoint(*x_span, *columns_span);
}

}  // namespace nm
