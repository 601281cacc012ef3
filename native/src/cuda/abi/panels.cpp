// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// nm_cuda_panels_*: N:M products on ordinary cores.
#include <cinttypes>
#include <memory>
#include <mutex>

#include "cuda/abi/check.h"
#include "cuda/abi/kernel_check.h"
#include "cuda/runtime/usage.h"

struct nm_cuda_panels {
  int32_t device, dtype;
  nm::cuda::PanelShape shape;
  nm::cuda::DeviceBuffer values, columns;

  mutable std::mutex mutex;  // of what follows
  mutable nm::cuda::Usage usage;
};

using nm::check_not_null;
using nm::fail;
using nm::guarded;
using nm::Span;
using nm::cuda::check_layout;
using nm::cuda::check_matrices;
using nm::cuda::check_separate_results;
using nm::cuda::check_stream;
using nm::cuda::DenseView;
using nm::cuda::DeviceArguments;
using nm::cuda::DeviceScope;
using nm::cuda::element_bytes;
using nm::cuda::Findings;
using nm::cuda::on_stream;
using nm::cuda::view;
using nm::cuda::with_findings;

namespace {

constexpr int64_t kMostItems = int64_t{1} << 23;  // 2^16 tiles of 128

int32_t check_device(const nm_cuda_panels* panels, const nm_cuda_stream* stream) {
  NM_TRY(check_not_null("panels", panels));
  NM_TRY(check_stream(stream));
  if (panels->device == stream->device) return NM_OK;
  return fail(NM_INVALID_ARGUMENT, "stream: expected one of device %d, where the panels lie, got device %d",
              panels->device, stream->device);
}

int32_t check_scalars(const nm_cuda_product& p) {
  NM_TRY(check_layout("x_layout", p.x_layout));
  NM_TRY(check_layout("y_layout", p.y_layout));
  NM_TRY(nm::check_activation(p.activation));
  NM_TRY(nm::check_not_negative("batch", p.batch));
  NM_TRY(nm::check_not_negative("count", p.count));
  if (p.batch >= kMostItems) return fail(NM_UNSUPPORTED, "batch: expected less than 2^23, got %" PRId64, p.batch);
  return NM_OK;
}

// X, C, Y and the vectors, all of their memory.
int32_t check_operands(const nm_cuda_panels& a, const nm_cuda_product& p, DeviceArguments* arguments) {
  const int64_t rows = a.shape.rows, cols = a.shape.cols, element = element_bytes(a.dtype);
  const bool x_batch_major = p.x_layout == NM_BATCH_MAJOR, y_batch_major = p.y_layout == NM_BATCH_MAJOR;
  const int64_t lines = y_batch_major ? p.batch : rows, width = y_batch_major ? rows : p.batch;
  Span x, c, y;
  NM_TRY(check_matrices("x", p.x, x_batch_major ? p.batch : cols, x_batch_major ? cols : p.batch, p.ldx, p.count,
                        p.x_stride, element, &x));
  NM_TRY(check_matrices("y", p.y, lines, width, p.ldy, p.count, p.y_stride, element, &y));
  NM_TRY(check_separate_results(p, lines, width));
  NM_TRY(arguments->read(x));
  const bool in_place = p.c == p.y && p.ldc == p.ldy && (p.count == 1 || p.c_stride == p.y_stride);
  if (p.beta != 0.0f && !in_place) {
    NM_TRY(check_matrices("c", p.c, lines, width, p.ldc, p.count, p.c_stride, element, &c));
    NM_TRY(arguments->read(c));
  }
  if (p.bias != nullptr) NM_TRY(arguments->in("bias", p.bias, 1, rows, rows, element));
  if (p.feature_scale != nullptr) NM_TRY(arguments->in("feature_scale", p.feature_scale, 1, rows, rows, sizeof(float)));
  return arguments->write(y);
}

const void* element_at(const void* data, int64_t index, int64_t element) {
  return data == nullptr ? nullptr : static_cast<const unsigned char*>(data) + index * element;
}

}  // namespace

