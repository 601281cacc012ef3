// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_conv2d_columns and nm_cuda_conv2d_sum_columns.
#include <cinttypes>

#include "abi/conv2d_check.h"
#include "cuda/abi/kernel_check.h"

using nm::Conv2dColumns;
using nm::guarded;
using nm::Span;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::DeviceArguments;
using nm::cuda::element_bytes;
using nm::cuda::on_stream;
using nm::cuda::view;

namespace {

// The kernels count pixels, and elements of a row, in 32 bits.
int32_t check_count(const char* what, int64_t count) {
  if (count <= INT32_MAX) return NM_OK;
  return nm::fail(NM_UNSUPPORTED, "x: expected at most 2147483647 %s, got %" PRId64 "; give fewer images at a time",
                  what, count);
}

int32_t check_counts(const Conv2dColumns& c) {
  int64_t pixels;
  if (__builtin_mul_overflow(c.x.n, c.x.h * c.x.w, &pixels)) pixels = INT64_MAX;
  NM_TRY(check_count("pixels", pixels));
  NM_TRY(check_count("output pixels", c.pixels()));
  if (c.row <= INT32_MAX) return NM_OK;
  return nm::fail(NM_UNSUPPORTED, "columns: expected at most 2147483647 elements in a row, got %" PRId64, c.row);
}

// Images and some rows of columns of a type, and what a kernel makes of the one for the other.
struct Operands {
  int32_t dtype;
  const nm_conv2d_geometry* geometry;
  const void* x;
  const nm_images* x_images;
  int64_t first, count;  // rows; a negative count: all
  const void* columns;
  int64_t ld;
};

int32_t check_range(int64_t first, int64_t count, int64_t pixels) {
  if (0 <= first && 0 <= count && first <= pixels - count) return NM_OK;
  return nm::fail(NM_INVALID_ARGUMENT,
                  "first, count: expected a range of the %" PRId64 " output pixels, got %" PRId64 " from %" PRId64,
                  pixels, count, first);
}

// `launch` gets the sizes and the rows.
template <typename Launch>
int32_t run(nm_cuda_stream* stream, const Operands& o, bool makes_columns, const char* kernel, const Launch& launch) {
  Conv2dColumns c;
  Span x, columns;
  NM_TRY(nm::check_column_sizes(o.geometry, o.x, o.x_images, element_bytes(o.dtype), &c, &x));
  NM_TRY(check_counts(c));
  const int64_t count = o.count < 0 ? c.pixels() : o.count;
  NM_TRY(check_range(o.first, count, c.pixels()));
  NM_TRY(nm::check_matrix("columns", o.columns, count, c.row, o.ld, element_bytes(o.dtype), &columns));
  NM_TRY(nm::check_disjoint(x, columns));
  DeviceArguments arguments(stream);
  NM_TRY(arguments.read(makes_columns ? x : columns));
  NM_TRY(arguments.write(makes_columns ? columns : x));
  if (count == 0) return NM_OK;
  const DenseView rows = view(o.dtype, o.columns, count, c.row, o.ld);
  return on_stream(stream, kernel, [&] { return launch(c, rows); });
}

}  // namespace

int32_t nm_cuda_conv2d_columns(nm_cuda_stream* stream, int32_t dtype, const nm_conv2d_geometry* geometry, const void* x,
                               const nm_images* x_images, int64_t first, int64_t count, void* columns, int64_t ld) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::cuda::check_element("dtype", dtype));
    NM_TRY(nm::check_not_negative("count", count));
    return run(stream, {dtype, geometry, x, x_images, first, count, columns, ld}, true, "columns",
               [&](const Conv2dColumns& c, const DenseView& to) {
                 return nm::cuda::launch_columns(stream->raw, c, x, first, to);
               });
  });
}

int32_t nm_cuda_conv2d_sum_columns(nm_cuda_stream* stream, int32_t dtype, const nm_conv2d_geometry* geometry,
                                   const void* columns, int64_t ld, void* x, const nm_images* x_images) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::cuda::check_float_element("dtype", dtype));
    return run(stream, {dtype, geometry, x, x_images, 0, -1, columns, ld}, false, "sum_columns",
               [&](const Conv2dColumns& c, const DenseView& from) {
                 return nm::cuda::launch_sum_columns(stream->raw, c, from, x);
               });
  });
}
