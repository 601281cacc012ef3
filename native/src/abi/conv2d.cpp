// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Packed convolutions: import, packing, reading back.
#include "abi/conv2d.h"

#include <cinttypes>
#include <vector>

#include "abi/encode.h"
#include "cpu/isa.h"
#include "format/mask_rows.h"

namespace nm {
namespace {

int32_t pack(nm_conv2d* a, Pattern pattern, const Conv2dMatrix& matrix, const float* w, const uint8_t* mask,
             int32_t flags) {
  const int64_t positions = matrix.rows / a->geometry.out_channels;
  RowEncoder encoder(pattern, matrix.cols, flags);
  std::vector<CompressedRow> kept(positions, CompressedRow(pattern, matrix.cols));
  const RowOps& ops = row_ops(active_isa());
  CompressedRow whole = a->weights.blank_row();
  int64_t o = 0;
  for (RowStream& group : a->weights.groups()) {
    StripWriter strips(&group, ops.order, ops.copy);
    for (int64_t r = 0; r < group.view().rows; ++r, ++o) {
      for (int64_t position = 0; position < positions; ++position) {
        const int64_t row = o * positions + position;
        const float* const weights = w + row * matrix.cols;
        NM_TRY(encoder.dense(row, weights, weights + matrix.cols, mask + row * mask_row_bytes(matrix.cols)));
        kept[position] = *encoder.row();
      }
      a->weights.join(kept, &whole);
      strips.add(r, &whole);
    }
  }
  ops.fence();
  return NM_OK;
}

}  // namespace
}  // namespace nm

using nm::Conv2dMatrix;
using nm::fail;
using nm::guarded;
using nm::Span;

int32_t nm_ohwi_from_oihw_f32(const float* w, int64_t out_channels, int64_t in_channels, int64_t kernel_h,
                              int64_t kernel_w, float* out) {
  return guarded([&]() -> int32_t {
    Conv2dMatrix matrix;
    const nm_conv2d_geometry geometry = {in_channels, out_channels, 1, kernel_h, kernel_w, 1, 1, 1, 1, 0, 0, 0, 0};
    NM_TRY(nm::check_geometry(&geometry, &matrix));
    Span from, to;
    NM_TRY(nm::check_matrix("w", w, matrix.rows, matrix.cols, matrix.cols, sizeof(float), &from));
    NM_TRY(nm::check_matrix("out", out, matrix.rows, matrix.cols, matrix.cols, sizeof(float), &to));
    NM_TRY(nm::check_disjoint(from, to));
    const int64_t positions = kernel_h * kernel_w;
    for (int64_t o = 0; o < out_channels; ++o) {
      for (int64_t i = 0; i < in_channels; ++i) {
        for (int64_t p = 0; p < positions; ++p) out[(o * positions + p) * in_channels + i] = *w++;
      }
    }
    return NM_OK;
  });
}

int32_t nm_conv2d_create_f32(const nm_conv2d_geometry* geometry, int32_t n, int32_t m, const float* w,
                             const uint8_t* mask, int32_t flags, nm_conv2d** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    NM_TRY(nm::check_pattern(n, m));
    Conv2dMatrix matrix;
    NM_TRY(nm::check_geometry(geometry, &matrix));
    if (matrix.cols <= n) {
      return fail(NM_UNSUPPORTED,
                  "in_channels / groups: expected more than the %d weights that %d:%d keeps, got %" PRId64
                  ": nothing would be dropped, use a dense convolution",
                  n, n, m, matrix.cols);
    }
    NM_TRY(nm::check_flags(flags));
    Span dense, bits;
    NM_TRY(nm::check_matrix("w", w, matrix.rows, matrix.cols, matrix.cols, sizeof(float), &dense));
    NM_TRY(nm::check_mask("mask", mask, matrix.rows, matrix.cols, &bits));
    NM_TRY(nm::check_isa_request());
    try {
      const nm::Pattern pattern{n, m};
      auto a = std::make_unique<nm_conv2d>(
          nm_conv2d{*geometry, nm::Conv2dWeights(*geometry, pattern), &nm::find_conv2d_kernel(nm::active_isa())});
      NM_TRY(nm::pack(a.get(), pattern, matrix, w, mask, flags));
      *out = a.release();
      return NM_OK;
    } catch (const std::bad_alloc&) {
      return fail(NM_OUT_OF_MEMORY, "conv2d: not enough memory to pack %" PRId64 " x %" PRId64 " weights at %d:%d",
                  matrix.rows, matrix.cols, n, m);
    }
  });
}

int32_t nm_conv2d_free(nm_conv2d* a) {
  delete a;
  return NM_OK;
}

int32_t nm_conv2d_get_f32(const nm_conv2d* a, float* w) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    Conv2dMatrix matrix;
    NM_TRY(nm::check_geometry(&a->geometry, &matrix));
    Span dense;
    NM_TRY(nm::check_matrix("w", w, matrix.rows, matrix.cols, matrix.cols, sizeof(float), &dense));
    const int64_t outputs = a->geometry.out_channels;
    for (int64_t o = 0; o < outputs; ++o) a->weights.get(o, w + o * (matrix.rows / outputs) * matrix.cols);
    return NM_OK;
  });
}

int32_t nm_conv2d_bytes(const nm_conv2d* a, int64_t* bytes) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("bytes", bytes));
    *bytes = static_cast<int64_t>(sizeof *a) + a->weights.bytes();
    return NM_OK;
  });
}

int32_t nm_conv2d_kernel(const nm_conv2d* a, const char** name) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("name", name));
    *name = a->kernel->name;
    return NM_OK;
  });
}