int32_t nm_cuda_panels_create(int32_t device, int64_t rows, int64_t cols, int32_t n, int32_t m, int32_t dtype,
                              nm_cuda_panels** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::cuda::check_float_element("dtype", dtype));
    NM_TRY(nm::check_pattern(n, m));
    if (rows < 1 || cols < 1) {
      return fail(NM_INVALID_ARGUMENT, "panels: expected sizes of at least 1, got %" PRId64 " x %" PRId64, rows, cols);
    }
    // Bounds of the grid and of a kernel's phases; slots then fit 64 bits.
    constexpr int64_t kMost = INT32_MAX / 2;
    if (rows > kMost || cols > kMost) {
      return fail(NM_UNSUPPORTED, "panels: expected sizes of at most %" PRId64 ", got %" PRId64 " x %" PRId64, kMost,
                  rows, cols);
    }
    NM_TRY(nm::cuda::require_device(device));
    DeviceScope scope;
    NM_TRY(scope.enter(device));
    auto panels = std::make_unique<nm_cuda_panels>();
    panels->device = device;
    panels->dtype = dtype;
    panels->shape = {rows, cols, n, m};
    NM_TRY(panels->values.allocate(panels->shape.all_slots() * element_bytes(dtype)));
    NM_TRY(panels->columns.allocate(panels->shape.all_slots()));
    *out = panels.release();
    return NM_OK;
  });
}

int32_t nm_cuda_panels_free(nm_cuda_panels* panels) {
  return guarded([&]() -> int32_t {
    if (panels == nullptr) return NM_OK;
    DeviceScope scope;
    NM_TRY(scope.enter(panels->device));
    delete panels;
    return NM_OK;
  });
}

int32_t nm_cuda_panels_set(nm_cuda_panels* panels, nm_cuda_stream* stream, const void* dense, int64_t ld,
                           const uint8_t* mask, nm_cuda_findings* findings) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_device(panels, stream));
    const DenseView weights = view(panels->dtype, dense, panels->shape.rows, panels->shape.cols, ld);
    DeviceArguments arguments(stream);
    NM_TRY(arguments.in(weights, "dense"));
    NM_TRY(arguments.mask_in("mask", mask, weights.rows, weights.cols));
    if (findings != nullptr) NM_TRY(arguments.findings(findings));
    DeviceScope scope;
    NM_TRY(scope.enter(panels->device));
    const std::lock_guard<std::mutex> lock(panels->mutex);
    const auto launch = [&](Findings* found) {
      return nm::cuda::launch_pack_panel(stream->raw, panels->shape, weights, mask, panels->values.data(),
                                         panels->columns.data(), found);
    };
    return panels->usage.write(stream->raw, [&] { return with_findings(stream, "pack_panel", findings, launch); });
  });
}

int32_t nm_cuda_panels_bytes(const nm_cuda_panels* panels, int64_t* bytes) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_not_null("panels", panels));
    NM_TRY(check_not_null("bytes", bytes));
    *bytes = panels->values.bytes() + panels->columns.bytes();
    return NM_OK;
  });
}

int32_t nm_cuda_panels_multiply(const nm_cuda_panels* panels, const nm_cuda_product* product, nm_cuda_stream* stream) {
  return guarded([&]() -> int32_t {
    NM_TRY(check_device(panels, stream));
    NM_TRY(check_not_null("product", product));
    const nm_cuda_product& p = *product;
    NM_TRY(check_scalars(p));
    if (p.y_dtype != panels->dtype) {
      return fail(NM_UNSUPPORTED, "y_dtype: expected the type of the weights, %d, got %d", panels->dtype, p.y_dtype);
    }
    if (p.count == 0 || p.batch == 0) return NM_OK;
    DeviceArguments arguments(stream);
    NM_TRY(check_operands(*panels, p, &arguments));
    const int64_t element = element_bytes(panels->dtype);
    DeviceScope scope;
    NM_TRY(scope.enter(panels->device));
    const std::lock_guard<std::mutex> lock(panels->mutex);
    const auto launch = [&] {
      for (int64_t i = 0; i < p.count; ++i) {
        nm_cuda_product one = p;
        one.x = element_at(p.x, i * p.x_stride, element);
        one.c = element_at(p.c, i * p.c_stride, element);
        one.y = const_cast<void*>(element_at(p.y, i * p.y_stride, element));
        const int error = nm::cuda::launch_panel_product(stream->raw, panels->shape, panels->dtype,
                                                         panels->values.data(), panels->columns.data(), one);
        if (error != 0) return error;
      }
      return 0;
    };
    return panels->usage.read(stream->raw, [&] { return on_stream(stream, "panel_product", launch); });
  });
}
