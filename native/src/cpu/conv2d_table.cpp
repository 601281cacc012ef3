// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The convolution kernels; adding one is one line here.
#include "cpu/conv2d.h"
#include "cpu/tiling.h"

namespace nm {
namespace {

// Best first; the last one runs everywhere.
constexpr Conv2dKernel kTable[] = {
#ifdef NM4J_X86
    {"f32_nxm_conv2d_rowstream_4x64_avx512", NM_ISA_AVX512, conv2d_f32_avx512},
    {"f32_nxm_conv2d_rowstream_1x64_avx2", NM_ISA_AVX2, conv2d_f32_avx2},
#endif
    {"f32_nxm_conv2d_rowstream_1x64_scalar", NM_ISA_SCALAR, conv2d_f32_scalar},
};

}  // namespace

const Conv2dKernel& find_conv2d_kernel(nm_isa limit) {
  const Conv2dKernel* kernel = kTable;
  while (kernel->isa > limit) ++kernel;
  return *kernel;
}

int64_t conv2d_tiles(const nm_conv2d_geometry& geometry, int64_t out_pixels) {
  return geometry.groups * tile_count(conv2d_tiling(geometry.out_channels / geometry.groups, out_pixels));
}

}  // namespace nm
