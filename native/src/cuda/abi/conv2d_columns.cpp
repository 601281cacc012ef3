// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_conv2d_columns and nm_cuda_conv2d_sum_columns.
#include <cinttypes>

#include "abi/conv2d_check.h"
#include "cuda/abi/kernel_check.h"

using nm::check_columns;
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
  return nm::fail(NM_UNSUPPORTED, "columns: expected at most 2147483647 in a row, got %" PRId64, c.row);
}

}  // namespace

int32_t nm_cuda_conv2d_columns(nm_cuda_stream* stream, int32_t dtype, const nm_conv2d_geometry* geometry, const void* x,
                               const nm_images* x_images, void* columns, int64_t ld) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::cuda::check_element("dtype", dtype));
    Conv2dColumns c;
    Span from, to;
    NM_TRY(check_columns(geometry, x, x_images, columns, ld, element_bytes(dtype), &c, &from, &to));
    NM_TRY(check_counts(c));
    DeviceArguments arguments(stream);
    NM_TRY(arguments.read(from));
    NM_TRY(arguments.write(to));
    if (c.x.n == 0) return NM_OK;
    const DenseView out = view(dtype, columns, c.pixels(), c.row, ld);
    return on_stream(stream, "columns", [&] { return nm::cuda::launch_columns(stream->raw, c, x, out); });
  });
}

int32_t nm_cuda_conv2d_sum_columns(nm_cuda_stream* stream, int32_t dtype, const nm_conv2d_geometry* geometry,
                                   const void* columns, int64_t ld, void* x, const nm_images* x_images) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_stream(stream));
    NM_TRY(nm::cuda::check_float_element("dtype", dtype));
    Conv2dColumns c;
    Span from, to;
    NM_TRY(check_columns(geometry, x, x_images, columns, ld, element_bytes(dtype), &c, &to, &from));
    NM_TRY(check_counts(c));
    DeviceArguments arguments(stream);
    NM_TRY(arguments.read(from));
    NM_TRY(arguments.write(to));
    if (c.x.n == 0) return NM_OK;
    const DenseView in = view(dtype, columns, c.pixels(), c.row, ld);
    return on_stream(stream, "sum_columns", [&] { return nm::cuda::launch_sum_columns(stream->raw, c, in, x); });
  });
}
