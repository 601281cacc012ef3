// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The convolution kernels; adding one is one line here.
#include "cpu/conv2d.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

// Best first; the last ones run everywhere.
constexpr Conv2dKernel kTable[] = {
// clang-format off
#ifdef NM4J_X86
    {"f32_nxm_conv2d_rowstream_4x64_avx512", NM_F32, NM_F32, NM_ISA_AVX512, conv2d_f32_avx512},
    {"bf16f32_nxm_conv2d_rowstream_4x64_avx512", NM_BF16, NM_F32, NM_ISA_AVX512, conv2d_bf16_avx512},
    {"bf16_nxm_conv2d_rowstream_4x64_avx512", NM_BF16, NM_BF16, NM_ISA_AVX512, conv2d_bf16_avx512},
    {"s8f32_nxm_conv2d_rowstream_4x64_avx512", NM_S8, NM_F32, NM_ISA_AVX512, conv2d_s8_avx512},
    {"s8u8_nxm_conv2d_rowstream_4x64_avx512", NM_S8, NM_U8, NM_ISA_AVX512, conv2d_s8_integer_avx512},
    {"s8_nxm_conv2d_rowstream_4x64_avx512", NM_S8, NM_S8, NM_ISA_AVX512, conv2d_s8_integer_avx512},
    {"f32_nxm_conv2d_rowstream_2x32_avx2", NM_F32, NM_F32, NM_ISA_AVX2, conv2d_f32_avx2},
    {"bf16f32_nxm_conv2d_rowstream_2x32_avx2", NM_BF16, NM_F32, NM_ISA_AVX2, conv2d_bf16_avx2},
    {"bf16_nxm_conv2d_rowstream_2x32_avx2", NM_BF16, NM_BF16, NM_ISA_AVX2, conv2d_bf16_avx2},
    {"s8f32_nxm_conv2d_rowstream_2x32_avx2", NM_S8, NM_F32, NM_ISA_AVX2, conv2d_s8_avx2},
    {"s8u8_nxm_conv2d_rowstream_2x32_avx2", NM_S8, NM_U8, NM_ISA_AVX2, conv2d_s8_integer_avx2},
    {"s8_nxm_conv2d_rowstream_2x32_avx2", NM_S8, NM_S8, NM_ISA_AVX2, conv2d_s8_integer_avx2},
#endif
    {"f32_nxm_conv2d_rowstream_1x64_scalar", NM_F32, NM_F32, NM_ISA_SCALAR, conv2d_f32_scalar},
    {"bf16f32_nxm_conv2d_rowstream_1x64_scalar", NM_BF16, NM_F32, NM_ISA_SCALAR, conv2d_bf16_scalar},
    {"bf16_nxm_conv2d_rowstream_1x64_scalar", NM_BF16, NM_BF16, NM_ISA_SCALAR, conv2d_bf16_scalar},
    {"s8f32_nxm_conv2d_rowstream_1x64_scalar", NM_S8, NM_F32, NM_ISA_SCALAR, conv2d_s8_scalar},
    {"s8u8_nxm_conv2d_rowstream_1x64_scalar", NM_S8, NM_U8, NM_ISA_SCALAR, conv2d_s8_integer_scalar},
    {"s8_nxm_conv2d_rowstream_1x64_scalar", NM_S8, NM_S8, NM_ISA_SCALAR, conv2d_s8_integer_scalar},
    // clang-format on
};

}  // namespace

const Conv2dKernel* find_conv2d_kernel(nm_dtype weights, nm_dtype images, nm_isa limit) {
  for (const Conv2dKernel& kernel : kTable) {
    if (kernel.weights == weights && kernel.images == images && kernel.isa <= limit) return &kernel;
  }
  return nullptr;
}

int64_t conv2d_tiles(const nm_conv2d_geometry& geometry, int64_t out_pixels) {
  return geometry.groups * tile_count(conv2d_tiling(geometry.out_channels / geometry.groups, out_pixels));
}

}  // namespace nm
