// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Packed convolutions: import, packing, reading back.
#include "abi/conv2d.h"

#include <algorithm>
#include <cinttypes>
#include <vector>

#include "abi/encode.h"
#include "abi/operation.h"
#include "cpu/isa.h"
#include "format/mask_rows.h"
#include "format/row_quantizer.h"

namespace nm {
namespace {

// Arguments that all ways to create one share. Fills *matrix.
int32_t check_creation(const nm_conv2d_geometry* geometry, int32_t n, int32_t m, int32_t dtype, const uint8_t* mask,
                       Conv2dMatrix* matrix) {
  NM_TRY(check_pattern(n, m));
  NM_TRY(check_geometry(geometry, matrix));
  NM_TRY(check_weight_dtype(dtype));
  if (matrix->cols <= n) {
    return fail(NM_UNSUPPORTED,
                "in_channels / groups: expected more than the %d weights that %d:%d keeps, got %" PRId64
                ": nothing would be dropped, use a dense convolution",
                n, n, m, matrix->cols);
  }
  Span bits;
  NM_TRY(check_mask("mask", mask, matrix->rows, matrix->cols, &bits));
  return check_isa_request();
}

// encode(encoder, row) fills the encoder with a row of the matrix. `scales` are those of output channels that hold
// integers already; NULL: they are to be quantised, each as a whole.
template <typename Encode>
int32_t pack(nm_conv2d* a, Pattern pattern, const Conv2dMatrix& matrix, int32_t flags, const float* scales,
             Encode&& encode) {
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
        NM_TRY(encode(&encoder, row));
        if (a->dtype == NM_S8) NM_TRY(check_finite(row, *encoder.row()));
        kept[position] = *encoder.row();
      }
      a->weights.join(kept, &whole);
      const float scale = scales != nullptr ? scales[o] : quantize_row(a->dtype, &whole);
      if (a->dtype == NM_S8) a->scales.data()[o] = scale;
      strips.add(r, &whole);
    }
  }
  ops.fence();
  return NM_OK;
}

template <typename Encode>
int32_t create(const nm_conv2d_geometry& geometry, Pattern pattern, nm_dtype dtype, const Conv2dMatrix& matrix,
               int32_t flags, const float* scales, nm_conv2d** out, Encode&& encode) {
  try {
    auto a = std::make_unique<nm_conv2d>(nm_conv2d{geometry, dtype, Conv2dWeights(geometry, dtype, pattern), {}, {}});
    if (dtype == NM_S8) a->scales = AlignedArray<float>(geometry.out_channels);
    for (int images = 0; images < kDtypes; ++images) {
      a->kernels[images] = find_conv2d_kernel(dtype, static_cast<nm_dtype>(images), active_isa());
    }
    NM_TRY(pack(a.get(), pattern, matrix, flags, scales, encode));
    *out = a.release();
    return NM_OK;
  } catch (const std::bad_alloc&) {
    return fail(NM_OUT_OF_MEMORY, "conv2d: not enough memory to pack %" PRId64 " x %" PRId64 " weights at %d:%d",
                matrix.rows, matrix.cols, pattern.n, pattern.m);
  }
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

int32_t nm_conv2d_create_f32(const nm_conv2d_geometry* geometry, int32_t n, int32_t m, int32_t dtype, const float* w,
                             const uint8_t* mask, int32_t flags, nm_conv2d** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    Conv2dMatrix matrix;
    NM_TRY(nm::check_creation(geometry, n, m, dtype, mask, &matrix));
    NM_TRY(nm::check_flags(flags));
    Span dense;
    NM_TRY(nm::check_matrix("w", w, matrix.rows, matrix.cols, matrix.cols, sizeof(float), &dense));
    return nm::create(*geometry, {n, m}, static_cast<nm_dtype>(dtype), matrix, flags, nullptr, out,
                      [&](nm::RowEncoder* encoder, int64_t row) {
                        const float* const weights = w + row * matrix.cols;
                        return encoder->dense(row, weights, weights + matrix.cols,
                                              mask + row * nm::mask_row_bytes(matrix.cols));
                      });
  });
}

int32_t nm_conv2d_create_s8(const nm_conv2d_geometry* geometry, int32_t n, int32_t m, const int8_t* w,
                            const uint8_t* mask, const float* scales, nm_conv2d** out) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("out", out));
    *out = nullptr;
    Conv2dMatrix matrix;
    NM_TRY(nm::check_creation(geometry, n, m, NM_S8, mask, &matrix));
    Span dense, factors;
    const int64_t channels = geometry->out_channels;
    NM_TRY(nm::check_matrix("w", w, matrix.rows, matrix.cols, matrix.cols, sizeof(int8_t), &dense));
    NM_TRY(nm::check_matrix("scales", scales, 1, channels, channels, sizeof(float), &factors));
    NM_TRY(nm::check_finite_scales("output channel", scales, 0, channels));
    std::vector<float> numbers(matrix.cols);
    return nm::create(*geometry, {n, m}, NM_S8, matrix, 0, scales, out, [&](nm::RowEncoder* encoder, int64_t row) {
      std::copy_n(w + row * matrix.cols, matrix.cols, numbers.begin());
      return encoder->dense(row, numbers.data(), numbers.data(), mask + row * nm::mask_row_bytes(matrix.cols));
    });
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
    const int64_t outputs = a->geometry.out_channels, each = matrix.rows / outputs * matrix.cols;
    for (int64_t o = 0; o < outputs; ++o, w += each) {
      const float scale = a->dtype == NM_S8 ? a->scales.data()[o] : 1.0f;
      a->weights.get(o, scale, w);
    }
    return NM_OK;
  });
}

int32_t nm_conv2d_get_scales(const nm_conv2d* a, float* scales) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    const int64_t channels = a->geometry.out_channels;
    Span factors;
    NM_TRY(nm::check_matrix("scales", scales, 1, channels, channels, sizeof(float), &factors));
    for (int64_t o = 0; o < channels; ++o) scales[o] = a->dtype == NM_S8 ? a->scales.data()[o] : 1.0f;
    return NM_OK;
  });
}

int32_t nm_conv2d_bytes(const nm_conv2d* a, int64_t* bytes) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("bytes", bytes));
    *bytes = static_cast<int64_t>(sizeof *a) + a->weights.bytes() + a->scales.bytes();
    return NM_OK;
  });
}

int32_t nm_conv2d_kernel(const nm_conv2d* a, int32_t x_dtype, const char** name) {
  return guarded([&]() -> int32_t {
    NM_TRY(nm::check_not_null("conv2d", a));
    NM_TRY(nm::check_not_null("name", name));
    nm_product p = {};
    p.x_dtype = x_dtype;
    NM_TRY(nm::check_dtypes(p));
    const nm::Conv2dKernel* kernel = a->kernels[x_dtype];
    NM_TRY(nm::check_types(p, a->dtype, kernel != nullptr, a->weights.kept()));
    *name = kernel->name;
    return NM_OK;
  });
}
