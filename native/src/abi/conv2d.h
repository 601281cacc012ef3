// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// The object behind nm_conv2d, and the checks of its sizes.
#ifndef NM4J_ABI_CONV2D_H_
#define NM4J_ABI_CONV2D_H_

#include <cstdint>

#include "abi/check.h"
#include "cpu/conv2d.h"
#include "format/aligned_array.h"
#include "format/conv2d_weights.h"

struct nm_conv2d {
  nm_conv2d_geometry geometry;
  nm_dtype dtype;  // of the weights
  nm::Conv2dWeights weights;
  nm::AlignedArray<float> scales;                // of int8 weights, one per output channel; else empty
  const nm::Conv2dKernel* kernels[nm::kDtypes];  // by the type of images, or NULL
};

namespace nm {

// Rows and columns of the weights as a matrix for masks.
struct Conv2dMatrix {
  int64_t rows, cols;
};

// Ranges, divisibility, and the size of the weights. Fills *matrix.
int32_t check_geometry(const nm_conv2d_geometry* geometry, Conv2dMatrix* matrix);

// The output of n images of h x w. Fills layout-independent sizes of *out, its channels included.
int32_t check_output(const nm_conv2d_geometry& geometry, int64_t n, int64_t h, int64_t w, nm_images* out);

// Images of valid sizes in memory: layout, strides, NULL, overflow. Fills *span.
int32_t check_images(const char* name, const void* data, const nm_images& images, int64_t element_size, Span* span);

}  // namespace nm

#endif  // NM4J_ABI_CONV2D_H_
