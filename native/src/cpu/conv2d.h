// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// What a convolution kernel is given, and the table of these kernels.
#ifndef NM4J_CPU_CONV2D_H_
#define NM4J_CPU_CONV2D_H_

#include <cstdint>

#include "cpu/kernel.h"
#include "format/conv2d_weights.h"
#include "nm4j/nm4j.h"

namespace nm {

// See nm4j.h. Checked before it gets here.
struct Conv2dArgs {
  const nm_conv2d_geometry* geometry;
  const RowStreamView* weights;  // of each group
  nm_images in;
  nm_images out;         // its c.. are those of Y
  nm_images addend;      // of C, if product.c is not NULL
  MultiplyArgs product;  // its x, c and y are those of the images; sizes, layout and leading dimensions are not set
};

using RunConv2d = void(const Conv2dArgs&, int64_t tile_begin, int64_t tile_end);

struct Conv2dKernel {
  const char* name;  // dtype_pattern_conv2d_packing_tile_isa; dtype: of the weights, then of the images if another
  nm_dtype weights, images;
  nm_isa isa;
  RunConv2d* run;
};

// The widest there is for these types under an instruction-set limit, or NULL.
const Conv2dKernel* find_conv2d_kernel(nm_dtype weights, nm_dtype images, nm_isa limit);

// By the weights' type; integer: for images of integers.
RunConv2d conv2d_f32_scalar, conv2d_f32_avx2, conv2d_f32_avx512;
RunConv2d conv2d_bf16_scalar, conv2d_bf16_avx2, conv2d_bf16_avx512;
RunConv2d conv2d_s8_scalar, conv2d_s8_avx2, conv2d_s8_avx512;
RunConv2d conv2d_s8_integer_scalar, conv2d_s8_integer_avx2, conv2d_s8_integer_avx512;

int64_t conv2d_tiles(const nm_conv2d_geometry& geometry, int64_t out_pixels);

}  // namespace nm

#endif  // NM4J_CPU_CONV2D_H_
